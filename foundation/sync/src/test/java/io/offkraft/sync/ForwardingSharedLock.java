// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/** A lock for readers and writers that is another one: the frame for broken twins. */
class ForwardingSharedLock implements SharedLock {
    private final SharedLock target = new BlockingSharedLock();

    @Override
    public void lockRead() {
        target.lockRead();
    }

    @Override
    public void lockReadInterruptibly() throws InterruptedException {
        target.lockReadInterruptibly();
    }

    @Override
    public boolean tryLockRead() {
        return target.tryLockRead();
    }

    @Override
    public boolean tryLockRead(long timeoutNanos) throws InterruptedException {
        return target.tryLockRead(timeoutNanos);
    }

    @Override
    public void unlockRead() {
        target.unlockRead();
    }

    @Override
    public void lockWrite() {
        target.lockWrite();
    }

    @Override
    public void lockWriteInterruptibly() throws InterruptedException {
        target.lockWriteInterruptibly();
    }

    @Override
    public boolean tryLockWrite() {
        return target.tryLockWrite();
    }

    @Override
    public boolean tryLockWrite(long timeoutNanos) throws InterruptedException {
        return target.tryLockWrite(timeoutNanos);
    }

    @Override
    public void unlockWrite() {
        target.unlockWrite();
    }

    @Override
    public boolean tryUpgrade() {
        return target.tryUpgrade();
    }

    @Override
    public void downgrade() {
        target.downgrade();
    }

    @Override
    public boolean isReadLocked() {
        return target.isReadLocked();
    }

    @Override
    public boolean isWriteLocked() {
        return target.isWriteLocked();
    }
}
