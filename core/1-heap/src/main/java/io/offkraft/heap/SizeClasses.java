// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.PageOrder;

/**
 * The sizes that small blocks come in, and the slabs that they are cut from.
 *
 * <p>Up to 128 bytes a class every 16; from there eight classes to each doubling, and from 1 KiB on
 * sixteen, so that a block is at most an eighth, or a sixteenth, larger than what was asked for (or
 * by at most 15 bytes, where that is more). Buffers of a power of two and a header are many, and
 * large enough that an eighth of them matters. What is larger than {@link #MAX_BYTES} gets pages of
 * its own.
 */
final class SizeClasses {
    /*
     *   class   0   1   2 …   7 |   8    9   10 …   15 |  16   17 … | … |   32    33 …    47 | …
     *   bytes  16  32  48 … 128 | 144  160  176 …  256 | 288  320 … | … | 1088  1152 …  2048 | … 32 768
     *   step    16              |  16                  |  32        | … |   64               | …
     */
    /** Every block is aligned to this, and every class a multiple of it. */
    static final int GRANULE_BYTES = 16;

    /** The largest class. */
    static final int MAX_BYTES = 32 << 10;

    private static final int GRANULE_SHIFT = 4;
    private static final int STEPS_PER_DOUBLING = 8;
    private static final int FINE_FROM_BYTES = 1 << 10;
    private static final int FINE_STEPS_PER_DOUBLING = 16;
    private static final int LINEAR_CLASSES = 8; // to 128
    private static final int DOUBLINGS = 3; // to 1024
    private static final int FINE_DOUBLINGS = 5; // to 32 768

    /** How many classes there are. */
    static final int COUNT =
            LINEAR_CLASSES
                    + DOUBLINGS * STEPS_PER_DOUBLING
                    + FINE_DOUBLINGS * FINE_STEPS_PER_DOUBLING;

    /** A slab has at most this many slots: what its free map in {@link Slab} holds. */
    static final int MAX_SLOTS = 256;

    private static final int MIN_SLOTS = 8;

    /** Slabs of tiny blocks get this many pages, so that the buddy is not asked too often. */
    private static final int MIN_PAGES = 4;

    /** Of a slab at most this part may lie behind its last slot, and be wasted. */
    private static final int TAIL_WASTE_DIVISOR = 16;

    private static final int[] BYTES = new int[COUNT];
    private static final int[] SLAB_PAGES = new int[COUNT];

    /** A power of two of places, so that the mask spares the compiler a check of the bounds. */
    private static final byte[] CLASS_OF_GRANULES = new byte[(2 * MAX_BYTES) >> GRANULE_SHIFT];

    private static final int TABLE_MASK = CLASS_OF_GRANULES.length - 1;

    static {
        int bytes = 0;
        for (int sizeClass = 0; sizeClass < COUNT; sizeClass++) {
            int smaller = bytes;
            bytes += stepFrom(bytes);
            BYTES[sizeClass] = bytes;
            SLAB_PAGES[sizeClass] = pagesFor(bytes);
            for (int size = smaller + GRANULE_BYTES; size <= bytes; size += GRANULE_BYTES) {
                CLASS_OF_GRANULES[size >> GRANULE_SHIFT] = (byte) sizeClass;
            }
        }
        assert bytes == MAX_BYTES : bytes;
    }

    private SizeClasses() {}

    private static int stepFrom(int bytes) {
        int steps = bytes < FINE_FROM_BYTES ? STEPS_PER_DOUBLING : FINE_STEPS_PER_DOUBLING;
        return Math.max(GRANULE_BYTES, Integer.highestOneBit(bytes) / steps);
    }

    /** Returns whether a size, taken as unsigned, is of a class. */
    static boolean isSmall(long size) {
        return Long.compareUnsigned(size, MAX_BYTES) <= 0;
    }

    /** Returns the smallest class that holds {@code size} bytes, in [0, {@link #MAX_BYTES}]. */
    static int of(long size) {
        return CLASS_OF_GRANULES[((int) (size + GRANULE_BYTES - 1) >> GRANULE_SHIFT) & TABLE_MASK];
    }

    /**
     * Returns the smallest class that holds {@code size} bytes and whose blocks are all aligned to
     * {@code alignment}, a power of two up to a page; -1 if there is none.
     */
    static int ofAlignedOrMinus1(long size, long alignment) {
        // A slab begins at a page, so its slots are aligned to what their size is a multiple of.
        for (int sizeClass = of(size); sizeClass < COUNT; sizeClass++) {
            if ((BYTES[sizeClass] & (alignment - 1)) == 0) {
                return sizeClass;
            }
        }
        return -1;
    }

    /** Returns the bytes of a block of the class. */
    static int bytes(int sizeClass) {
        return BYTES[sizeClass];
    }

    /** Returns the pages of a slab of the class. */
    static int slabPages(int sizeClass) {
        return SLAB_PAGES[sizeClass];
    }

    /** Returns the slots of a slab of the class. */
    static int slots(int sizeClass) {
        return slots(SLAB_PAGES[sizeClass], BYTES[sizeClass]);
    }

    /**
     * The fewest pages with enough slots and little waste behind the last one, a power of two: the
     * buddy has the pages that a request of another number leaves over, but slabs of the same class
     * could not use them.
     */
    private static int pagesFor(int bytes) {
        int pages = 1;
        while (slots(pages, bytes) < MIN_SLOTS || tailWaste(pages, bytes) > wasteLimit(pages)) {
            pages *= 2;
        }
        while (pages < MIN_PAGES && slots(2 * pages, bytes) <= MAX_SLOTS) {
            pages *= 2;
        }
        return pages;
    }

    private static int slots(int pages, int bytes) {
        return (int) (((long) pages << PageOrder.PAGE_SHIFT) / bytes);
    }

    private static long tailWaste(int pages, int bytes) {
        return ((long) pages << PageOrder.PAGE_SHIFT) % bytes;
    }

    private static long wasteLimit(int pages) {
        return ((long) pages << PageOrder.PAGE_SHIFT) / TAIL_WASTE_DIVISOR;
    }
}
