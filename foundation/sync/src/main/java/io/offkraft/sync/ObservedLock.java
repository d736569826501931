// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/** An exclusive lock that tells an observer of its use. */
final class ObservedLock implements ExclusiveLock {
    private final ExclusiveLock lock;
    private final LockClass lockClass;
    private final LockObserver observer;

    /** When it was acquired; guarded by the lock itself. */
    private long acquiredNanos;

    ObservedLock(ExclusiveLock lock, LockClass lockClass, LockObserver observer) {
        this.lock = lock;
        this.lockClass = lockClass;
        this.observer = observer;
    }

    @Override
    public void lock() {
        if (!tryLock()) {
            long begin = System.nanoTime();
            lock.lock();
            acquiredAfter(begin);
        }
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (!tryLock()) {
            long begin = System.nanoTime();
            lock.lockInterruptibly();
            acquiredAfter(begin);
        }
    }

    @Override
    public boolean tryLock() {
        if (!lock.tryLock()) {
            return false;
        }
        acquiredElsewhere();
        return true;
    }

    @Override
    public boolean tryLock(long timeoutNanos) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (tryLock()) {
            return true;
        }
        long begin = System.nanoTime();
        if (!lock.tryLock(timeoutNanos)) {
            return false;
        }
        acquiredAfter(begin);
        return true;
    }

    private void acquiredAfter(long beginNanos) {
        observer.acquired(lockClass, System.nanoTime() - beginNanos, true);
        acquiredNanos = System.nanoTime();
    }

    /** The calling thread holds the lock, but by another way than this class. */
    void acquiredElsewhere() {
        observer.acquired(lockClass, 0, false);
        acquiredNanos = System.nanoTime();
    }

    /** The calling thread is about to release the lock by another way than this class. */
    void releasedElsewhere() {
        observer.released(lockClass, System.nanoTime() - acquiredNanos);
    }

    @Override
    public void unlock() {
        long holdNanos = System.nanoTime() - acquiredNanos;
        lock.unlock();
        observer.released(lockClass, holdNanos);
    }

    @Override
    public boolean isLocked() {
        return lock.isLocked();
    }

    @Override
    public String toString() {
        return lock.toString();
    }
}
