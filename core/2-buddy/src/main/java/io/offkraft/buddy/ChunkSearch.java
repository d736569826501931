// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.buddy.SharedRegion.NONE;

import io.offkraft.word.Alignment;

/**
 * Where in a {@link SharedRegion} a request looks, and in which order.
 *
 * <p>For less than a chunk: where this place took last; then chunks that are in use, the lowest
 * first, which leaves the high ones to become whole; then whole ones that have memory; and last one
 * that must get it. Trees that another place takes from are left to it as long as there are others.
 *
 * <p><b>Thread safety:</b> any thread. <b>Progress:</b> as {@link SharedRegion}.
 */
final class ChunkSearch {
    /** So many chunks in use are tried for a run of pages before a whole one is broken. */
    private static final int LOOKS = 32;

    private static final int STRIDE = 16; // longs: two lines
    private static final int FOR_PAGES = 0;
    private static final int FOR_RUNS = 1;
    private static final int WHOLE = 2;

    private final SharedRegion region;
    private final Places places;

    /*
     * The chunks that each place took from last, plus one. Plain, and written by whoever is at the place: benign, because
     * a long is read as it was written, any chunk will do as the first one to be tried, and 0 says that there is none.
     */
    private final long[] last;

    ChunkSearch(SharedRegion region) {
        this.region = region;
        places = region.places;
        last = new long[(places.count() + 2) * STRIDE];
    }

    /**
     * Takes pages where they are likely found, and commits a chunk if there are none.
     *
     * @return the first one; {@link SharedRegion#NONE}; or {@link SharedRegion#REFUSED}
     */
    long take(int place, long pages, int align) {
        if (pages < region.chunkPages && align <= region.order) {
            int kind = pages == 1 && align == 0 ? FOR_PAGES : FOR_RUNS;
            long chunk = last(place, kind);
            long page = chunk < 0 ? NONE : takeFrom(place, chunk, pages, align);
            return page >= 0 ? page : takeSmall(place, kind, pages, align);
        }
        if (pages == region.chunkPages && align <= region.order) {
            return takeWhole(place);
        }
        return takeLong(place, pages, align);
    }

    /** Takes pages wherever they are, which costs a look at each chunk. */
    long takeAnywhere(int place, long pages, int align) {
        if (align > region.order || pages > region.chunkPages) {
            return takeLong(place, pages, align);
        }
        boolean whole = pages == region.chunkPages;
        for (long chunk = 0; chunk < region.chunks; chunk++) {
            long page = whole ? tryHoldCommitted(chunk) : takeFrom(place, chunk, pages, align);
            if (page >= 0) {
                remember(place, whole ? WHOLE : pages == 1 ? FOR_PAGES : FOR_RUNS, chunk);
                return page;
            }
        }
        region.setEmptyFrom(0);
        return takeEmpty(place, pages);
    }

    private long takeFrom(int place, long chunk, long pages, int align) {
        return region.bits.isForOneWord(pages, align)
                ? region.words.takeOfChunk(place, region, chunk, (int) pages, align)
                : region.takeRun(place, chunk, pages, align);
    }

    // ---- Less than a chunk. ----

    private long takeSmall(int place, int kind, long pages, int align) {
        for (int pass = 0; pass < 2; pass++) {
            boolean leaveOthers = pass == 0;
            long page = takePartial(place, kind, pages, align, leaveOthers);
            if (page < 0) {
                page = takeFromRetained(place, kind, pages, align, leaveOthers);
            }
            if (page >= 0) {
                return page;
            }
        }
        return takeEmpty(place, pages);
    }

    private long takePartial(int place, int kind, long pages, int align, boolean leaveOthers) {
        boolean runs = kind == FOR_RUNS;
        long chunk = region.partial.firstFromOrMinus1(0);
        for (int looks = 0; chunk >= 0 && (looks < LOOKS || !runs); ) {
            long next = chunk + 1;
            if (leaveOthers && region.isOfOther(chunk, place)) {
                next = ((chunk >>> SharedRegion.TREE_SHIFT) + 1) << SharedRegion.TREE_SHIFT;
            } else {
                long page = takeFrom(place, chunk, pages, align);
                if (page >= 0) {
                    remember(place, kind, chunk);
                    return page;
                }
                looks++;
                forgetPartial(chunk);
            }
            chunk = region.partial.firstFromOrMinus1(next);
        }
        return NONE;
    }

    private long takeFromRetained(int place, int kind, long pages, int align, boolean leaveOthers) {
        long chunk = region.retained.firstFromOrMinus1(0);
        while (chunk >= 0) {
            long next = chunk + 1;
            if (leaveOthers && region.isOfOther(chunk, place)) {
                next = ((chunk >>> SharedRegion.TREE_SHIFT) + 1) << SharedRegion.TREE_SHIFT;
            } else {
                long page = takeFrom(place, chunk, pages, align);
                if (page >= 0) {
                    remember(place, kind, chunk);
                    return page;
                }
                forgetRetained(chunk);
            }
            chunk = region.retained.firstFromOrMinus1(next);
        }
        return NONE;
    }

