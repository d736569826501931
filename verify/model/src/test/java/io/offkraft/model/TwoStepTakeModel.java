// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/** A list that is read and then emptied, in two steps: must be rejected. */
public class TwoStepTakeModel {
    private final AtomicReference<List<Integer>> items = new AtomicReference<>(List.of());

    @Operation
    public void add(@Param(gen = IntGen.class, conf = "1:9") int item) {
        List<Integer> before;
        List<Integer> after;
        do {
            before = items.get();
            after = new ArrayList<>(before);
            after.add(item);
        } while (!items.compareAndSet(before, after));
    }

    @Operation
    public List<Integer> takeAll() {
        List<Integer> taken = items.get();
        items.set(List.of());
        return taken;
    }
}
