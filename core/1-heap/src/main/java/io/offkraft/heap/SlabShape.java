// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.PageOrder;
import java.util.BitSet;

/**
 * How the slabs of a size class are cut into slots: how large they are, how many there are, and
 * which one an address lies in.
 */
final class SlabShape {
    /**
     * For the division by the slot size: exact while offset × size < 2^40; offsets are below 2^20,
     * sizes below 2^16.
     */
    private static final int RECIPROCAL_SHIFT = 40;

    private static final SlabShape[] OF_CLASSES = new SlabShape[SizeClasses.COUNT];

    static {
        for (int sizeClass = 0; sizeClass < OF_CLASSES.length; sizeClass++) {
            OF_CLASSES[sizeClass] = new SlabShape(sizeClass);
        }
    }

    final int slotBytes;
    final int slots;
    final int pages;
    private final long reciprocal;

    private SlabShape(int sizeClass) {
        slotBytes = SizeClasses.bytes(sizeClass);
        slots = SizeClasses.slots(sizeClass);
        pages = SizeClasses.slabPages(sizeClass);
        reciprocal = ((1L << RECIPROCAL_SHIFT) + slotBytes - 1) / slotBytes;
    }

    /** Returns that of a size class. */
    static SlabShape of(int sizeClass) {
        return OF_CLASSES[sizeClass];
    }

    /** Returns the bytes of the pages of a slab. */
    long bytes() {
        return (long) pages << PageOrder.PAGE_SHIFT;
    }

    /** Returns the slot that has the byte at {@code offset} of the slab. */
    int slotAt(long offset) {
        return (int) ((offset * reciprocal) >>> RECIPROCAL_SHIFT);
    }

    /**
     * Returns the slot of a slab that begins at {@code address}; -1 if none does. Also without the
     * guard.
     */
    int slotOrMinus1(long slab, long address) {
        long offset = address - Slab.base(slab);
        int slot = slotAt(offset);
        return (long) slot * slotBytes == offset && slot < slots ? slot : -1;
    }

    /** Returns whether a slot of the slab is free and collected. With the stripe's guard. */
    boolean hasFree(long slab) {
        return !Slab.areNoneFree(slab, slots);
    }

    /** Finds the pages of a slab on which no slot is taken. With the stripe's guard. */
    void findFreePages(long slab, BitSet found) {
        found.clear();
        for (int page = 0; page < pages; page++) {
            found.set(page, isPageFree(slab, page));
        }
    }

    /** Returns on how many pages of a slab no slot is taken. With the stripe's guard. */
    int countFreePages(long slab) {
        int count = 0;
        for (int page = 0; page < pages; page++) {
            if (isPageFree(slab, page)) {
                count++;
            }
        }
        return count;
    }

    private boolean isPageFree(long slab, int page) {
        int first = slotAt((long) page << PageOrder.PAGE_SHIFT);
        int last = slotAt(((page + 1L) << PageOrder.PAGE_SHIFT) - 1);
        return Slab.areFree(slab, first, Math.min(slots, last + 1));
    }
}
