// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.lockfree.StripedCounter;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;

/** The striped counter with additions that differ: not linearizable, as it says. */
public class StripedAdditionsModel {
    private final AtomicInteger place = new AtomicInteger();
    private final StripedCounter counter = new StripedCounter(place::getAndIncrement, 2);

    @Operation
    public void add1() {
        counter.add(1);
    }

    @Operation
    public void add2() {
        counter.add(2);
    }

    @Operation
    public long sum() {
        return counter.sum();
    }
}
