// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.sync.ExclusiveLock;

/** A semaphore of one token, taken by a load and a store: two threads may take the same. */
final class TwoStepTokens implements ExclusiveLock {
    private volatile int tokens = 1;

    @Override
    public void lock() {
        while (!tryLock()) {
            Thread.onSpinWait();
        }
    }

    @Override
    public boolean tryLock() {
        int present = tokens;
        if (present == 0) {
            return false;
        }
        tokens = present - 1;
        return true;
    }

    @Override
    public void unlock() {
        int present = tokens;
        tokens = present + 1;
    }

    @Override
    public boolean isLocked() {
        return tokens == 0;
    }
}
