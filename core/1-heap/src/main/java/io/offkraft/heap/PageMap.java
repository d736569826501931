// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static io.offkraft.word.RawMemory.loadIntPlain;
import static io.offkraft.word.RawMemory.storeIntPlain;

import io.offkraft.word.PageOrder;

/**
 * What each page of the heap is part of: 4 bytes a page, outside the pages.
 *
 * <p>An entry is written under the lock of its class (a bin's, or that of the large blocks). It is
 * read without a lock to find that lock, and must then be read again under it. For the block that a
 * caller owns both reads give the same, for whoever passed the block on did so after the entry was
 * written; only misuse can see a difference.
 */
final class PageMap {
    /*
     *   31      25 24                 0
     *  [  class   |   slab number     ]
     *
     *   0                 no block begins or lies here, as far as the heap knows
     *   class, number     a page of that slab; numbers begin at 1
     *   LARGE             the first page of a large block (its other pages stay 0)
     */
    static final int BYTES_PER_PAGE = Integer.BYTES;

    /** The entry of a page that no block lies in. */
    static final int NONE = 0;

    /** The entry of the first page of a large block. */
    static final int LARGE = 127 << 25;

    /** The highest slab number. */
    static final int MAX_SLAB_NUMBER = (1 << 25) - 1;

    private static final int CLASS_SHIFT = 25;

    static {
        assert SizeClasses.COUNT < LARGE >>> CLASS_SHIFT;
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

    static int sizeClass(int entry) {
        return entry >>> CLASS_SHIFT;
    }

    static int slabNumber(int entry) {
        return entry & MAX_SLAB_NUMBER;
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
}
