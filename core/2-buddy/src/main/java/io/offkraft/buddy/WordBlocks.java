// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.buddy.SharedRegion.NONE;

import io.offkraft.word.PageOrder;

/**
 * Blocks of up to 32 pages that lie in one {@link PageWord}: they are handed out from words that a
 * place has reserved, and go back to them, with one compare-and-set each.
 *
 * <p><b>Thread safety:</b> any thread. <b>Progress:</b> lock-free: each retry is due to a change
 * that another thread has completed.
 */
final class WordBlocks {
    /*
     * Idea
     *   LLFree reserves a tree of chunks for a CPU, and still counts in two words and sets a bit in a third. Here a
     *   place reserves 32 pages: what is free of them is counted as used in the chunk once, when the word is reserved,
     *   and what is free again of them when the reservation ends. In between a bit of the word is all there is.
     *
     *   A place has some words: the one that it takes from, those that it took from before, into which its blocks will
     *   be freed, and those into which it frees much. It reserves a word as LLFree does a tree: when it wants a block, of
     *   which the word has several, or when it frees into the same word again.
     *
     * Invariants
     *   Of a chunk that is not held: used = pages taken + pages free in reserved words + pages that threads are about to
     *   take. So whoever raised the counter finds as many pages free in words that are not reserved; a word can be
     *   reserved only together with all that is free of it; and a chunk of which nothing is used has no reserved word.
     *   The bit RESERVED and the bits of pages are in one word: who frees a page learns in the same step whether the
     *   chunk's counter must be lowered.
     *
     * Misuse
     *   The block table tells whether such a block begins there, and is cleared, with plain accesses; then the bits are
     *   cleared by compare-and-set, and of two frees one finds them set.
     */
    /** A word is not reserved for fewer blocks: to begin and end that is nine steps. */
    private static final int BLOCKS_TO_RESERVE = 4;

    private final LockFreePages owner;
    private final Places places;
    private final boolean reserves;

    WordBlocks(LockFreePages owner, boolean reserves) {
        this.owner = owner;
        this.reserves = reserves;
        places = owner.places();
    }

    // ---- Handing out. ----

    /**
     * Hands out pages of the word that the place takes from; they are recorded as a block.
     *
     * @param pages at most {@link PageWord#PAGES}, as 2^{@code align}
     * @return the address, or 0
     */
    long pallocOr0(int place, int pages, int align) {
        WordAtHand word = places.atHand(place, hintFor(pages));
        return word == null ? 0 : word.takeOr0(pages, align);
    }

    private static int hintFor(long pages) {
        return pages == 1 ? Places.FOR_PAGES : Places.FOR_RUNS;
    }

    private static long handOutOrMinus1(SharedRegion region, long some, int pages, int align) {
        return region.bits.isForOneWord(pages, align)
                ? region.bits.handOutReservedOrMinus1(some - region.basePage, pages, align)
                : NONE;
    }

    /**
     * The same of any other word of the place, if blocks were freed into them since there was
     * nothing.
     */
    long takeFreedOr0(int place, int pages, int align) {
        if (places.hint(place, Places.FREED_AT_HAND) == 0) {
            return 0;
        }
        long page = takeReservedOr0(place, pages, align);
        if (page == 0) {
            places.setHint(place, Places.FREED_AT_HAND, 0);
        }
        return page;
    }

    /**
     * Hands out pages of any word that the place has reserved, and goes on with that one.
     *
     * @return the absolute number of the first one, or 0
     */
    long takeReservedOr0(int place, int pages, int align) {
        for (int slot = 0; slot < Places.SLOTS; slot++) {
            long some = places.inSlot(place, slot);
            if (some != 0) {
                SharedRegion region = owner.regionOfPage(some);
                long index = handOutOrMinus1(region, some, pages, align);
                if (index >= 0) {
                    places.setAtHand(place, hintFor(pages), slot, new WordAtHand(region, index));
                    return index + region.basePage;
                }
            }
        }
        return 0;
    }

