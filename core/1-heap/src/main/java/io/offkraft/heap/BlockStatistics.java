// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * What a heap did and holds of blocks of one size class, or of all large ones.
 *
 * @param allocations blocks handed out since the beginning
 * @param frees blocks given back since the beginning
 * @param liveBlocks blocks that callers hold: {@code allocations - frees}
 * @param liveBytes bytes that can be used in those blocks
 * @param cachedBytes bytes of free blocks whose pages are held, ready for the next request
 * @param wastedBytes bytes of held pages that no block can have: behind the last one of a slab
 */
public record BlockStatistics(
        long allocations,
        long frees,
        long liveBlocks,
        long liveBytes,
        long cachedBytes,
        long wastedBytes) {

    /** Returns the figures of both. */
    BlockStatistics plus(BlockStatistics other) {
        return new BlockStatistics(
                allocations + other.allocations,
                frees + other.frees,
                liveBlocks + other.liveBlocks,
                liveBytes + other.liveBytes,
                cachedBytes + other.cachedBytes,
                wastedBytes + other.wastedBytes);
    }

    /** Adds up what the stripes counted. */
    static final class Sum {
        private long allocations;
        private long frees;
        private long liveBytes;
        private long capacityBytes;
        private long wastedBytes;

        void addFrees(long some, long bytes) {
            frees += some;
            liveBytes -= bytes;
        }

        void addAllocations(long some, long bytes) {
            allocations += some;
            liveBytes += bytes;
        }

        /** Adds held pages: what is for blocks, live and free, and what is not. */
        void addHeld(long blockBytes, long otherBytes) {
            capacityBytes += blockBytes;
            wastedBytes += otherBytes;
        }

        BlockStatistics total() {
            return new BlockStatistics(
                    allocations,
                    frees,
                    allocations - frees,
                    liveBytes,
                    Math.max(0, capacityBytes - liveBytes),
                    wastedBytes);
        }
    }
}
