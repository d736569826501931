// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import io.offkraft.sync.SharedLock;
import io.offkraft.word.RawMemory;
import io.offkraft.word.SchedulePoint;

/** A broken lock for readers and writers: looks, and then takes. One word: readers, or -1. */
final class LookThenShare implements SharedLock {
    private final long word = OffHeapWords.zeroed() + 64;

    @Override
    public void lockRead() {
        while (!tryLockRead()) {
            SchedulePoint.spin();
        }
    }

    @Override
    public void lockReadInterruptibly() throws InterruptedException {
        tryLockRead(Long.MAX_VALUE);
    }

    @Override
    public boolean tryLockRead() {
        if (RawMemory.loadLongAcquire(word) < 0) {
            return false;
        }
        RawMemory.getAndAddLongAcqRel(word, 1);
        return true;
    }

    @Override
    public boolean tryLockRead(long timeoutNanos) throws InterruptedException {
        lockRead();
        return true;
    }

    @Override
    public void unlockRead() {
        RawMemory.getAndAddLongAcqRel(word, -1);
    }

    @Override
    public void lockWrite() {
        while (!tryLockWrite()) {
            SchedulePoint.spin();
        }
    }

    @Override
    public void lockWriteInterruptibly() throws InterruptedException {
        lockWrite();
    }

    @Override
    public boolean tryLockWrite() {
        if (RawMemory.loadLongAcquire(word) != 0) {
            return false;
        }
        RawMemory.storeLongRelease(word, -1);
        return true;
    }

    @Override
    public boolean tryLockWrite(long timeoutNanos) throws InterruptedException {
        lockWrite();
        return true;
    }

    @Override
    public void unlockWrite() {
        RawMemory.storeLongRelease(word, 0);
    }

    @Override
    public boolean tryUpgrade() {
        unlockRead();
        lockWrite();
        return true;
    }

    @Override
    public void downgrade() {
        unlockWrite();
        lockRead();
    }

    @Override
    public boolean isReadLocked() {
        return RawMemory.loadLongPlain(word) > 0;
    }

    @Override
    public boolean isWriteLocked() {
        return RawMemory.loadLongPlain(word) < 0;
    }
}
