// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/** The reading side of a shared lock, which several threads may hold. */
record ReadSide(SharedLock shared) implements ExclusiveLock {
    @Override
    public void lock() {
        shared.lockRead();
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        shared.lockReadInterruptibly();
    }

    @Override
    public boolean tryLock() {
        return shared.tryLockRead();
    }

    @Override
    public boolean tryLock(long timeoutNanos) throws InterruptedException {
        return shared.tryLockRead(timeoutNanos);
    }

    @Override
    public void unlock() {
        shared.unlockRead();
    }

    @Override
    public boolean isLocked() {
        return shared.isReadLocked();
    }
}
