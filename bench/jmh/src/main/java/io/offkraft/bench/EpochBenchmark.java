// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.lockfree.EpochReclaimer;
import io.offkraft.sync.BigReaderLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.concurrent.locks.StampedLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Begin a reader's section, read a word, end it; all threads by the same reclaimer or lock, and
 * nobody writes: {@code -t 1} and {@code -t 2} are two questions.
 */
@State(Scope.Benchmark)
public class EpochBenchmark extends Timing {
    private final EpochReclaimer epochs = new EpochReclaimer();
    private final BigReaderLock bigReader = new BigReaderLock();
    private final StampedLock stamped = new StampedLock();
    private final ReentrantReadWriteLock reentrant = new ReentrantReadWriteLock();
    private final EpochReclaimer written = new EpochReclaimer();
    private long word = 1;

    /** No protection. */
    @Benchmark
    public long nothing() {
        return word;
    }

    /** Ours. */
    @Benchmark
    public long enterExit() {
        long token = epochs.enter();
        long seen = word;
        epochs.exit(token);
        return seen;
    }

    /** Our lock for data that is seldom written. */
    @Benchmark
    public long bigReaderLock() {
        bigReader.lockRead();
        try {
            return word;
        } finally {
            bigReader.unlockRead();
        }
    }

    /** The JDK's lock with stamps. */
    @Benchmark
    public long stampedLock() {
        long stamp = stamped.readLock();
        long seen = word;
        stamped.unlockRead(stamp);
        return seen;
    }

    /** The JDK's lock for readers and writers. */
    @Benchmark
    public long reentrantReadWriteLock() {
        reentrant.readLock().lock();
        try {
            return word;
        } finally {
            reentrant.readLock().unlock();
        }
    }

    /** The writer's side without readers: retire an item, and reclaim it. */
    @Benchmark
    public int retirePoll() {
        written.retire(1, _ -> {});
        return written.poll();
    }
}
