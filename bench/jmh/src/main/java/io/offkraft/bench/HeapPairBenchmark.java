// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.offkraft.heap.Heap;
import io.offkraft.heap.ThreadHeap;
import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Allocate, touch the first byte, free: one block at a time. Threads ({@code -t 2}) share the
 * allocator.
 */
public class HeapPairBenchmark extends Timing {
    private static final byte TOUCH = 1;

    /** What the benchmark itself costs: a size and a touch, no allocation. */
    @Benchmark
    public long harness(BlockSizes sizes, OneBlock block) {
        RawMemory.storeBytePlain(block.address, TOUCH);
        return sizes.next();
    }

    /** Offkraft's heap. */
    @Benchmark
    public void offkraft(BlockSizes sizes, OffkraftHeap state) {
        long block = state.heap.malloc(sizes.next());
        RawMemory.storeBytePlain(block, TOUCH);
        state.heap.free(block);
    }

    /** Offkraft's heap in the hands of each thread. */
    @Benchmark
    public void offkraftThread(BlockSizes sizes, OffkraftThread state) {
        long block = state.heap.malloc(sizes.next());
        RawMemory.storeBytePlain(block, TOUCH);
        state.heap.free(block);
    }

    /** The C library's, through critical downcalls. */
    @Benchmark
    public void glibc(BlockSizes sizes) throws Throwable {
        long block = CLibrary.malloc(sizes.next());
        RawMemory.storeBytePlain(block, TOUCH);
        CLibrary.free(block);
    }

    /** Netty's pooled allocator, on its event threads. */
    @Benchmark
    @Fork(
            value = FORKS,
            jvmArgsAppend = {
                NATIVE_ACCESS,
                COLLECTOR,
                EventThreads.EXECUTOR,
                EventThreads.EXECUTOR_CLASS,
                EventThreads.NO_LEAK_DETECTION
            })
    public void nettyPooled(BlockSizes sizes, NettyPooled state) {
        ByteBuf block = state.allocator.directBuffer((int) sizes.next());
        block.setByte(0, TOUCH);
        block.release();
    }

    /** Netty's adaptive allocator, on its event threads. */
    @Benchmark
    @Fork(
            value = FORKS,
            jvmArgsAppend = {
                NATIVE_ACCESS,
                COLLECTOR,
                EventThreads.EXECUTOR,
                EventThreads.EXECUTOR_CLASS,
                EventThreads.NO_LEAK_DETECTION
            })
    public void nettyAdaptive(BlockSizes sizes, NettyAdaptive state) {
        ByteBuf block = state.allocator.directBuffer((int) sizes.next());
        block.setByte(0, TOUCH);
        block.release();
    }

    /** The JDK's confined arena, which also sets the block to zero. */
    @Benchmark
    public void confinedArena(BlockSizes sizes) {
        try (Arena arena = Arena.ofConfined()) {
            arena.allocate(sizes.next()).set(ValueLayout.JAVA_BYTE, 0, TOUCH);
        }
    }

    /** A heap for all threads. */
    @State(Scope.Benchmark)
    public static class OffkraftHeap {
        private final Heap heap = Heap.create();

        /** Gives it back. */
        @TearDown
        public void close() {
            heap.close();
        }
    }

    /** That heap, as one thread keeps it. */
    @State(Scope.Thread)
    public static class OffkraftThread {
        private ThreadHeap heap;

        /** Makes it, on the thread that uses it. */
        @Setup
        public void take(OffkraftHeap shared) {
            heap = shared.heap.threadHeap();
        }
    }

    /** A pooled allocator for all threads. */
    @State(Scope.Benchmark)
    public static class NettyPooled {
        private final PooledByteBufAllocator allocator = new PooledByteBufAllocator(true);
    }

    /** An adaptive allocator for all threads. */
    @State(Scope.Benchmark)
    public static class NettyAdaptive {
        private final AdaptiveByteBufAllocator allocator = new AdaptiveByteBufAllocator(true);
    }

    /** A block that stays. */
    @State(Scope.Thread)
    public static class OneBlock {
        private final Arena arena = Arena.ofShared();
        private final long address = arena.allocate(1).address();

        /** Gives it back. */
        @TearDown
        public void close() {
            arena.close();
        }
    }
}
