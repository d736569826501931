// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import org.jetbrains.lincheck.datastructures.Operation;

/** Tries on a lock that checks and then sets: must be rejected. */
public class CheckThenSetTryModel {
    private final CheckThenSetLock lock = new CheckThenSetLock();

    @Operation
    public boolean tryLock() {
        return lock.tryLock();
    }

    @Operation
    public boolean isLocked() {
        return lock.isLocked();
    }
}