    /**
     * Hands out pages, fewer than the chunk's, of a chunk with memory, and reserves their word if
     * it has several such blocks; or returns {@link SharedRegion#NONE}.
     */
    long takeOfChunk(int place, SharedRegion region, long chunk, int pages, int align) {
        if (ChunkWord.free(region.word(chunk), region.chunkPages) < pages) {
            return NONE;
        }
        if (!reserves) {
            return takeUnreserved(place, region, chunk, pages, align);
        }
        for (; ; ) { // each turn but the last: another thread changed what we saw
            long start = region.bits.findOrMinus1(chunk, pages, align);
            if (start < 0) {
                return NONE;
            }
            long word = region.bits.word(start);
            long free = PageWord.isReserved(word) ? 0 : region.bits.freeOf(word);
            long mask = region.bits.maskOfPages(start, pages);
            if ((free & mask) == mask) {
                boolean all = Long.bitCount(free) >= BLOCKS_TO_RESERVE * pages;
                long counted = all ? Long.bitCount(free) : pages;
                places.open(place);
                try {
                    if (!region.tryReserve(chunk, counted)) {
                        return takeUnreserved(place, region, chunk, pages, align);
                    }
                    if (!all && region.bits.tryHandOut(start, pages)) {
                        return start;
                    }
                    if (all && region.bits.tryReserveAndHandOut(start, word, pages)) {
                        int slot = keep(place, region, start);
                        places.setAtHand(
                                place, hintFor(pages), slot, new WordAtHand(region, start));
                        return start;
                    }
                    unreserve(place, region, chunk, counted);
                } finally {
                    places.close(place);
                }
            }
        }
    }

    private long takeUnreserved(int place, SharedRegion region, long chunk, int pages, int align) {
        return pages == 1 && align == 0
                ? region.tryReserve(chunk, 1) ? anyPage(region, chunk) : NONE
                : region.takeRun(place, chunk, pages, align);
    }

    /** After a page was counted, one is free: whoever takes what we saw had counted as well. */
    private static long anyPage(SharedRegion region, long chunk) {
        for (; ; ) {
            long page = region.bits.handOutLowestOrMinus1(chunk);
            if (page >= 0) {
                return page;
            }
        }
    }

    /** Takes exactly the range if it lies in a reserved word; else {@link SharedRegion#NONE}. */
    long tryTake(SharedRegion region, long start, long end) {
        return region.bits.isInOneWord(start, end - start)
                        && region.bits.tryTakeReserved(start, end - start)
                ? start
                : NONE;
    }

    private void unreserve(int place, SharedRegion region, long chunk, long pages) {
        region.unreserve(chunk, pages, region.epoch());
        places.add(place, Places.RETURNS, 1);
    }

    // ---- Taking back. ----

    /**
     * Takes back the block of {@code pages} pages at {@code address}, if there is such a one in the
     * word that the place takes from.
     *
     * @return whether there was
     */
    boolean tryGiveAtHand(int place, long address, long pages, int epoch) {
        if (pages <= 0 || pages > PageWord.PAGES) {
            return false;
        }
        WordAtHand word = places.atHand(place, hintFor(pages));
        if (word == null) {
            return false;
        }
        int how = word.give(address, (int) pages, epoch);
        if (how == WordAtHand.ENDED) {
            SharedRegion region = owner.regionOfPage(address >>> PageOrder.PAGE_SHIFT);
            long index = (address >>> PageOrder.PAGE_SHIFT) - region.basePage;
            clear(place, region, index, pages, epoch);
        } else if (how == WordAtHand.GIVEN) {
            places.raiseHint(place, Places.FREED_AT_HAND, true); // the clock runs already
        }
        return how != WordAtHand.NOT_HERE;
    }

    /**
     * Takes back the block of {@code pages} pages at {@code index}, if there is such a one and it
     * lies in one word.
     *
     * @return whether there was
     */
    boolean tryGive(int place, SharedRegion region, long index, long pages, int epoch) {
        PageBits bits = region.bits;
        if (!bits.isInOneWord(index, pages)) {
            return false;
        }
        long mask = bits.maskOfPages(index, pages);
        long at = bits.wordAddress(index);
        long word = PageBits.wordAt(at);
        if ((word & mask) != mask || !region.blocks.tryEndShort(index, pages)) {
            return false;
        }
        region.stamp(index, index + pages, epoch); // before anybody can take the pages
        clear(place, region, index, pages, epoch);
        return true;
    }

    /** Clears the bits of a block that was ended. */
    private void clear(int place, SharedRegion region, long index, long pages, int epoch) {
        long mask = region.bits.maskOfPages(index, pages);
        long at = region.bits.wordAddress(index);
        for (; ; ) { // each turn but the last: another thread changed the word
            long word = PageBits.wordAt(at);
            if ((word & mask) != mask) {
                throw Misuse.doubleFree((index + region.basePage) << PageOrder.PAGE_SHIFT);
            }
            boolean atHand = PageWord.isReserved(word);
            if (!atHand
                    && isFreedAgain(place, region, index)
                    && tryReserve(place, region, index, word, word & ~mask)) {
                owner.pagesBecameFree();
                return;
            }
            // One place for both kinds of words, for the compiler leaves out what it saw seldom.
            if (PageBits.tryReplaceAt(at, word, word & ~mask)) {
                places.raiseHint(place, Places.FREED_AT_HAND, atHand);
                if (!atHand) { // else the clock runs already
                    countFreed(place, region, index, pages, epoch);
                }
                return;
            }
        }
    }

