// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.vmem.Area;
import io.offkraft.vmem.AreaIndexKind;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * Which area holds an address: asked by one and by eight threads, while nobody changes anything,
 * and while one more thread maps and unmaps without a pause; and by four while four map. Operations
 * a microsecond of all threads that ask together, and of all that map.
 *
 * <p>Addresses are random; half of them are in an area.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class AreaIndexBenchmark extends Timing {
    private static final int MANY = 8;
    private static final int HALF = MANY / 2;
    private static final long PAGE_BYTES = 4096;

    /** An area takes the first half of a slot; what is mapped meanwhile lies inside the other. */
    private static final long SLOT_BYTES = 8 * PAGE_BYTES;

    private static final long MAPPED_FROM = 5 * PAGE_BYTES;
    private static final long MAPPED_TO = 7 * PAGE_BYTES;

    @Param AreaIndexKind kind;

    @Param({"1000", "100000"})
    int areas;

    private AreaIndexKind.Index index;
    private long base;

    /** Makes the areas. */
    @Setup(Level.Trial)
    public void fill() {
        index = kind.make(areas * SLOT_BYTES);
        base = index.baseAddress();
        for (int slot = 0; slot < areas; slot++) {
            long start = base + slot * SLOT_BYTES;
            index.fill(start, start + SLOT_BYTES / 2);
        }
    }

    /** Gives the addresses back. */
    @TearDown(Level.Trial)
    public void close() {
        index.close();
    }

    /** Random numbers for one thread, and which of those that do the same it is. */
    @State(Scope.Thread)
    public static class Dice {
        private final SplittableRandom random = new SplittableRandom();
        private int thread;
        private int threads;

        /** Looks who it is for. */
        @Setup(Level.Trial)
        public void meet(ThreadParams who) {
            thread = who.getSubgroupThreadIndex();
            threads = who.getSubgroupThreadCount();
        }

        long below(long bound) {
            return random.nextLong(bound);
        }

        /** Below {@code bound}, and no other thread's. */
        long ownBelow(long bound) {
            return random.nextLong(bound / threads) * threads + thread;
        }
    }

    @Benchmark
    @Threads(1)
    public @Nullable Area findByOne(Dice dice) {
        return find(dice);
    }

    @Benchmark
    @Threads(MANY)
    public @Nullable Area findByEight(Dice dice) {
        return find(dice);
    }

    @Benchmark
    @Group("oneBesideMapper")
    @GroupThreads(1)
    public @Nullable Area findOfOne(Dice dice) {
        return find(dice);
    }

    @Benchmark
    @Group("oneBesideMapper")
    @GroupThreads(1)
    public void mapBesideOne(Dice dice) {
        mapAndUnmap(dice);
    }

    @Benchmark
    @Group("eightBesideMapper")
    @GroupThreads(MANY)
    public @Nullable Area findOfEight(Dice dice) {
        return find(dice);
    }

    @Benchmark
    @Group("eightBesideMapper")
    @GroupThreads(1)
    public void mapBesideEight(Dice dice) {
        mapAndUnmap(dice);
    }

    @Benchmark
    @Group("fourBesideMappers")
    @GroupThreads(HALF)
    public @Nullable Area findOfFour(Dice dice) {
        return find(dice);
    }

    @Benchmark
    @Group("fourBesideMappers")
    @GroupThreads(HALF)
    public void mapBesideFour(Dice dice) {
        mapAndUnmap(dice);
    }

    private @Nullable Area find(Dice dice) {
        return index.findOrNull(base + dice.below(areas * SLOT_BYTES));
    }

    private void mapAndUnmap(Dice dice) {
        long slot = base + dice.ownBelow(areas) * SLOT_BYTES;
        index.map(slot + MAPPED_FROM, slot + MAPPED_TO);
        index.unmap(slot + MAPPED_FROM, slot + MAPPED_TO);
    }
}
