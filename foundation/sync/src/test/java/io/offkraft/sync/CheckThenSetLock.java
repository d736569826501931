// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;

/** The broken twin: it looks and sets in two steps, so that two threads may both find it free. */
final class CheckThenSetLock implements ExclusiveLock {
    private volatile boolean held;

    @Override
    public void lock() {
        while (!tryLock()) {
            Thread.onSpinWait();
        }
    }

    @Override
    public boolean tryLock() {
        if (held) {
            return false;
        }
        SchedulePoint.offerCpu(); // the other comes in here on a machine with one CPU too
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
