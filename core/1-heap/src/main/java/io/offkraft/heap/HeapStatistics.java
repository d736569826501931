// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * What a heap did and holds.
 *
 * <p>The figures of one size class are of one moment; those of different classes may be some
 * operations apart while other threads go on. At rest all are exact.
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
 * @param committedBytes bytes of address space in which blocks lie or may lie without another call
 *     of the operating system: what {@code heldBytes} never exceeds at rest. Less may be resident:
 *     what was not touched yet, or was given back
 * @param limitBytes what {@code heldBytes} never exceeds
 */
public record HeapStatistics(
        long allocations,
        long frees,
        long failedAllocations,
        long liveBlocks,
        long liveBytes,
        long heldBytes,
        long peakHeldBytes,
        long committedBytes,
        long limitBytes) {

    /** Adds up what the parts of a heap counted. */
    static final class Sum {
        private long allocations;
        private long frees;
        private long failures;
        private long liveBytes;

        void addFrees(long partFrees, long bytes) {
            frees += partFrees;
            liveBytes -= bytes;
        }

        void addAllocations(long partAllocations, long bytes) {
            allocations += partAllocations;
            liveBytes += bytes;
        }

        void addFailures(long partFailures) {
            failures += partFailures;
        }

        HeapStatistics total(
                long heldBytes, long peakHeldBytes, long committedBytes, long limitBytes) {
            return new HeapStatistics(
                    allocations,
                    frees,
                    failures,
                    allocations - frees,
                    liveBytes,
                    heldBytes,
                    peakHeldBytes,
                    committedBytes,
                    limitBytes);
        }
    }
}
