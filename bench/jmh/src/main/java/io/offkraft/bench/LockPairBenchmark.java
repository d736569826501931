// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.Synchronization;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Lock, count, unlock. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class LockPairBenchmark {
    private final ExclusiveLock spin = Synchronization.SPIN.newLock();
    private final ReentrantLock reentrant = new ReentrantLock();
    private long count;

    /** The spin lock, or nothing with {@code -Doffkraft.smp=false}. */
    @Benchmark
    public long spinLock() {
        spin.lock();
        long now = ++count;
        spin.unlock();
        return now;
    }

    /** The JDK's lock. */
    @Benchmark
    public long reentrantLock() {
        reentrant.lock();
        try {
            return ++count;
        } finally {
            reentrant.unlock();
        }
    }

    /** No lock. */
    @Benchmark
    public long nothing() {
        return ++count;
    }
}
