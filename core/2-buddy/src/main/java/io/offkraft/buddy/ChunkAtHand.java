// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.word.PageOrder;

/**
 * A chunk that a place has taken and given back as a whole: where all that belongs to it lies, so
 * that who comes again need not work it out.
 *
 * <p>It says nothing of what the chunk is: another thread may have it. It is true as long as the
 * region is there. Immutable, so any thread may come by it as it likes.
 */
final class ChunkAtHand {
    private final SharedRegion region;
    private final long chunk;
    private final long address;
    private final long pages;
    private final long tableEntry;

    ChunkAtHand(SharedRegion region, long chunk) {
        assert region.chunkPages < BlockTable.SHORT_PAGES : region.chunkPages;
        this.region = region;
        this.chunk = chunk;
        long start = chunk << region.order;
        address = (region.basePage + start) << PageOrder.PAGE_SHIFT;
        pages = region.chunkPages;
        tableEntry = region.blocks.entry(start);
    }

    /**
     * Hands the chunk out as a block of {@code wanted} pages at a multiple of 2^{@code align}, if
     * it is as long, and free, and carries memory.
     *
     * @return the address, or 0
     */
    long takeOr0(long wanted, int align) {
        if (wanted != pages || align > region.order || !region.tryTakeWhole(chunk)) {
            return 0;
        }
        BlockTable.beginShortAt(tableEntry, pages);
        return address;
    }

    /**
     * Takes the block back, if it is this chunk.
     *
     * @return whether it did; if not, nothing changed
     */
    boolean tryGive(long block, long itsPages, int epoch) {
        return block == address
                && itsPages == pages
                && region.tryGiveChunk(chunk, tableEntry, epoch);
    }
}
