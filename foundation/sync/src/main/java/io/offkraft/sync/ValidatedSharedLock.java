// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.sync.HeldLocks.Held;

/** A lock for readers and writers with its use checked: see {@link LockValidator}. */
final class ValidatedSharedLock implements SharedLock {
    private final SharedLock lock;
    private final TrackedLock tracked;
    private final LockValidator validator;
    private final ValidatedLock reading;
    private final ValidatedLock writing;

    ValidatedSharedLock(SharedLock lock, TrackedLock tracked, LockValidator validator) {
        this.lock = lock;
        this.tracked = tracked;
        this.validator = validator;
        this.reading = new ValidatedLock(lock.readSide(), tracked, true, validator);
        this.writing = new ValidatedLock(lock.writeSide(), tracked, false, validator);
    }

    @Override
    public void lockRead() {
        reading.lock();
    }

    @Override
    public void lockReadInterruptibly() throws InterruptedException {
        reading.lockInterruptibly();
    }

    @Override
    public boolean tryLockRead() {
        return reading.tryLock();
    }

    @Override
    public boolean tryLockRead(long timeoutNanos) throws InterruptedException {
        return reading.tryLock(timeoutNanos);
    }

    @Override
    public void unlockRead() {
        reading.unlock();
    }

    @Override
    public void lockWrite() {
        writing.lock();
    }

    @Override
    public void lockWriteInterruptibly() throws InterruptedException {
        writing.lockInterruptibly();
    }

    @Override
    public boolean tryLockWrite() {
        return writing.tryLock();
    }

    @Override
    public boolean tryLockWrite(long timeoutNanos) throws InterruptedException {
        return writing.tryLock(timeoutNanos);
    }

    @Override
    public void unlockWrite() {
        writing.unlock();
    }

    @Override
    public boolean tryUpgrade() {
        Held before = validator.requireHeld(tracked, true);
        if (!lock.tryUpgrade()) {
            return false;
        }
        validator.changed(tracked, before);
        return true;
    }

    @Override
    public void downgrade() {
        Held before = validator.requireHeld(tracked, false);
        lock.downgrade();
        validator.changed(tracked, before);
    }

    @Override
    public boolean isReadLocked() {
        return lock.isReadLocked();
    }

    @Override
    public boolean isWriteLocked() {
        return lock.isWriteLocked();
    }

    @Override
    public ExclusiveLock readSide() {
        return reading;
    }

    @Override
    public ExclusiveLock writeSide() {
        return writing;
    }

    @Override
    public String toString() {
        return lock.toString();
    }
}