    private void forgetPartial(long chunk) {
        if (!isPartial(region.word(chunk))) {
            region.partial.remove(chunk);
            if (isPartial(region.word(chunk))) {
                region.partial.add(chunk); // it became so before it was removed
            }
        }
    }

    private boolean isPartial(long word) {
        return !ChunkWord.isRetained(word) && ChunkWord.free(word, region.chunkPages) > 0;
    }

    void forgetRetained(long chunk) {
        if (!ChunkWord.isRetained(region.word(chunk))) {
            region.retained.remove(chunk);
            if (ChunkWord.isRetained(region.word(chunk))) {
                region.retained.add(chunk); // it became so before it was removed
            }
        }
    }

    // ---- A whole chunk. ----

    private long takeWhole(int place) {
        long chunk = last(place, WHOLE);
        if (chunk >= 0) {
            long page = tryHoldCommitted(chunk);
            if (page >= 0) {
                return page;
            }
        }
        for (int pass = 0; pass < 2; pass++) {
            long page = takeRetained(place, pass == 0);
            if (page >= 0) {
                return page;
            }
        }
        return takeEmpty(place, region.chunkPages);
    }

    private long takeRetained(int place, boolean leaveOthers) {
        long chunk = region.retained.firstFromOrMinus1(0);
        while (chunk >= 0) {
            long next = chunk + 1;
            if (leaveOthers && region.isOfOther(chunk, place)) {
                next = ((chunk >>> SharedRegion.TREE_SHIFT) + 1) << SharedRegion.TREE_SHIFT;
            } else {
                long page = tryHoldCommitted(chunk);
                if (page >= 0) {
                    remember(place, WHOLE, chunk);
                    return page;
                }
                forgetRetained(chunk);
            }
            chunk = region.retained.firstFromOrMinus1(next);
        }
        return NONE;
    }

    private long tryHoldCommitted(long chunk) {
        return region.tryTakeWhole(chunk) ? chunk << region.order : NONE;
    }

    /** Takes the first pages of a chunk that gets memory now. */
    private long takeEmpty(int place, long pages) {
        if (!region.onDemand) {
            return NONE;
        }
        for (long chunk = region.emptyFrom(); chunk < region.chunks; chunk++) {
            long word = region.word(chunk);
            if (word == ChunkWord.EMPTY) {
                long page = takeEmpty(place, chunk, pages);
                if (page != NONE) {
                    return page;
                }
            }
        }
        region.setEmptyFrom(region.chunks);
        return NONE;
    }

    private long takeEmpty(int place, long chunk, long pages) {
        long start = chunk << region.order;
        long page = new RangeClaim(region, place).tryTake(start, start + pages);
        if (page >= 0) {
            region.countTaken(place, page, pages);
            region.setEmptyFrom(chunk + 1);
            int kind = pages == region.chunkPages ? WHOLE : pages == 1 ? FOR_PAGES : FOR_RUNS;
            remember(place, kind, chunk);
        }
        return page;
    }

    // ---- More than a chunk. ----

    private long takeLong(int place, long pages, int align) {
        if (pages > region.chunks << region.order) {
            return NONE;
        }
        long stride = 1L << (Math.max(align, region.order) - region.order);
        long firstChunk = region.basePage >>> region.order;
        long needed = (pages + region.chunkPages - 1) >>> region.order;
        long chunk = Alignment.alignUp(firstChunk, stride) - firstChunk;
        while (chunk + needed <= region.chunks) {
            long start = chunk << region.order;
            long blocked = RangeClaim.firstBlockedOrMinus1(region, start, start + pages);
            if (blocked < 0) {
                long page = new RangeClaim(region, place).tryTake(start, start + pages);
                if (page >= 0) {
                    region.countTaken(place, page, pages);
                }
                if (page != NONE) {
                    return page;
                }
                blocked = chunk; // somebody was faster: all of it may be found at the next look
            }
            chunk = Alignment.alignUp(firstChunk + blocked + 1, stride) - firstChunk;
        }
        return NONE;
    }

    // ---- What a place remembers. ----

    private long last(int place, int kind) {
        return last[(place + 1) * STRIDE + kind] - 1;
    }

    private void remember(int place, int kind, long chunk) {
        region.reserveTree(place, last(place, kind), chunk);
        last[(place + 1) * STRIDE + kind] = chunk + 1;
    }

    /** A chunk was given back as a whole at the place. */
    void gaveWhole(int place, long chunk) {
        if (last(place, WHOLE) == chunk && region.chunkPages < BlockTable.SHORT_PAGES) {
            places.setChunkAtHand(place, new ChunkAtHand(region, chunk));
        }
        last[(place + 1) * STRIDE + WHOLE] = chunk + 1;
    }
}
