// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.buddy.SharedRegion.NONE;
import static io.offkraft.buddy.SharedRegion.REFUSED;

/**
 * Takes exactly one range of pages of a {@link SharedRegion}, over as many chunks as it reaches, or
 * nothing.
 *
 * <p>Chunks that the range covers are held; of the others its pages are taken, or, where a chunk
 * has no memory yet, it is held until it has. What was claimed is given back, the half-open range
 * up to where the claim failed, if another thread has a page of it or the kernel has no memory.
 *
 * <p><b>Thread safety:</b> for one thread; made for one call. <b>Progress:</b> lock-free: chunks
 * are claimed upwards, so of claims that meet, the one that has got furthest is stopped by none of
 * them.
 */
final class RangeClaim {
    private final SharedRegion region;
    private final int place;

    RangeClaim(SharedRegion region, int place) {
        this.region = region;
        this.place = place;
    }

    /** Returns a chunk that has a page of the range taken, or -1 if all looks free. */
    static long firstBlockedOrMinus1(SharedRegion region, long start, long end) {
        for (long page = start; page < end; ) {
            long chunk = page >>> region.order;
            long partEnd = partEnd(region, page, end);
            long word = region.word(chunk);
            boolean free =
                    ChunkWord.isWhole(word)
                            || (partEnd - page < region.chunkPages
                                    && ChunkWord.free(word, region.chunkPages) >= partEnd - page
                                    && region.bits.areFree(page, partEnd));
            if (!free) {
                return chunk;
            }
            page = partEnd;
        }
        return -1;
    }

    /**
     * Takes the range.
     *
     * @return its first page; {@link SharedRegion#NONE} if a page is taken; {@link
     *     SharedRegion#REFUSED} if the kernel has no memory
     */
    long tryTake(long start, long end) {
        region.places.open(place);
        try {
            long claimed = claim(start, end);
            if (claimed < end) {
                undo(start, claimed);
                return NONE;
            }
            boolean committed = false;
            try {
                committed = commit(start, end);
            } finally {
                if (!committed) {
                    undo(start, end);
                }
            }
            if (!committed) {
                return REFUSED;
            }
            settle(start, end);
            return start;
        } finally {
            region.places.close(place);
        }
    }

    /** Returns the page up to which the range is claimed. */
    private long claim(long start, long end) {
        for (long page = start; page < end; ) {
            long partEnd = partEnd(region, page, end);
            if (!tryClaimPart(page, partEnd)) {
                return page;
            }
            page = partEnd;
        }
        return end;
    }

    private boolean tryClaimPart(long start, long end) {
        long chunk = start >>> region.order;
        long word = region.word(chunk);
        if (end - start == region.chunkPages || word == ChunkWord.EMPTY) {
            return (end - start == region.chunkPages || region.onDemand)
                    && region.tryHold(chunk, word);
        }
        if (!region.tryReserve(chunk, end - start)) {
            return false;
        }
        long left = region.bits.take(start, end);
        if (left > 0) {
            region.unreserve(chunk, left, region.epoch());
            region.places.add(place, Places.RETURNS, 1);
        }
        return left == 0;
    }

    private boolean commit(long start, long end) {
        return !region.onDemand
                || region.memory.tryCommit(
                        start >>> region.order, ((end - 1) >>> region.order) + 1);
    }

    /** Of chunks that were held only to get memory, the rest becomes free. */
    private void settle(long start, long end) {
        for (long page = start; page < end; ) {
            long partEnd = partEnd(region, page, end);
            long chunk = page >>> region.order;
            if (partEnd - page < region.chunkPages && ChunkWord.isHeld(region.word(chunk))) {
                region.settlePart(chunk, page, partEnd);
            }
            page = partEnd;
        }
    }

    private void undo(long start, long end) {
        if (start == end) {
            return;
        }
        for (long page = start; page < end; ) {
            long partEnd = partEnd(region, page, end);
            long chunk = page >>> region.order;
            long word = region.word(chunk);
            if (ChunkWord.isHeld(word)) {
                region.release(chunk, word);
            } else {
                region.unreserve(chunk, region.bits.giveBack(page, partEnd), region.epoch());
            }
            page = partEnd;
        }
        region.places.add(place, Places.RETURNS, 1);
    }

    private static long partEnd(SharedRegion region, long page, long end) {
        return Math.min(end, (page & -region.chunkPages) + region.chunkPages);
    }
}
