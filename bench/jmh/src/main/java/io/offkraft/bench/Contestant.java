// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.sync.BigReaderLock;
import io.offkraft.sync.BlockingSharedLock;
import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.McsLock;
import io.offkraft.sync.Mutex;
import io.offkraft.sync.PhaseFairLock;
import io.offkraft.sync.Semaphore;
import io.offkraft.sync.SequenceLock;
import io.offkraft.sync.SharedLock;
import io.offkraft.sync.SpinLock;
import io.offkraft.sync.TicketLock;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.concurrent.locks.StampedLock;

/** A lock, ours or the JDK's, as {@link LockContestBenchmark} uses it. */
public interface Contestant {
    /** Runs {@code section} with nobody else inside. */
    void write(Runnable section);

    /** Runs {@code section} with no writer inside, or again until that was so. */
    void read(Runnable section);

    /** The locks by name. */
    enum Kind {
        SPIN,
        TICKET,
        MCS,
        PHASE_FAIR,
        BIG_READER,
        BLOCKING,
        SEQUENCE,
        MUTEX,
        MUTEX_HANDING_OVER,
        SEMAPHORE,
        JDK_REENTRANT,
        JDK_REENTRANT_FAIR,
        JDK_READ_WRITE,
        JDK_STAMPED,
        JDK_STAMPED_OPTIMISTIC,
        JDK_SEMAPHORE,
        JDK_MONITOR;

        Contestant make() {
            return switch (this) {
                case SPIN -> new OfExclusive(new SpinLock());
                case TICKET -> new OfExclusive(new TicketLock());
                case MCS -> new OfExclusive(new McsLock());
                case MUTEX -> new OfExclusive(new Mutex());
                case MUTEX_HANDING_OVER ->
                        new OfExclusive(Mutex.builder().handingOver(true).build());
                case PHASE_FAIR -> new OfShared(new PhaseFairLock());
                case BIG_READER -> new OfShared(new BigReaderLock());
                case BLOCKING -> new OfShared(new BlockingSharedLock());
                case SEQUENCE -> new OfSequence(new SequenceLock());
                case SEMAPHORE -> new OfSemaphore(new Semaphore(1));
                case JDK_REENTRANT -> new OfLock(new ReentrantLock());
                case JDK_REENTRANT_FAIR -> new OfLock(new ReentrantLock(true));
                case JDK_READ_WRITE -> new OfReadWrite(new ReentrantReadWriteLock());
                case JDK_STAMPED -> new OfStamped(new StampedLock());
                case JDK_STAMPED_OPTIMISTIC -> new OfOptimistic(new StampedLock());
                case JDK_SEMAPHORE -> new OfJdkSemaphore(new java.util.concurrent.Semaphore(1));
                case JDK_MONITOR -> new OfMonitor(new Object());
            };
        }
    }

    /** A lock for one at a time, readers too. */
    interface OneAtATime extends Contestant {
        @Override
        default void read(Runnable section) {
            write(section);
        }
    }

    /** Ours for one at a time. */
    record OfExclusive(ExclusiveLock lock) implements OneAtATime {
        @Override
        public void write(Runnable section) {
            lock.lock();
            try {
                section.run();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Ours for readers and writers. */
    record OfShared(SharedLock lock) implements Contestant {
        @Override
        public void write(Runnable section) {
            lock.lockWrite();
            try {
                section.run();
            } finally {
                lock.unlockWrite();
            }
        }

        @Override
        public void read(Runnable section) {
            lock.lockRead();
            try {
                section.run();
            } finally {
                lock.unlockRead();
            }
        }
    }

    /** Ours whose readers look again if there was a writer. */
    record OfSequence(SequenceLock lock) implements Contestant {
        @Override
        public void write(Runnable section) {
            lock.lock();
            try {
                section.run();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void read(Runnable section) {
            long began;
            do {
                began = lock.beginRead();
                section.run();
            } while (!lock.isUnchangedSince(began));
        }
    }

    /** Our semaphore with one token. */
    record OfSemaphore(Semaphore semaphore) implements OneAtATime {
        @Override
        public void write(Runnable section) {
            semaphore.acquire();
            try {
                section.run();
            } finally {
                semaphore.release();
            }
        }
    }

    /** The JDK's locks for one at a time. */
    record OfLock(Lock lock) implements OneAtATime {
        @Override
        public void write(Runnable section) {
            lock.lock();
            try {
                section.run();
            } finally {
                lock.unlock();
            }
        }
    }

    /** The JDK's lock for readers and writers. */
    record OfReadWrite(ReadWriteLock lock) implements Contestant {
        @Override
        public void write(Runnable section) {
            lock.writeLock().lock();
            try {
                section.run();
            } finally {
                lock.writeLock().unlock();
            }
        }

        @Override
        public void read(Runnable section) {
            lock.readLock().lock();
            try {
                section.run();
            } finally {
                lock.readLock().unlock();
            }
        }
    }

    /** The JDK's lock with stamps. */
    record OfStamped(StampedLock lock) implements Contestant {
        @Override
        public void write(Runnable section) {
            long stamp = lock.writeLock();
            try {
                section.run();
            } finally {
                lock.unlockWrite(stamp);
            }
        }

        @Override
        public void read(Runnable section) {
            long stamp = lock.readLock();
            try {
                section.run();
            } finally {
                lock.unlockRead(stamp);
            }
        }
    }

    /** The JDK's lock with stamps, read without a lock as often as it takes. */
    record OfOptimistic(StampedLock lock) implements Contestant {
        @Override
        public void write(Runnable section) {
            long stamp = lock.writeLock();
            try {
                section.run();
            } finally {
                lock.unlockWrite(stamp);
            }
        }

        @Override
        public void read(Runnable section) {
            long stamp;
            do {
                stamp = lock.tryOptimisticRead();
                section.run();
            } while (!lock.validate(stamp));
        }
    }

    /** The JDK's semaphore with one permit. */
    record OfJdkSemaphore(java.util.concurrent.Semaphore semaphore) implements OneAtATime {
        @Override
        public void write(Runnable section) {
            semaphore.acquireUninterruptibly();
            try {
                section.run();
            } finally {
                semaphore.release();
            }
        }
    }

    /** The language's lock. */
    record OfMonitor(Object monitor) implements OneAtATime {
        @Override
        public void write(Runnable section) {
            synchronized (monitor) {
                section.run();
            }
        }
    }
}
