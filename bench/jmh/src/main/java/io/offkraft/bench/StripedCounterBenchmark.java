// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.lockfree.StripedCounter;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** One count that all threads add to: {@code -t 1} and {@code -t 2} are two questions. */
@State(Scope.Benchmark)
public class StripedCounterBenchmark extends Timing {
    /** As many places as the striped counter has at least. */
    private static final int PLACES = 8;

    private final StripedCounter striped = new StripedCounter();
    private final AtomicLongArray unpadded = new AtomicLongArray(PLACES);
    private final LongAdder adder = new LongAdder();
    private final AtomicLong atomic = new AtomicLong();

    /** Ours. */
    @Benchmark
    public void striped() {
        striped.increment();
    }

    /** The same places side by side: what the padding is for. */
    @Benchmark
    public void unpaddedTwin() {
        int place = (int) Thread.currentThread().threadId() & (PLACES - 1);
        unpadded.getAndAdd(place, 1);
    }

    /** The JDK's. */
    @Benchmark
    public void longAdder() {
        adder.increment();
    }

    /** One word. */
    @Benchmark
    public long atomicLong() {
        return atomic.getAndIncrement();
    }

    /** What ours is: a look at each place. */
    @Benchmark
    public long stripedSum() {
        return striped.sum();
    }

    /** What the JDK's is: a look at as many cells as there was contention for. */
    @Benchmark
    public long longAdderSum() {
        return adder.sum();
    }
}
