// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.util.Arrays;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a heap did and holds, without the heaps below it.
 *
 * <p>Read while other threads go on, without stopping them: what was freed is read before what was
 * allocated, so no figure of live blocks is below the truth by more than what is being freed that
 * moment, and none is negative. At rest all are exact.
 *
 * @param allocations blocks handed out since the beginning
 * @param frees blocks given back since the beginning
 * @param failedAllocations requests that got NULL
 * @param liveBlocks blocks that callers hold: {@code allocations - frees}
 * @param liveBytes bytes that can be used in those blocks, which is what was asked for rounded up
 *     to the size class
 * @param heldBytes bytes of the pages that those blocks, and free blocks beside them, lie in
 * @param peakHeldBytes the highest value of {@code heldBytes} so far; no figure above was ever
 *     higher
 * @param reservedBytes bytes of address space that the heap's tree has for blocks
 * @param committedBytes bytes of address space in which blocks lie or may lie without another call
 *     of the operating system: what {@code heldBytes} never exceeds at rest. Less may be resident:
 *     what was not touched yet, or was given back
 * @param decommittedBytes the other bytes of it: they carry no memory, not yet or not any more.
 *     What is resident of the committed ones {@link Heap#footprint()} asks the kernel
 * @param limitBytes what {@code heldBytes} never exceeds
 * @param crossCpuFrees blocks that were freed elsewhere than where they were allocated: with the
 *     stripe of another thread or CPU
 * @param contentions how often a thread found the lock of a stripe taken, or stopped another one
 *     that works in it without the lock
 * @param bySizeClass small blocks by their bytes, ascending; only sizes that were ever asked for
 * @param large blocks that have pages of their own
 */
public record HeapStatistics(
        long allocations,
        long frees,
        long failedAllocations,
        long liveBlocks,
        long liveBytes,
        long heldBytes,
        long peakHeldBytes,
        long reservedBytes,
        long committedBytes,
        long decommittedBytes,
        long limitBytes,
        long crossCpuFrees,
        long contentions,
        SortedMap<Integer, BlockStatistics> bySizeClass,
        BlockStatistics large) {

    /** Keeps a copy of the map. */
    public HeapStatistics {
        bySizeClass = Collections.unmodifiableSortedMap(new TreeMap<>(bySizeClass));
    }

    /** Adds up what the parts of a heap counted. */
    static final class Sum {
        private final BlockStatistics.Sum[] small = new BlockStatistics.Sum[SizeClasses.COUNT];
        private final BlockStatistics.Sum large = new BlockStatistics.Sum();
        private long failures;
        private long crossCpuFrees;
        private long contentions;

        Sum() {
            Arrays.setAll(small, _ -> new BlockStatistics.Sum());
        }

        BlockStatistics.Sum of(int sizeClass) {
            return small[sizeClass];
        }

        BlockStatistics.Sum large() {
            return large;
        }

        void addEvents(long partFailures, long partCrossCpuFrees, long partContentions) {
            failures += partFailures;
            crossCpuFrees += partCrossCpuFrees;
            contentions += partContentions;
        }

        HeapStatistics total(
                long heldBytes,
                long peakHeldBytes,
                long reservedBytes,
                long committedBytes,
                long limitBytes) {
            SortedMap<Integer, BlockStatistics> bySizeClass = new TreeMap<>();
            BlockStatistics all = large.total();
            BlockStatistics ofLarge = all;
            for (int sizeClass = 0; sizeClass < small.length; sizeClass++) {
                BlockStatistics its = small[sizeClass].total();
                if (its.allocations() != 0) {
                    bySizeClass.put(SizeClasses.bytes(sizeClass), its);
                    all = all.plus(its);
                }
            }
            return new HeapStatistics(
                    all.allocations(),
                    all.frees(),
                    failures,
                    all.liveBlocks(),
                    all.liveBytes(),
                    heldBytes,
                    peakHeldBytes,
                    reservedBytes,
                    committedBytes,
                    reservedBytes - committedBytes,
                    limitBytes,
                    crossCpuFrees,
                    contentions,
                    bySizeClass,
                    ofLarge);
        }
    }
}
