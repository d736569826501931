// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static io.offkraft.word.RawMemory.loadIntPlain;
import static io.offkraft.word.RawMemory.loadLongPlain;
import static io.offkraft.word.RawMemory.loadShortPlain;
import static io.offkraft.word.RawMemory.storeIntPlain;
import static io.offkraft.word.RawMemory.storeLongPlain;
import static io.offkraft.word.RawMemory.storeShortPlain;

/**
 * The layout of a slab's descriptor in raw memory: a run of pages cut into slots of one size.
 *
 * <p>A slab is named by the address of its descriptor. The descriptor lies outside the slots, so
 * nothing that is written through a block can reach it. Guarded by the lock of the bin that owns
 * the slab.
 */
final class Slab {
    /*
     *    0   8 B  address of slot 0
     *    8   4 B  free slots
     *   12   2 B  index of the first word of the free map that may have a bit set
     *   14   2 B  free slots when the memory of free pages was given back, if none was taken since; else -1
     *   16   8 B  next slab in the bin's list of slabs with free slots
     *   24   8 B  previous slab in that list
     *   32  64 B  free map: a bit a slot, set = free
     *   96  32 B  unused: a descriptor is two cache lines
     */
    static final int BYTES = 128;

    private static final int BASE = 0;
    private static final int FREE_SLOTS = 8;
    private static final int FIRST_WORD = 12;
    private static final int DISCARDED = 14;
    private static final int NEXT = 16;
    private static final int PREVIOUS = 24;
    private static final int FREE_MAP = 32;

    static {
        assert FREE_MAP + SizeClasses.MAX_SLOTS / Byte.SIZE <= BYTES;
    }

    private Slab() {}

    /**
     * Writes the descriptor of a slab whose {@code slots} slots are all free and which is in no
     * list.
     */
    static void create(long slab, long base, int slots) {
        storeLongPlain(slab + BASE, base);
        storeIntPlain(slab + FREE_SLOTS, slots);
        storeShortPlain(slab + FIRST_WORD, (short) 0);
        storeShortPlain(slab + DISCARDED, (short) -1);
        storeLongPlain(slab + NEXT, 0);
        storeLongPlain(slab + PREVIOUS, 0);
        for (int slot = 0; slot < SizeClasses.MAX_SLOTS; slot += Long.SIZE) {
            int left = slots - slot;
            long word = left >= Long.SIZE ? -1L : left <= 0 ? 0 : (1L << left) - 1;
            storeLongPlain(slab + FREE_MAP + (slot >> 3), word);
        }
    }

    static long base(long slab) {
        return loadLongPlain(slab + BASE);
    }

    static int freeSlots(long slab) {
        return loadIntPlain(slab + FREE_SLOTS);
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

    /**
     * Takes all slots that are free in a word of the free map, and returns how many are left in the
     * others.
     */
    static int takeWord(long slab, int index) {
        int taken = Long.bitCount(word(slab, index));
        storeLongPlain(slab + FREE_MAP + index * (long) Long.BYTES, 0);
        storeShortPlain(slab + FIRST_WORD, (short) index);
        storeShortPlain(slab + DISCARDED, (short) -1);
        int left = freeSlots(slab) - taken;
        storeIntPlain(slab + FREE_SLOTS, left);
        return left;
    }

    /**
     * Makes slots free again that {@link #takeWord} took from a word of the free map; returns how
     * many of the slab are free now.
     */
    static int putWord(long slab, int index, long bits) {
        storeLongPlain(slab + FREE_MAP + index * (long) Long.BYTES, word(slab, index) | bits);
        if (index < loadShortPlain(slab + FIRST_WORD)) {
            storeShortPlain(slab + FIRST_WORD, (short) index);
        }
        int free = freeSlots(slab) + Long.bitCount(bits);
        storeIntPlain(slab + FREE_SLOTS, free);
        return free;
    }

    /**
     * Returns the index of the first word of the free map that has a slot free; there must be one.
     */
    static int firstWord(long slab) {
        int index = loadShortPlain(slab + FIRST_WORD);
        while (word(slab, index) == 0) {
            index++;
        }
        return index;
    }

    /** Returns a word of the free map: slots {@code 64 × index} and up, a bit each. */
    static long word(long slab, int index) {
        return loadLongPlain(slab + FREE_MAP + index * (long) Long.BYTES);
    }

    /** Makes the slot, which is taken, free, and returns how many are free now. */
    static int freeSlot(long slab, int slot) {
        assert (word(slab, slot / Long.SIZE) >>> slot & 1) == 0 : slot;
        long address = wordAddress(slab, slot);
        storeLongPlain(address, loadLongPlain(address) | (1L << slot));
        int index = slot / Long.SIZE;
        if (index < loadShortPlain(slab + FIRST_WORD)) {
            storeShortPlain(slab + FIRST_WORD, (short) index);
        }
        int free = freeSlots(slab) + 1;
        storeIntPlain(slab + FREE_SLOTS, free);
        return free;
    }

    /** Returns whether no slot was freed or taken since {@link #setDiscarded}. */
    static boolean isDiscarded(long slab) {
        return loadShortPlain(slab + DISCARDED) == freeSlots(slab);
    }

    /** Notes whether the pages on which no slot is taken carry no memory. */
    static void setDiscarded(long slab, boolean discarded) {
        storeShortPlain(slab + DISCARDED, (short) (discarded ? freeSlots(slab) : -1));
    }

    /** Returns whether slots {@code [first, end)} are all free. */
    static boolean areFree(long slab, int first, int end) {
        for (int slot = first; slot < end; ) {
            int bits = Math.min(Long.SIZE - slot % Long.SIZE, end - slot);
            long mask = -1L >>> (Long.SIZE - bits);
            if ((word(slab, slot / Long.SIZE) >>> slot & mask) != mask) {
                return false;
            }
            slot += bits;
        }
        return true;
    }

    private static long wordAddress(long slab, int slot) {
        return slab + FREE_MAP + (slot >>> 6) * (long) Long.BYTES;
    }
}
