// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import org.jetbrains.lincheck.datastructures.Operation;

/** The counter behind a lock whose slow path is wrong: must be rejected. */
public class ImpatientCounterModel {
    private final LockedCounter counter = new LockedCounter(new ImpatientLock());

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
