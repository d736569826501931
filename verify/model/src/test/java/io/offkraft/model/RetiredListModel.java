// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.lockfree.LentRetiredList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/** what is retired is taken once, in the order in which it came. */
public class RetiredListModel {
    private final LentRetiredList list = new LentRetiredList();

    @Operation
    public void add(@Param(gen = IntGen.class, conf = "1:9") int item) {
        list.add(item);
    }

    @Operation
    public List<Integer> takeAll() {
        return list.takeAll();
    }

    @Operation
    public boolean isEmpty() {
        return list.isEmpty();
    }
}
