// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import io.offkraft.cli.worker.WorkerJvm.Purpose;
import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.Blocks;
import io.offkraft.workload.allocator.HeapOptions;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;

/** A worker whose glibc gives a block out twice now and then; its other allocators are right. */
public final class BrokenWorker {
    private BrokenWorker() {}

    /** Runs the worker. */
    public static void main(String[] args) throws InterruptedException {
        WorkerMain.run(BrokenWorker::open);
    }

    /** Returns how to start it: as {@link WorkerJvm#ofWorkloads}, with another main class. */
    public static WorkerJvm jvm(AllocatorKind kind, Purpose purpose, int threads) {
        List<String> command =
                new ArrayList<>(WorkerJvm.ofWorkloads(kind, purpose, threads).process().command());
        command.set(command.size() - 1, BrokenWorker.class.getName());
        return new WorkerJvm(command);
    }

    private static Blocks open(AllocatorKind kind, int objects, HeapOptions options) {
        return kind == AllocatorKind.GLIBC ? new TwiceBlocks(objects) : kind.open(objects, options);
    }

    /**
     * Each object has a place of its own; one in so many is given its neighbour's instead. Nothing
     * is freed, so that whoever writes to the wrong place harms nobody else.
     */
    private static final class TwiceBlocks implements Blocks {
        private static final int RIGHT = 500;
        private static final int LARGEST_BYTES = 1024;

        private final long memory;
        private final int[] places;
        private final AtomicInteger allocations = new AtomicInteger();

        TwiceBlocks(int objects) {
            memory =
                    Arena.global()
                            .allocate((long) objects * LARGEST_BYTES, 2 * Long.BYTES)
                            .address();
            places = new int[objects];
        }

        @Override
        public boolean allocate(int object, long sizeBytes, int alignLog2) {
            if (sizeBytes > LARGEST_BYTES) {
                throw new IllegalArgumentException("larger than a place: " + sizeBytes);
            }
            boolean again = object > 0 && allocations.incrementAndGet() % RIGHT == 0;
            places[object] = again ? object - 1 : object;
            return true;
        }

        @Override
        public boolean allocateZeroed(int object, long sizeBytes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean reallocate(int object, long sizeBytes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void free(int object) {}

        @Override
        public void touch(int object, long sizeBytes) {}

        @Override
        public long address(int object) {
            return memory + (long) places[object] * LARGEST_BYTES;
        }

        @Override
        public long naturalAlignment(long sizeBytes) {
            return 2 * Long.BYTES;
        }

        @Override
        public OptionalLong liveBlocks() {
            return OptionalLong.empty();
        }

        @Override
        public void close() {}
    }
}
