// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/**
 * The lock for readers and writers that keeps nobody out: what it is when there is one CPU.
 *
 * <p>Stateless and shared, as {@link NoLock}.
 */
final class NoSharedLock implements SharedLock {
    static final NoSharedLock INSTANCE = new NoSharedLock();

    private NoSharedLock() {}

    @Override
    public void lockRead() {
        // One CPU: there is nobody to wait for.
    }

    @Override
    public void lockReadInterruptibly() throws InterruptedException {
        NoLock.INSTANCE.lockInterruptibly();
    }

    @Override
    public boolean tryLockRead() {
        return true;
    }

    @Override
    public boolean tryLockRead(long timeoutNanos) throws InterruptedException {
        return NoLock.INSTANCE.tryLock(timeoutNanos);
    }

    @Override
    public void unlockRead() {
        // One CPU: there is nobody to let in.
    }

    @Override
    public void lockWrite() {
        // One CPU: there is nobody to wait for.
    }

    @Override
    public void lockWriteInterruptibly() throws InterruptedException {
        NoLock.INSTANCE.lockInterruptibly();
    }

    @Override
    public boolean tryLockWrite() {
        return true;
    }

    @Override
    public boolean tryLockWrite(long timeoutNanos) throws InterruptedException {
        return NoLock.INSTANCE.tryLock(timeoutNanos);
    }

    @Override
    public void unlockWrite() {
        // One CPU: there is nobody to let in.
    }

    @Override
    public boolean tryUpgrade() {
        return true;
    }

    @Override
    public void downgrade() {
        // One CPU: there is nobody to let in.
    }

    @Override
    public boolean isReadLocked() {
        return false;
    }

    @Override
    public boolean isWriteLocked() {
        return false;
    }

    @Override
    public ExclusiveLock readSide() {
        return NoLock.INSTANCE;
    }

    @Override
    public ExclusiveLock writeSide() {
        return NoLock.INSTANCE;
    }
}
