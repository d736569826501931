// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static io.offkraft.word.RawMemory.casLongAcqRel;
import static io.offkraft.word.RawMemory.loadLongPlain;
import static io.offkraft.word.RawMemory.storeLongPlain;

import io.offkraft.word.PageOrder;

/**
 * What each page of the heap is part of: 8 bytes a page, outside the pages.
 *
 * <p>The entries of a slab's pages are written with the guard of its stripe; that of a large block
 * by who owns the block, or by who takes it from its owner with a compare-and-set: the one of two
 * threads that free it who comes first. Entries are read without a lock. For the block that a
 * caller owns the entry is always the same, for whoever passed the block on did so after it was
 * written; only misuse can see a difference.
 */
final class PageMap {
    /*
     *   63    56 55        40 39    38     32 31                 0
     *  [   0    | stripe + 1 | large|  class  |      number        ]
     *
     *   0                       no block begins or lies here, as far as the heap knows
     *   stripe, class, number   a page of that slab; numbers begin at 1
     *   LARGE, pages            the first page of a large block (its other pages stay 0); the stripe is the first one of the
     *                           heap that has it, and large is set, so that it is nobody's page at a first look
     *   LENT, pages             the same of a large block that is lent to the tenant of the stripe, free or not
     *   CACHED, pages           the first page of a large block that nobody owns, with the same
     */
    static final int BYTES_PER_PAGE = Long.BYTES;

    /** The entry of a page that no block lies in. */
    static final long NONE = 0;

    /** The class of the first page of a large block. */
    static final int LARGE = 127;

    /** The class of the first page of a large block that is kept for the next request. */
    static final int CACHED = 126;

    /** The class of the first page of a large block that is lent: see {@link LargeLoans}. */
    static final int LENT = 125;

    /** The highest number of a stripe. */
    static final int MAX_STRIPE = (1 << 24) - 2;

    /** The highest slab number. */
    static final int MAX_SLAB_NUMBER = (1 << 25) - 1;

    private static final int CLASS_SHIFT = 32;
    private static final int CLASS_MASK = 127;
    private static final int LARGE_SHIFT = 39;
    private static final long LARGE_BIT = 1L << LARGE_SHIFT;
    private static final int STRIPE_SHIFT = 40;

    static {
        assert SizeClasses.COUNT < LENT;
    }

    /** Where the entry of address 0 would be. */
    private final long origin;

    private final long base;
    private final long bytes;

    /** Maps the pages of {@code [base, base + bytes)}, over zeroed memory at {@code address}. */
    PageMap(long address, long base, long bytes) {
        origin = address - (base >>> PageOrder.PAGE_SHIFT) * BYTES_PER_PAGE;
        this.base = base;
        this.bytes = bytes;
    }

    static long slabEntry(int stripe, int sizeClass, int number) {
        return (stripe + 1L) << STRIPE_SHIFT | (long) sizeClass << CLASS_SHIFT | number;
    }

    /**
     * Returns the entry of a large block.
     *
     * @param owner the first stripe of its heap, or the one that lends it
     * @param large {@link #LARGE}, {@link #CACHED} or {@link #LENT}
     */
    static long largeEntry(int owner, int large, long pages) {
        return (owner + 1L) << STRIPE_SHIFT | LARGE_BIT | (long) large << CLASS_SHIFT | pages;
    }

    /** Returns what the entries of a stripe's pages of a size class have in common. */
    static long keyOf(long entry) {
        return entry >>> CLASS_SHIFT;
    }

    /** Returns the size class, {@link #LARGE}, {@link #CACHED} or {@link #LENT}. */
    static int sizeClass(long entry) {
        return (int) (entry >>> CLASS_SHIFT) & CLASS_MASK;
    }

    /** Returns the number of the slab, or the pages of the large block. */
    static int number(long entry) {
        return (int) entry;
    }

    /** Returns the stripe of the slab, or the first of a large block's heap; -1 if it is none. */
    static int stripe(long entry) {
        return (int) (entry >>> STRIPE_SHIFT) - 1;
    }

    /** Returns what {@link #isOwn} is to be asked about for a stripe. */
    static long tagOf(int stripe) {
        return slabEntry(stripe, 0, 0) >>> LARGE_SHIFT;
    }

    /** Returns whether the page is of a slab of the stripe's. */
    static boolean isOwn(long entry, long tag) {
        return entry >>> LARGE_SHIFT == tag;
    }

    long baseAddress() {
        return base;
    }

    long endAddress() {
        return base + bytes;
    }

    /** Returns whether the address is one of the heap's. */
    boolean covers(long pointer) {
        return Long.compareUnsigned(pointer - base, bytes) < 0;
    }

    /**
     * Returns the entry of the page that {@code pointer} points into; {@link #NONE} if it is not
     * the heap's.
     */
    long entry(long pointer) {
        return covers(pointer) ? loadLongPlain(at(pointer)) : NONE;
    }

    private long at(long pointer) {
        return origin + (pointer >>> PageOrder.PAGE_SHIFT) * BYTES_PER_PAGE;
    }

    /** Sets the entries of {@code pages} pages from {@code pointer} on. */
    void setEntries(long pointer, long pages, long entry) {
        long first = at(pointer);
        for (long page = 0; page < pages; page++) {
            storeLongPlain(first + page * BYTES_PER_PAGE, entry);
        }
    }

    /** Sets the entry of one page. */
    void setEntry(long pointer, long entry) {
        storeLongPlain(at(pointer), entry);
    }

    /** Changes the entry of one page, if it is what is expected; returns whether it was. */
    boolean tryChange(long pointer, long expected, long changed) {
        // Releases what the owner did to the block, to who gets it next by another such change.
        return casLongAcqRel(at(pointer), expected, changed);
    }
}
