// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.heap.Heap;
import io.offkraft.word.RawMemory;
import java.util.Arrays;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A random one of {@link Slots#COUNT} live blocks is freed and replaced by one of a random size,
 * whose first byte is touched. Threads have blocks of their own in one allocator.
 */
public class HeapSlotsBenchmark extends Timing {
    private static final byte TOUCH = 1;

    /** Offkraft's heap. */
    @Benchmark
    public void offkraft(OffkraftSlots state) {
        int slot = state.nextSlot();
        Heap heap = state.heap;
        heap.free(state.blocks[slot]);
        long block = heap.malloc(state.nextSize());
        RawMemory.storeBytePlain(block, TOUCH);
        state.blocks[slot] = block;
    }

    /** The C library's, through critical downcalls. */
    @Benchmark
    public void glibc(GlibcSlots state) throws Throwable {
        int slot = state.nextSlot();
        CLibrary.free(state.blocks[slot]);
        long block = CLibrary.malloc(state.nextSize());
        RawMemory.storeBytePlain(block, TOUCH);
        state.blocks[slot] = block;
    }

    /** The live blocks of a thread, and what comes next. */
    @State(Scope.Thread)
    public abstract static class Slots {
        static final int COUNT = 4096;

        private static final int SIZES = 1024;

        /** The largest size; the smallest is 16 bytes, and each doubling is as frequent. */
        @Param({"1024", "65536"})
        public long largestBytes;

        final long[] blocks = new long[COUNT];
        private long[] sizes;
        private long random = 0x9e3779b97f4a7c15L;

        void chooseSizes() {
            sizes = BlockSizes.mixed(SIZES, largestBytes);
        }

        /** Steps the generator (Marsaglia's xorshift, 2003) and returns a slot. */
        int nextSlot() {
            long next = random;
            next ^= next << 13;
            next ^= next >>> 7;
            next ^= next << 17;
            random = next;
            return (int) (next & (COUNT - 1));
        }

        /** Returns a size out of other bits of the same number. */
        long nextSize() {
            return sizes[(int) (random >>> 32) & (SIZES - 1)];
        }
    }

    /** Blocks of a heap. */
    public static class OffkraftSlots extends Slots {
        private Heap heap;

        /** Allocates all blocks. */
        @Setup
        public void open(OneHeap shared) {
            chooseSizes();
            heap = shared.heap;
            Arrays.setAll(blocks, _ -> heap.malloc(nextSizeAfterStep()));
        }

        private long nextSizeAfterStep() {
            nextSlot();
            return nextSize();
        }
    }

    /** Blocks of the C library. */
    public static class GlibcSlots extends Slots {
        /** Allocates all blocks. */
        @Setup
        public void open() throws Throwable {
            chooseSizes();
            for (int slot = 0; slot < COUNT; slot++) {
                nextSlot();
                blocks[slot] = CLibrary.malloc(nextSize());
            }
        }

        /** Gives them back. */
        @TearDown
        public void close() throws Throwable {
            for (long block : blocks) {
                CLibrary.free(block);
            }
        }
    }

    /** A heap for all threads; closing it frees every block. */
    @State(Scope.Benchmark)
    public static class OneHeap {
        private final Heap heap = Heap.create();

        /** Gives it back. */
        @TearDown
        public void close() {
            heap.close();
        }
    }
}
