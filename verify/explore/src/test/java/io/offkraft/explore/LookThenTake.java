// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.word.RawMemory;
import io.offkraft.word.SchedulePoint;

/** A broken lock: looks, and then takes. */
final class LookThenTake implements ExclusiveLock {
    private final long word = OffHeapWords.zeroed() + 64;

    @Override
    public void lock() {
        while (!tryLock()) {
            SchedulePoint.spin();
        }
    }

    @Override
    public boolean tryLock() {
        if (RawMemory.loadLongAcquire(word) != 0) {
            return false;
        }
        RawMemory.storeLongRelease(word, 1);
        return true;
    }

    @Override
    public void unlock() {
        RawMemory.storeLongRelease(word, 0);
    }

    @Override
    public boolean isLocked() {
        return RawMemory.loadLongPlain(word) != 0;
    }
}
