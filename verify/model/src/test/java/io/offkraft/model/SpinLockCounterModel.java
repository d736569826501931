// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.sync.SpinLock;
import org.jetbrains.lincheck.datastructures.Operation;

/** L-01: what the spin lock guards behaves as if one operation came after the other. */
public class SpinLockCounterModel {
    private final LockedCounter counter = new LockedCounter(new SpinLock());

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
