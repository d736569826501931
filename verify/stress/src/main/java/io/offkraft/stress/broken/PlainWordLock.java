// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.sync.ExclusiveLock;

/** Waits on a plain field: the compiler may read it once and then loop for ever. */
final class PlainWordLock implements ExclusiveLock {
    private boolean held;

    @Override
    public void lock() {
        while (!tryLock()) {
            // The read above is all there is in this loop, as in a lock without memory order.
        }
    }

    @Override
    public boolean tryLock() {
        if (held) {
            return false;
        }
        held = true;
        return true;
    }

    @Override
    public void unlock() {
        held = false;
    }

    @Override
    public boolean isLocked() {
        return held;
    }
}
