// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.sync.BigReaderLock;
import io.offkraft.sync.BlockingSharedLock;
import io.offkraft.sync.PhaseFairLock;
import io.offkraft.sync.SequenceLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.concurrent.locks.StampedLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/** Two threads read under one lock, and nobody writes: what readers cost each other. */
@State(Scope.Benchmark)
@Threads(2)
public class SharedReadBenchmark extends Timing {
    private final PhaseFairLock phaseFair = new PhaseFairLock();
    private final BigReaderLock bigReader = new BigReaderLock();
    private final BlockingSharedLock blocking = new BlockingSharedLock();
    private final SequenceLock sequence = new SequenceLock();
    private final ReentrantReadWriteLock readWrite = new ReentrantReadWriteLock();
    private final StampedLock stamped = new StampedLock();
    private long value = 1;

    @Benchmark
    public long phaseFair() {
        phaseFair.lockRead();
        try {
            return value;
        } finally {
            phaseFair.unlockRead();
        }
    }

    @Benchmark
    public long bigReader() {
        bigReader.lockRead();
        try {
            return value;
        } finally {
            bigReader.unlockRead();
        }
    }

    @Benchmark
    public long blocking() {
        blocking.lockRead();
        try {
            return value;
        } finally {
            blocking.unlockRead();
        }
    }

    @Benchmark
    public long sequence() {
        while (true) {
            long began = sequence.beginRead();
            long seen = value;
            if (sequence.isUnchangedSince(began)) {
                return seen;
            }
        }
    }

    @Benchmark
    public long jdkReadWriteLock() {
        readWrite.readLock().lock();
        try {
            return value;
        } finally {
            readWrite.readLock().unlock();
        }
    }

    @Benchmark
    public long jdkStampedLock() {
        long stamp = stamped.readLock();
        try {
            return value;
        } finally {
            stamped.unlockRead(stamp);
        }
    }

    @Benchmark
    public long jdkStampedLockOptimistic() {
        while (true) {
            long stamp = stamped.tryOptimisticRead();
            long seen = value;
            if (stamped.validate(stamp)) {
                return seen;
            }
        }
    }
}
