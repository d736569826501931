// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.PageOrder;
import java.util.Arrays;

/**
 * Some large blocks of a stripe that were freed and wait for the next request of their size, so
 * that who takes and frees buffers again and again need not ask the buddy each time.
 *
 * <p>Guarded by the stripe.
 */
final class LargeCache extends OwnCacheLine {
    /** The most pages of all of them: 2 MiB. */
    static final int PAGES = 512;

    /** The most blocks. */
    static final int BLOCKS = 24;

    /*
     * A block is a word: its address, whose low bits are clear, and its pages in those bits. A block of so many pages
     * lies at the place that belongs to the low bits of their number, where one look finds it: there is the one that was
     * freed last. Others of such a number lie in the places behind these, in no order.
     */
    static final int PLACES = 16;

    private static final int PAGES_MASK = (int) PageOrder.PAGE_BYTES - 1;

    static {
        assert PAGES <= PAGES_MASK;
    }

    private final long[] words = new long[BLOCKS];

    /** By place of a word: {@link #misses} when it was put. */
    private final long[] putAt = new long[BLOCKS];

    private long misses;
    private int pagesOfAll;

    /* For blocks that are lent: a bit for each place that must stay empty, and the pages that must be left. */
    private int reserved;
    private int reservedPages;

    /** Returns the place where blocks of so many pages go first. */
    static int placeOf(long pages) {
        return (int) pages & (PLACES - 1);
    }

    /** Takes a block of {@code wanted} pages, and returns its address; or 0. */
    long takeOr0(long wanted) {
        int place = placeOf(wanted);
        long word = words[place];
        if ((word & PAGES_MASK) != wanted || word == 0) {
            place = find(wanted);
            if (place < 0) {
                return 0;
            }
            word = words[place];
        }
        words[place] = 0;
        pagesOfAll -= (int) wanted;
        return word - wanted;
    }

    private int find(long wanted) {
        for (int place = PLACES; place < BLOCKS; place++) {
            if (words[place] != 0 && (words[place] & PAGES_MASK) == wanted) {
                return place;
            }
        }
        return -1;
    }

    /** Puts a block of {@code pages} pages in; returns whether there was room. */
    boolean tryPut(long address, long pages) {
        if (pages > PAGES - pagesOfAll - reservedPages) {
            return false;
        }
        int place = placeOf(pages);
        if ((reserved & (1 << place)) != 0) {
            place = emptyBehindOrMinus1();
            if (place < 0) {
                return false;
            }
        } else if (words[place] != 0 && !tryMoveBehind(place)) {
            return false;
        }
        words[place] = address + pages;
        putAt[place] = misses;
        pagesOfAll += (int) pages;
        return true;
    }

    private boolean tryMoveBehind(int place) {
        int behind = emptyBehindOrMinus1();
        if (behind < 0) {
            return false;
        }
        words[behind] = words[place];
        putAt[behind] = putAt[place];
        words[place] = 0;
        return true;
    }

    private int emptyBehindOrMinus1() {
        for (int behind = PLACES; behind < BLOCKS; behind++) {
            if (words[behind] == 0) {
                return behind;
            }
        }
        return -1;
    }

    /**
     * Keeps room for a block of {@code pages} pages until {@link #endReservation}; returns whether
     * there was some. One of such a number at a time.
     */
    boolean tryReserve(long pages) {
        int place = placeOf(pages);
        if (pages > PAGES - pagesOfAll - reservedPages
                || (words[place] != 0 && !tryMoveBehind(place))) {
            return false;
        }
        reserved |= 1 << place;
        reservedPages += (int) pages;
        return true;
    }

    /** From now on there is room for the block, until another one is put in. */
    void endReservation(long pages) {
        reserved &= ~(1 << placeOf(pages));
        reservedPages -= (int) pages;
    }

    /** Takes any block of at most so many pages: its address and pages; or 0. */
    long takeAnyOr0(long mostPages) {
        for (int place = BLOCKS - 1; place >= 0; place--) {
            long word = words[place];
            if (word != 0 && pages(word) <= mostPages) {
                words[place] = 0;
                pagesOfAll -= pages(word);
                return word;
            }
        }
        return 0;
    }

    int pagesOfAll() {
        return pagesOfAll;
    }

    /** Notes that new pages are taken, as what was wanted is not here or nowhere. */
    void miss() {
        misses++;
    }

    /**
     * Takes the block that was put first, if there were so many misses since.
     *
     * @return its address and its pages: see {@link #address} and {@link #pages}; or 0
     */
    long takeOldestOr0(long missesSince) {
        int oldest = -1;
        for (int place = 0; place < BLOCKS; place++) {
            if (words[place] != 0 && (oldest < 0 || putAt[place] < putAt[oldest])) {
                oldest = place;
            }
        }
        if (oldest < 0 || misses - putAt[oldest] < missesSince) {
            return 0;
        }
        long word = words[oldest];
        words[oldest] = 0;
        pagesOfAll -= pages(word);
        return word;
    }

    /** Returns the address of a block that was taken out. */
    static long address(long word) {
        return word & ~(long) PAGES_MASK;
    }

    /** Returns the pages of a block that was taken out. */
    static int pages(long word) {
        return (int) word & PAGES_MASK;
    }

    void forget() {
        Arrays.fill(words, 0);
        pagesOfAll = 0;
    }
}
