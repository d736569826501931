// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/** The writing side of a shared lock. */
record WriteSide(SharedLock shared) implements ExclusiveLock {
    @Override
    public void lock() {
        shared.lockWrite();
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        shared.lockWriteInterruptibly();
    }

    @Override
    public boolean tryLock() {
        return shared.tryLockWrite();
    }

    @Override
    public boolean tryLock(long timeoutNanos) throws InterruptedException {
        return shared.tryLockWrite(timeoutNanos);
    }

    @Override
    public void unlock() {
        shared.unlockWrite();
    }

    @Override
    public boolean isLocked() {
        return shared.isWriteLocked();
    }
}
