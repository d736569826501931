// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import java.util.concurrent.ConcurrentHashMap;

/** A lock for readers and writers that tells an observer of its use. */
final class ObservedSharedLock implements SharedLock {
    private final SharedLock lock;
    private final LockClass lockClass;
    private final LockObserver observer;
    private final ObservedLock writing;

    /** When each thread that reads began to, and how often it does. */
    private final ConcurrentHashMap<Thread, Reading> readers = new ConcurrentHashMap<>();

    private record Reading(long beginNanos, int depth) {}

    ObservedSharedLock(SharedLock lock, LockClass lockClass, LockObserver observer) {
        this.lock = lock;
        this.lockClass = lockClass;
        this.observer = observer;
        this.writing = new ObservedLock(lock.writeSide(), lockClass, observer);
    }

    @Override
    public void lockRead() {
        if (!tryLockRead()) {
            long begin = System.nanoTime();
            lock.lockRead();
            reads(System.nanoTime() - begin, true);
        }
    }

    @Override
    public void lockReadInterruptibly() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (!tryLockRead()) {
            long begin = System.nanoTime();
            lock.lockReadInterruptibly();
            reads(System.nanoTime() - begin, true);
        }
    }

    @Override
    public boolean tryLockRead() {
        if (!lock.tryLockRead()) {
            return false;
        }
        reads(0, false);
        return true;
    }

    @Override
    public boolean tryLockRead(long timeoutNanos) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (tryLockRead()) {
            return true;
        }
        long begin = System.nanoTime();
        if (!lock.tryLockRead(timeoutNanos)) {
            return false;
        }
        reads(System.nanoTime() - begin, true);
        return true;
    }

    private void reads(long waitNanos, boolean contended) {
        observer.acquired(lockClass, waitNanos, contended);
        beginReading();
    }

    private void beginReading() {
        readers.merge(
                Thread.currentThread(),
                new Reading(System.nanoTime(), 1),
                (outer, _) -> new Reading(outer.beginNanos(), outer.depth() + 1));
    }

    /** Returns how long the calling thread has read. */
    private long endReading() {
        Thread self = Thread.currentThread();
        Reading ended = readers.get(self);
        readers.computeIfPresent(
                self,
                (_, reading) ->
                        reading.depth() == 1
                                ? null
                                : new Reading(reading.beginNanos(), reading.depth() - 1));
        return ended == null ? 0 : System.nanoTime() - ended.beginNanos();
    }

    @Override
    public void unlockRead() {
        lock.unlockRead();
        observer.released(lockClass, endReading());
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

    /** {@inheritDoc} Counts as the end of a reading and as a writing. */
    @Override
    public boolean tryUpgrade() {
        if (!lock.tryUpgrade()) {
            return false;
        }
        observer.released(lockClass, endReading());
        writing.acquiredElsewhere();
        return true;
    }

    /** {@inheritDoc} Counts as the end of a writing and as a reading. */
    @Override
    public void downgrade() {
        writing.releasedElsewhere();
        lock.downgrade();
        reads(0, false);
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
    public String toString() {
        return lock.toString();
    }
}
