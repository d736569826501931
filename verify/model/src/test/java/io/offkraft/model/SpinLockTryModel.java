// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.sync.SpinLock;
import org.jetbrains.lincheck.datastructures.Operation;

/** L-02: a try takes a free lock and fails on a held one, and changes nothing then. */
public class SpinLockTryModel {
    private final SpinLock lock = new SpinLock();

    @Operation
    public boolean tryLock() {
        return lock.tryLock();
    }

    @Operation
    public boolean isLocked() {
        return lock.isLocked();
    }
}
