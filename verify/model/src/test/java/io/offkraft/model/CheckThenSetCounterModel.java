// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import org.jetbrains.lincheck.datastructures.Operation;

/** The counter behind a lock that checks and then sets: must be rejected. */
public class CheckThenSetCounterModel {
    private final LockedCounter counter = new LockedCounter(new CheckThenSetLock());

    @Operation
    public int increment() {
        return counter.increment();
    }

    @Operation
    public int tryIncrement() {
        return counter.tryIncrement();
    }

    @Operation
    public int get() {
        return counter.get();
    }
}
