// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.heap.Heap;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A heap that is made, grows and is closed: four times as many steps as blocks live at the end, in
 * each of which a random one of them is freed, if it is there yet, and replaced by one of a random
 * size, of which a byte a page is touched. So mostly page faults, and what a heap does as it grows
 * so that less of it is resident.
 */
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class GrowingHeapBenchmark extends Timing {
    private static final byte TOUCH = 1;

    /** Offkraft's heap. */
    @Benchmark
    public void offkraft(Grown state) {
        final long[] blocks = new long[state.live];
        try (Heap heap = Heap.create()) {
            for (int step = 0; step < state.slots.length; step++) {
                int slot = state.slots[step];
                heap.free(blocks[slot]); // NULL at first
                blocks[slot] = touched(heap, state.sizes[step]);
            }
        }
    }

    private static long touched(Heap heap, long bytes) {
        long block = heap.malloc(bytes);
        for (long at = 0; at < bytes; at += PageOrder.PAGE_BYTES) {
            RawMemory.storeBytePlain(block + at, TOUCH);
        }
        return block;
    }

    /** What the steps are, the same in every run. */
    @State(Scope.Thread)
    public static class Grown {
        private static final long LARGEST_BYTES = 32 << 10;
        private static final int STEPS_A_BLOCK = 4;

        /** Blocks, a power of two: some 16 MiB, or 260. */
        @Param({"4096", "65536"})
        public int live;

        private int[] slots;
        private long[] sizes;

        /** Chooses the steps. */
        @Setup
        public void choose() {
            slots = new int[STEPS_A_BLOCK * live];
            sizes = BlockSizes.mixed(slots.length, LARGEST_BYTES);
            long random = 0x9e3779b97f4a7c15L;
            for (int step = 0; step < slots.length; step++) {
                // Marsaglia's xorshift, 2003
                random ^= random << 13;
                random ^= random >>> 7;
                random ^= random << 17;
                slots[step] = (int) (random & (live - 1));
            }
        }
    }
}
