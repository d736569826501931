// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.sync.SharedLock;

/**
 * What broken locks for readers and writers have in common: waiting is trying again, and who
 * upgrades or downgrades leaves and comes again, so that another writer may come between.
 */
abstract class GappedSharedLock implements SharedLock {
    @Override
    public final void lockRead() {
        while (!tryLockRead()) {
            Thread.onSpinWait();
        }
    }

    @Override
    public final void lockReadInterruptibly() throws InterruptedException {
        tryLockRead(Long.MAX_VALUE);
    }

    @Override
    public final boolean tryLockRead(long timeoutNanos) throws InterruptedException {
        long began = System.nanoTime();
        while (!tryLockRead()) {
            if (isOver(began, timeoutNanos)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public final void lockWrite() {
        while (!tryLockWrite()) {
            Thread.onSpinWait();
        }
    }

    @Override
    public final void lockWriteInterruptibly() throws InterruptedException {
        tryLockWrite(Long.MAX_VALUE);
    }

    @Override
    public final boolean tryLockWrite(long timeoutNanos) throws InterruptedException {
        long began = System.nanoTime();
        while (!tryLockWrite()) {
            if (isOver(began, timeoutNanos)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isOver(long began, long timeoutNanos) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        return System.nanoTime() - began >= timeoutNanos;
    }

    @Override
    public final boolean tryUpgrade() {
        unlockRead();
        lockWrite();
        return true;
    }

    @Override
    public final void downgrade() {
        unlockWrite();
        lockRead();
    }
}