    /** After bits of a word that is not reserved were cleared. */
    private void countFreed(int place, SharedRegion region, long index, long pages, int epoch) {
        long chunk = index >>> region.order;
        region.unreserve(chunk, pages, epoch);
        region.noteDirty(chunk);
        places.add(place, Places.RETURNS, 1);
        owner.pagesBecameFree();
    }

    /** Whether the place has freed into the same word before. */
    private boolean isFreedAgain(int place, SharedRegion region, long index) {
        if (!reserves) {
            return false;
        }
        long first = region.bits.wordStart(index) + region.basePage;
        if (places.hint(place, Places.FREED_WORD) == first) {
            return true;
        }
        places.setHint(place, Places.FREED_WORD, first);
        return false;
    }

    /** Reserves the word, which is {@code word}, as {@code next}, with pages more that are free. */
    private boolean tryReserve(int place, SharedRegion region, long index, long word, long next) {
        long chunk = index >>> region.order;
        long free = Long.bitCount(region.bits.freeOf(word));
        places.open(place);
        try {
            if (free > 0 && !region.tryReserve(chunk, free)) {
                return false;
            }
            if (region.bits.tryReplace(index, word, PageWord.reserved(next))) {
                int _ = keep(place, region, index);
                places.setHint(place, Places.FREED_AT_HAND, 1);
                return true;
            }
            if (free > 0) {
                unreserve(place, region, chunk, free);
            }
            return false;
        } finally {
            places.close(place);
        }
    }

    // ---- Reservations. ----

    /** Puts the word of a page, which the caller has reserved, into a slot, which is returned. */
    private int keep(int place, SharedRegion region, long page) {
        int slot = nextSlot(place);
        places.setHint(place, Places.LAST_SLOT, slot);
        long before = places.swap(place, slot, page + region.basePage);
        // What was free of it is at hand now: who looked among the free pages looks again.
        places.add(place, Places.RETURNS, 1);
        if (before != 0) {
            release(place, before);
        }
        return slot;
    }

    /** The slot that was filled the longest ago, of those that no blocks come from. */
    private int nextSlot(int place) {
        int slot = (int) places.hint(place, Places.LAST_SLOT);
        do {
            slot = (slot + 1) & (Places.SLOTS - 1);
        } while (slot == places.hint(place, Places.FOR_PAGES)
                || slot == places.hint(place, Places.FOR_RUNS));
        return slot;
    }

    /** Ends the reservation of a word that the caller took out of its slot. */
    private void release(int place, long some) {
        SharedRegion region = owner.regionOfPage(some);
        long index = some - region.basePage;
        long word = region.bits.word(index);
        while (!region.bits.tryReplace(index, word, PageWord.unreserved(word))) {
            word = region.bits.word(index);
        }
        long free = Long.bitCount(region.bits.freeOf(word));
        if (free > 0) {
            long chunk = index >>> region.order;
            region.unreserve(chunk, free, region.epoch());
            region.noteDirty(chunk);
        }
        places.add(place, Places.RETURNS, 1);
    }

    /** Ends all reservations. */
    void releaseAll() {
        for (int place = 0; place < places.count(); place++) {
            for (int slot = 0; slot < Places.SLOTS; slot++) {
                // Opens only with something to take: requests that find nothing must not wait for
                // each other.
                if (places.inSlot(place, slot) != 0) {
                    places.open(place);
                    try {
                        long some = places.swap(place, slot, 0);
                        if (some != 0) {
                            release(place, some);
                        }
                    } finally {
                        places.close(place);
                    }
                }
            }
        }
    }

    /** Returns the pages that are free in reserved words. */
    long pagesAtHand() {
        return sumOfReserved((bits, word) -> Long.bitCount(bits.freeOf(word)));
    }

    /**
     * Returns a figure that is the same as before only if no page was taken from a reserved word or
     * freed into one, and no word was reserved or released meanwhile that {@link Places#RETURNS}
     * does not know of.
     */
    long state() {
        // While the same words are reserved, the counts of takes in them only grow, and without a
        // take the bits only become fewer: so the sum of the words changes.
        return sumOfReserved((_, word) -> word);
    }

    /** What a word adds to a sum. */
    @FunctionalInterface
    private interface Figure {
        long of(PageBits bits, long word);
    }

    private long sumOfReserved(Figure figure) {
        long sum = 0;
        for (int place = 0; place < places.count(); place++) {
            for (int slot = 0; slot < Places.SLOTS; slot++) {
                long some = places.inSlot(place, slot);
                if (some != 0) {
                    SharedRegion region = owner.regionOfPage(some);
                    long word = region.bits.word(some - region.basePage);
                    // Else its reservation has just ended: then that is counted in RETURNS.
                    sum += PageWord.isReserved(word) ? figure.of(region.bits, word) : 0;
                }
            }
        }
        return sum;
    }
}
