// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A lock, or a side of one, with its use checked: see {@link LockValidator}. */
final class ValidatedLock implements ExclusiveLock {
    /** How long a waiter waits before it looks again whether the holder lives. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ExclusiveLock lock;
    private final TrackedLock tracked;
    private final boolean reading;
    private final LockValidator validator;

    ValidatedLock(
            ExclusiveLock lock, TrackedLock tracked, boolean reading, LockValidator validator) {
        this.lock = lock;
        this.tracked = tracked;
        this.reading = reading;
        this.validator = validator;
    }

    @Override
    public void lock() {
        AcquisitionSite site = beforeWaiting();
        if (!lock.tryLock()) {
            await();
        }
        validator.acquired(tracked, reading, site);
    }

    private void await() {
        boolean interrupted = false;
        try {
            boolean acquired = false;
            while (!acquired) {
                validator.checkHolders(tracked);
                try {
                    acquired = lock.tryLock(LOOK_NANOS);
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        AcquisitionSite site = beforeWaiting();
        boolean acquired = lock.tryLock();
        try {
            while (!acquired) {
                validator.checkHolders(tracked);
                acquired = lock.tryLock(LOOK_NANOS);
            }
        } finally {
            if (acquired) {
                validator.acquired(tracked, reading, site);
            }
        }
    }

    private AcquisitionSite beforeWaiting() {
        AcquisitionSite site = validator.beforeWaiting(tracked, reading);
        if (tracked.empty) {
            validator.enterEmpty(tracked);
        }
        return site;
    }

    @Override
    public boolean tryLock() {
        if (tracked.empty) {
            validator.enterEmpty(tracked);
        }
        if (!lock.tryLock()) {
            return false;
        }
        noteTry();
        return true;
    }

    @Override
    public boolean tryLock(long timeoutNanos) throws InterruptedException {
        if (!lock.tryLock(timeoutNanos)) {
            return false;
        }
        if (tracked.empty) {
            validator.enterEmpty(tracked);
        }
        noteTry();
        return true;
    }

    private void noteTry() {
        AcquisitionSite site;
        try {
            site = validator.afterTry(tracked);
        } catch (LockUsageException e) {
            if (tracked.empty) {
                validator.leaveEmpty(tracked);
            }
            lock.unlock();
            throw e;
        }
        validator.acquired(tracked, reading, site);
    }

    @Override
    public void unlock() {
        validator.beforeRelease(tracked, reading);
        lock.unlock();
    }

    @Override
    public boolean isLocked() {
        return lock.isLocked();
    }

    @Override
    public InterruptState.Token lockIrqSave() {
        InterruptState.Token token = InterruptState.save();
        try {
            lock();
        } catch (LockUsageException e) {
            InterruptState.restore(token);
            throw e;
        }
        return token;
    }

    @Override
    public InterruptState.@Nullable Token tryLockIrqSave() {
        InterruptState.Token token = InterruptState.save();
        boolean acquired = false;
        try {
            acquired = tryLock();
        } finally {
            if (!acquired) {
                InterruptState.restore(token);
            }
        }
        return acquired ? token : null;
    }

    @Override
    public String toString() {
        return lock.toString();
    }
}
