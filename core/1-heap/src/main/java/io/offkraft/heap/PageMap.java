// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static io.offkraft.word.RawMemory.casIntAcqRel;
import static io.offkraft.word.RawMemory.loadIntPlain;
import static io.offkraft.word.RawMemory.storeIntPlain;

import io.offkraft.word.PageOrder;

/**
 * What each page of the heap is part of: 4 bytes a page, outside the pages.
 *
 * <p>The entries of a slab's pages are written with the guard of its stripe; that of a large block
 * by who owns the block, or by who takes it from its owner with a compare-and-set: the one of two
 * threads that free it who comes first. Entries are read without a lock. For the block that a
 * caller owns the entry is always the same, for whoever passed the block on did so after it was
 * written; only misuse can see a difference.
 */
final class PageMap {
    /*
     *   31      25 24                 0
     *  [  class   |     number        ]
     *
     *   0                 no block begins or lies here, as far as the heap knows
     *   class, number     a page of that slab; numbers begin at 1
     *   LARGE, pages      the first page of a large block (its other pages stay 0)
     *   CACHED, pages     the first page of a large block that nobody owns
     */
    static final int BYTES_PER_PAGE = Integer.BYTES;

    /** The entry of a page that no block lies in. */
    static final int NONE = 0;

    /** The class of the first page of a large block. */
    static final int LARGE = 127;

    /** The class of the first page of a large block that is kept for the next request. */
    static final int CACHED = 126;

    /** The highest slab number. */
    static final int MAX_SLAB_NUMBER = (1 << 25) - 1;

    private static final int CLASS_SHIFT = 25;

    static {
        assert SizeClasses.COUNT < CACHED;
    }

    private final long address;
    private final long base;
    private final long bytes;

    /** Maps the pages of {@code [base, base + bytes)}, over zeroed memory at {@code address}. */
    PageMap(long address, long base, long bytes) {
        this.address = address;
        this.base = base;
        this.bytes = bytes;
    }

    static int slabEntry(int sizeClass, int number) {
        return (sizeClass << CLASS_SHIFT) | number;
    }

    /** Returns the entry of a large block; of one with too many pages to tell, the most. */
    static int largeEntry(int large, long pages) {
        return (large << CLASS_SHIFT) | (int) Math.min(pages, MAX_SLAB_NUMBER);
    }

    /** Returns the size class, {@link #LARGE} or {@link #CACHED}. */
    static int sizeClass(int entry) {
        return entry >>> CLASS_SHIFT;
    }

    /** Returns the number of the slab, or the pages of the large block. */
    static int number(int entry) {
        return entry & MAX_SLAB_NUMBER;
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
    int entry(long pointer) {
        long offset = pointer - base;
        return Long.compareUnsigned(offset, bytes) < 0
                ? loadIntPlain(address + (offset >>> PageOrder.PAGE_SHIFT) * BYTES_PER_PAGE)
                : NONE;
    }

    /** Sets the entries of {@code pages} pages from {@code pointer} on. */
    void setEntries(long pointer, long pages, int entry) {
        long first = address + ((pointer - base) >>> PageOrder.PAGE_SHIFT) * BYTES_PER_PAGE;
        for (long page = 0; page < pages; page++) {
            storeIntPlain(first + page * BYTES_PER_PAGE, entry);
        }
    }

    /** Changes the entry of one page, if it is what is expected; returns whether it was. */
    boolean tryChange(long pointer, int expected, int changed) {
        long at = address + ((pointer - base) >>> PageOrder.PAGE_SHIFT) * BYTES_PER_PAGE;
        // Releases what the owner did to the block, to who gets it next by another such change.
        return casIntAcqRel(at, expected, changed);
    }
}
