// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.sync.BigReaderLock;
import io.offkraft.sync.BlockingSharedLock;
import io.offkraft.sync.McsLock;
import io.offkraft.sync.Mutex;
import io.offkraft.sync.PhaseFairLock;
import io.offkraft.sync.Semaphore;
import io.offkraft.sync.SequenceLock;
import io.offkraft.sync.SpinLock;
import io.offkraft.sync.TicketLock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.concurrent.locks.StampedLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Lock, count, unlock; each thread with locks of its own, so nobody waits. */
@State(Scope.Thread)
public class LockBenchmark extends Timing {
    // Fields of an instance, as in the allocators: the compiler must load them.
    private final SpinLock spin = new SpinLock();
    private final TicketLock ticket = new TicketLock();
    private final McsLock mcs = new McsLock();
    private final Mutex mutex = new Mutex();
    private final Semaphore semaphore = new Semaphore(1);
    private final PhaseFairLock phaseFair = new PhaseFairLock();
    private final BigReaderLock bigReader = new BigReaderLock();
    private final BlockingSharedLock blocking = new BlockingSharedLock();
    private final SequenceLock sequence = new SequenceLock();
    private final ReentrantLock reentrant = new ReentrantLock();
    private final ReentrantReadWriteLock readWrite = new ReentrantReadWriteLock();
    private final StampedLock stamped = new StampedLock();
    private final java.util.concurrent.Semaphore jdkSemaphore =
            new java.util.concurrent.Semaphore(1);
    private final Object monitor = new Object();
    private long count;

    /** No lock. */
    @Benchmark
    public long nothing() {
        return ++count;
    }

    @Benchmark
    public long spin() {
        spin.lock();
        try {
            return ++count;
        } finally {
            spin.unlock();
        }
    }

    @Benchmark
    public long ticket() {
        ticket.lock();
        try {
            return ++count;
        } finally {
            ticket.unlock();
        }
    }

    @Benchmark
    public long mcs() {
        mcs.lock();
        try {
            return ++count;
        } finally {
            mcs.unlock();
        }
    }

    @Benchmark
    public long mutex() {
        mutex.lock();
        try {
            return ++count;
        } finally {
            mutex.unlock();
        }
    }

    @Benchmark
    public long semaphore() {
        semaphore.acquire();
        try {
            return ++count;
        } finally {
            semaphore.release();
        }
    }

    @Benchmark
    public long phaseFairWrite() {
        phaseFair.lockWrite();
        try {
            return ++count;
        } finally {
            phaseFair.unlockWrite();
        }
    }

    @Benchmark
    public long phaseFairRead() {
        phaseFair.lockRead();
        try {
            return count;
        } finally {
            phaseFair.unlockRead();
        }
    }

    @Benchmark
    public long bigReaderWrite() {
        bigReader.lockWrite();
        try {
            return ++count;
        } finally {
            bigReader.unlockWrite();
        }
    }

    @Benchmark
    public long bigReaderRead() {
        bigReader.lockRead();
        try {
            return count;
        } finally {
            bigReader.unlockRead();
        }
    }

    @Benchmark
    public long blockingWrite() {
        blocking.lockWrite();
        try {
            return ++count;
        } finally {
            blocking.unlockWrite();
        }
    }

    @Benchmark
    public long blockingRead() {
        blocking.lockRead();
        try {
            return count;
        } finally {
            blocking.unlockRead();
        }
    }

    @Benchmark
    public long sequenceWrite() {
        sequence.lock();
        try {
            return ++count;
        } finally {
            sequence.unlock();
        }
    }

    @Benchmark
    public long sequenceRead() {
        while (true) {
            long began = sequence.beginRead();
            long seen = count;
            if (sequence.isUnchangedSince(began)) {
                return seen;
            }
        }
    }

    @Benchmark
    public long jdkReentrantLock() {
        reentrant.lock();
        try {
            return ++count;
        } finally {
            reentrant.unlock();
        }
    }

    @Benchmark
    public long jdkReadWriteLockWrite() {
        readWrite.writeLock().lock();
        try {
            return ++count;
        } finally {
            readWrite.writeLock().unlock();
        }
    }

    @Benchmark
    public long jdkReadWriteLockRead() {
        readWrite.readLock().lock();
        try {
            return count;
        } finally {
            readWrite.readLock().unlock();
        }
    }

    @Benchmark
    public long jdkStampedLockWrite() {
        long stamp = stamped.writeLock();
        try {
            return ++count;
        } finally {
            stamped.unlockWrite(stamp);
        }
    }

    @Benchmark
    public long jdkStampedLockRead() {
        long stamp = stamped.readLock();
        try {
            return count;
        } finally {
            stamped.unlockRead(stamp);
        }
    }

    @Benchmark
    public long jdkStampedLockOptimistic() {
        while (true) {
            long stamp = stamped.tryOptimisticRead();
            long seen = count;
            if (stamped.validate(stamp)) {
                return seen;
            }
        }
    }

    @Benchmark
    public long jdkSemaphore() {
        jdkSemaphore.acquireUninterruptibly();
        try {
            return ++count;
        } finally {
            jdkSemaphore.release();
        }
    }

    @Benchmark
    public long jdkMonitor() {
        synchronized (monitor) {
            return ++count;
        }
    }
}
