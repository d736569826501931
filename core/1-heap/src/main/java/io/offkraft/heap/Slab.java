// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static io.offkraft.word.RawMemory.loadLongPlain;
import static io.offkraft.word.RawMemory.loadShortPlain;
import static io.offkraft.word.RawMemory.storeLongPlain;
import static io.offkraft.word.RawMemory.storeShortPlain;

/**
 * The layout of a slab's descriptor in raw memory: a run of pages cut into slots of one size.
 *
 * <p>A slab is named by the address of its descriptor. The descriptor lies outside the slots, so
 * nothing that is written through a block can reach it.
 *
 * <p>It belongs to a stripe, whose guard guards it: who frees a slot without that touches the
 * {@link LiveBits} only.
 */
final class Slab {
    /*
     *    0   2 B  used: slots that are taken, in the magazine, or on their way back from who freed them
     *    2   2 B  used when the memory of free pages was given back, if none was taken since; else -1
     *    4   2 B  1 if it is in the bin's list of slabs with free slots, else 0
     *    6   2 B  pages that carry no memory, at most: given back, and no slot of theirs taken since
     *    8   8 B  address of slot 0; never changes
     *   16   8 B  next slab in that list
     *   24   8 B  previous slab in that list
     *   32  32 B  the free map, a bit a slot, set = free, and not in the magazine
     */
    static final int BYTES = 64;

    private static final int USED = 0;
    private static final int DISCARDED = 2;
    private static final int LINKED = 4;
    private static final int BARE_PAGES = 6;
    private static final int BASE = 8;
    private static final int NEXT = 16;
    private static final int PREVIOUS = 24;
    private static final int FREE_MAP = 32;

    private static final int WORDS = SizeClasses.MAX_SLOTS / Long.SIZE;
    private static final int WORD_SHIFT = 3;

    static {
        assert FREE_MAP + WORDS * Long.BYTES <= BYTES;
    }

    private Slab() {}

    /** Writes the descriptor of a slab whose slots are all free and which is in no list. */
    static void create(long slab, long base, int slots) {
        storeLongPlain(slab + BASE, base);
        storeShortPlain(slab + USED, (short) 0);
        storeShortPlain(slab + DISCARDED, (short) -1);
        storeShortPlain(slab + LINKED, (short) 0);
        storeShortPlain(slab + BARE_PAGES, (short) 0);
        storeLongPlain(slab + NEXT, 0);
        storeLongPlain(slab + PREVIOUS, 0);
        for (int slot = 0; slot < SizeClasses.MAX_SLOTS; slot += Long.SIZE) {
            int left = slots - slot;
            long word = left >= Long.SIZE ? -1L : left <= 0 ? 0 : (1L << left) - 1;
            storeLongPlain(freeWordOf(slab, slot), word);
        }
    }

    static long base(long slab) {
        return loadLongPlain(slab + BASE);
    }

    static int used(long slab) {
        return loadShortPlain(slab + USED);
    }

    static void setUsed(long slab, int used) {
        storeShortPlain(slab + USED, (short) used);
    }

    static boolean isLinked(long slab) {
        return loadShortPlain(slab + LINKED) != 0;
    }

    static void setLinked(long slab, boolean linked) {
        storeShortPlain(slab + LINKED, (short) (linked ? 1 : 0));
    }

    static long next(long slab) {
        return loadLongPlain(slab + NEXT);
    }

    static void setNext(long slab, long next) {
        storeLongPlain(slab + NEXT, next);
    }

    static long previous(long slab) {
        return loadLongPlain(slab + PREVIOUS);
    }

    static void setPrevious(long slab, long previous) {
        storeLongPlain(slab + PREVIOUS, previous);
    }

    /** Returns the address of a word of the free map: slots {@code 64 × index} and up. */
    static long freeWord(long slab, int index) {
        return slab + FREE_MAP + ((long) index << WORD_SHIFT);
    }

    /** Returns the address of the word of the free map that a slot is in. */
    static long freeWordOf(long slab, int slot) {
        return freeWord(slab, slot >>> 6);
    }

    /** Makes a slot free, which was used; {@link #setUsed} must follow. */
    static void markFree(long slab, int slot) {
        long word = freeWordOf(slab, slot);
        storeLongPlain(word, loadLongPlain(word) | 1L << slot);
    }

    /** Returns whether slots {@code [first, end)} are all free. */
    static boolean areFree(long slab, int first, int end) {
        for (int slot = first; slot < end; ) {
            int bits = Math.min(Long.SIZE - slot % Long.SIZE, end - slot);
            long mask = -1L >>> (Long.SIZE - bits);
            if ((loadLongPlain(freeWordOf(slab, slot)) >>> slot & mask) != mask) {
                return false;
            }
            slot += bits;
        }
        return true;
    }

    /** Returns whether none of the first {@code slots} slots is free. */
    static boolean areNoneFree(long slab, int slots) {
        for (int first = 0; first < slots; first += Long.SIZE) {
            if (loadLongPlain(freeWordOf(slab, first)) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Returns whether no slot was freed or taken since {@link #setDiscarded}. */
    static boolean isDiscarded(long slab) {
        return loadShortPlain(slab + DISCARDED) == used(slab);
    }

    /** Notes whether the pages on which no slot is taken carry no memory. */
    static void setDiscarded(long slab, boolean discarded) {
        storeShortPlain(slab + DISCARDED, (short) (discarded ? used(slab) : -1));
    }

    /** Returns how many pages carry no memory, at most. With the stripe's guard. */
    static int barePages(long slab) {
        return loadShortPlain(slab + BARE_PAGES);
    }

    /** For {@link SlabTable}, which adds them up. */
    static void setBarePages(long slab, int pages) {
        storeShortPlain(slab + BARE_PAGES, (short) pages);
    }
}
