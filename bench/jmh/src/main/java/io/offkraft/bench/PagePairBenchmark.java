// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.config.Contention;
import io.offkraft.sync.Synchronization;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;
import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * Allocate and free pages in a region of which a random half is taken. An operation is one
 * allocation and one free.
 */
public class PagePairBenchmark extends Timing {
    private static final int BULK = 64;

    /** One block, taken and given back. */
    @Benchmark
    public void pair(HalfTaken state) {
        BuddyAllocator buddy = state.buddy;
        long pages = state.pages;
        buddy.pfree(buddy.palloc(pages), pages);
    }

    /** Some blocks, all taken, then all given back in another order. */
    @Benchmark
    @OperationsPerInvocation(BULK)
    public void bulk(HalfTaken state, Hand hand) {
        BuddyAllocator buddy = state.buddy;
        long pages = state.pages;
        long[] blocks = hand.blocks;
        for (int block = 0; block < BULK; block++) {
            blocks[block] = buddy.palloc(pages);
        }
        for (int block : hand.freeOrder) {
            buddy.pfree(blocks[block], pages);
        }
    }

    /** Half of an empty region block by block, then all given back in the order they came. */
    @Benchmark
    @OperationsPerInvocation(Empty.BLOCKS)
    public void half(Empty state) {
        BuddyAllocator buddy = state.buddy;
        long[] blocks = state.blocks;
        for (int block = 0; block < blocks.length; block++) {
            blocks[block] = buddy.palloc(1);
        }
        for (long block : blocks) {
            buddy.pfree(block, 1);
        }
    }

    /** The region, nothing of which is taken, and all of which has memory. */
    @State(Scope.Benchmark)
    public static class Empty {
        private static final long REGION_BYTES = 1L << 29;
        private static final int BLOCKS = (int) (REGION_BYTES / PageOrder.PAGE_BYTES / 2);

        /** How threads are kept apart. */
        @Param({"SPIN", "NONE", "HIGH", "HIGH_BARE"})
        public Way way;

        private final long[] blocks = new long[BLOCKS];
        private VirtualAddressSpace space;
        private BuddyAllocator buddy;

        /** Makes the region, for one thread. */
        @Setup
        public void open(BenchmarkParams run) {
            if (run.getThreads() > 1) {
                throw new IllegalArgumentException("for one thread: threads=" + run.getThreads());
            }
            space = VirtualAddressSpace.reserve(2 * REGION_BYTES);
            buddy = way.open(space);
            buddy.addReserved(REGION_BYTES);
        }

        /** Gives everything back. */
        @TearDown
        public void close() {
            buddy.close();
            space.close();
        }
    }

    /** The region, half of whose blocks are taken. */
    @State(Scope.Benchmark)
    public static class HalfTaken {
        private static final long REGION_BYTES = 1L << 30;
        private static final long SEED = 1;

        /** Order of a block. */
        @Param({"0", "3", "9"})
        public int order;

        /**
         * How threads are kept apart: a lock, nothing, or without a lock with and without pages at
         * hand.
         */
        @Param({"SPIN", "NONE", "HIGH", "HIGH_BARE"})
        public Way way;

        private VirtualAddressSpace space;
        private BuddyAllocator buddy;
        private long pages;

        /** Fills the region and frees a random half of the blocks. */
        @Setup
        public void open(BenchmarkParams run) {
            if (way == Way.NONE && run.getThreads() > 1) {
                throw new IllegalArgumentException(
                        "way=NONE is for one thread: threads=" + run.getThreads());
            }
            pages = PageOrder.pages(order);
            space = VirtualAddressSpace.reserve(2 * REGION_BYTES);
            buddy = way.open(space);
            buddy.addReserved(REGION_BYTES);
            long[] blocks = new long[(int) (REGION_BYTES / PageOrder.PAGE_BYTES / pages)];
            for (int block = 0; block < blocks.length; block++) {
                blocks[block] = buddy.palloc(pages);
            }
            Random random = new Random(SEED);
            for (long block : blocks) {
                if (block != 0 && random.nextBoolean()) {
                    buddy.pfree(block, pages);
                }
            }
        }

        /** Gives everything back. */
        @TearDown
        public void close() {
            buddy.close();
            space.close();
        }
    }

    /** How threads are kept apart. */
    public enum Way {
        /** A spin lock around a buddy. */
        SPIN,
        /** Nothing: one thread. */
        NONE,
        /** Without a lock, pages at hand. */
        HIGH,
        /** Without a lock, no pages at hand. */
        HIGH_BARE;

        private BuddyAllocator open(VirtualAddressSpace space) {
            // No decay: chunks keep their memory, so that no system call is measured.
            return BuddyAllocator.builder(space)
                    .synchronization(this == NONE ? Synchronization.NONE : Synchronization.SPIN)
                    .contention(
                            this == HIGH || this == HIGH_BARE ? Contention.HIGH : Contention.LOW)
                    .pagesAtHand(this != HIGH_BARE)
                    .decay(Duration.ofDays(1))
                    .build();
        }
    }

    /** What one thread holds of the region. */
    @State(Scope.Thread)
    public static class Hand {
        private final long[] blocks = new long[BULK];

        /** 37 is prime to the count, so every block comes once and neighbours come apart. */
        private final int[] freeOrder =
                IntStream.range(0, BULK).map(turn -> turn * 37 % BULK).toArray();
    }
}
