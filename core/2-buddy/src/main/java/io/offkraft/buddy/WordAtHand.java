// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.word.PageOrder;

/**
 * A {@link PageWord} that a place has reserved and takes from: where all that belongs to it lies,
 * so that who comes again need not work it out.
 *
 * <p>It says nothing of what the word is: the reservation may have ended. It is true as long as the
 * region is there. Immutable, so any thread may come by it as it likes.
 */
final class WordAtHand {
    private final PageBits bits;

    /** The address of the word's first page. */
    private final long first;

    private final int pages;

    /** The bits of all pages. */
    private final long all;

    /** Where the word itself is. */
    private final long at;

    private final long tableEntry;
    private final long stamps;

    /**
     * Finds all.
     *
     * @param page of the word; an index of the region's
     */
    WordAtHand(SharedRegion region, long page) {
        bits = region.bits;
        long start = bits.wordStart(page);
        first = (region.basePage + start) << PageOrder.PAGE_SHIFT;
        pages = (int) (bits.next(page) - start);
        all = PageBits.maskOf(pages);
        at = bits.wordAddress(page);
        tableEntry = region.blocks.entry(start);
        stamps = region.stampsOr0(start);
    }

    /**
     * Hands out a block of {@code some} pages at a multiple of 2^{@code align}, if the word is
     * reserved and has them.
     *
     * @return the address, or 0
     */
    long takeOr0(int some, int align) {
        if (some > pages || 1L << align > pages) {
            return 0;
        }
        for (; ; ) { // each turn but the last: another thread changed the word
            long word = PageBits.wordAt(at);
            if (!PageWord.isReserved(word)) {
                return 0;
            }
            int position = PageWord.position(~word & all, some, align);
            if (position >= Long.SIZE) {
                return 0;
            }
            if (bits.tryHandOutAt(at, word, word, PageBits.maskOf(some) << position)) {
                BlockTable.beginShortAt(entry(position), some);
                return first + ((long) position << PageOrder.PAGE_SHIFT);
            }
        }
    }

    /** There is no such block in the word, or the word is not reserved; nothing was done. */
    static final int NOT_HERE = 0;

    /** The block is free. */
    static final int GIVEN = 1;

    /** The block is ended, but its bits are still set: the word was changed meanwhile. */
    static final int ENDED = 2;

    /** Takes a block back that was handed out of the word, if it is reserved. */
    int give(long address, int some, int epoch) {
        long position =
                Long.rotateRight(address - first, PageOrder.PAGE_SHIFT); // huge inside of one
        if (some > pages || Long.compareUnsigned(position, pages - some) > 0) {
            return NOT_HERE;
        }
        long word = PageBits.wordAt(at);
        long mask = PageBits.maskOf(some) << position;
        if (!PageWord.isReserved(word)
                || (word & mask) != mask
                || !BlockTable.tryEndShortAt(entry(position), some)) {
            return NOT_HERE;
        }
        if (stamps != 0) { // before anybody can take the pages
            PageAges.stamp(stamps + position, some, epoch);
        }
        return PageBits.tryReplaceAt(at, word, word & ~mask) ? GIVEN : ENDED;
    }

    private long entry(long position) {
        return tableEntry + position * BlockTable.BYTES_PER_PAGE;
    }
}
