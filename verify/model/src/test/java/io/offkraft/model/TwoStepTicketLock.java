// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.sync.ExclusiveLock;

/** The broken twin: numbers are drawn by a load and a store, so two threads may get the same. */
final class TwoStepTicketLock implements ExclusiveLock {
    private volatile int next;
    private volatile int shown;

    @Override
    public void lock() {
        int ticket = next;
        next = ticket + 1;
        while (shown - ticket < 0) {
            Thread.onSpinWait();
        }
    }

    @Override
    public boolean tryLock() {
        if (isLocked()) {
            return false;
        }
        lock();
        return true;
    }

    @Override
    public void unlock() {
        int leaving = shown;
        shown = leaving + 1;
    }

    @Override
    public boolean isLocked() {
        return shown != next;
    }
}
