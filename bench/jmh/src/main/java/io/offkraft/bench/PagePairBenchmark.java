// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.sync.Synchronization;
import io.offkraft.vmem.VirtualAddressSpace;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Allocate and free pages in a region of which a random half is taken. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class PagePairBenchmark {
    private static final long REGION_BYTES = 1L << 30;

    /** Order of a block. */
    @Param({"0", "3", "9"})
    public int order;

    /** The lock. */
    @Param({"SPIN", "NONE"})
    public Synchronization synchronization;

    private VirtualAddressSpace space;
    private BuddyAllocator buddy;

    /** Fills the region and frees a random half of the blocks. */
    @Setup
    public void open() {
        space = VirtualAddressSpace.reserve(2 * REGION_BYTES);
        buddy =
                BuddyAllocator.builder(space)
                        .synchronization(synchronization)
                        .decay(Duration.ofDays(1))
                        .build();
        buddy.addReserved(REGION_BYTES);
        long[] blocks = new long[(int) (REGION_BYTES >>> 12 >>> order)];
        for (int block = 0; block < blocks.length; block++) {
            blocks[block] = buddy.palloc(1L << order);
        }
        Random random = new Random(1);
        for (long block : blocks) {
            if (block != 0 && random.nextBoolean()) {
                buddy.pfree(block, 1L << order);
            }
        }
    }

    /** Gives everything back. */
    @TearDown
    public void close() {
        buddy.close();
        space.close();
    }

    /** One block, taken and given back. */
    @Benchmark
    public void pair() {
        long block = buddy.palloc(1L << order);
        buddy.pfree(block, 1L << order);
    }
}
