// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.config.Contention;
import io.offkraft.heap.BlockPool;
import io.offkraft.heap.Heap;
import io.offkraft.word.RawMemory;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A block of a pool is taken, its first byte touched, and given back, beside the same of the heap:
 * one at a time, and sixteen. Threads ({@code -t 2}) share the pool.
 */
@State(Scope.Benchmark)
public class PoolPairBenchmark extends Timing {
    private static final byte TOUCH = 1;
    private static final long BYTES = 64;
    private static final int CAPACITY = 1024;
    private static final int BATCH = 16;

    private final Heap heap = Heap.create();
    private final BlockPool low = pool(Contention.LOW);
    private final BlockPool high = pool(Contention.HIGH);

    private BlockPool pool(Contention contention) {
        return BlockPool.builder(heap, BYTES, CAPACITY).contention(contention).build();
    }

    /** Gives everything back. */
    @TearDown
    public void close() {
        low.close();
        high.close();
        heap.close();
    }

    /** Where a thread's batch goes. */
    @State(Scope.Thread)
    public static class Batch {
        private final long[] blocks = new long[BATCH];
    }

    private static void pair(BlockPool pool) {
        long block = pool.take();
        RawMemory.storeBytePlain(block, TOUCH);
        pool.giveBack(block);
    }

    private static void batchPair(BlockPool pool, long[] blocks) {
        int some = pool.take(blocks, 0, BATCH);
        for (int n = 0; n < some; n++) {
            RawMemory.storeBytePlain(blocks[n], TOUCH);
        }
        pool.giveBack(blocks, 0, some);
    }

    /** The heap's malloc and free. */
    @Benchmark
    public void heap() {
        long block = heap.malloc(BYTES);
        RawMemory.storeBytePlain(block, TOUCH);
        heap.free(block);
    }

    /** Under a lock. */
    @Benchmark
    public void low() {
        pair(low);
    }

    /** Without one. */
    @Benchmark
    public void high() {
        pair(high);
    }

    /** Under a lock; time for a block. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void lowBatch(Batch batch) {
        batchPair(low, batch.blocks);
    }

    /** Without one; time for a block. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void highBatch(Batch batch) {
        batchPair(high, batch.blocks);
    }
}
