// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static io.offkraft.word.RawMemory.casLongAcqRel;
import static io.offkraft.word.RawMemory.getAndAddLongAcqRel;
import static io.offkraft.word.RawMemory.getAndSetLongAcqRel;
import static io.offkraft.word.RawMemory.loadIntPlain;
import static io.offkraft.word.RawMemory.loadLongAcquire;
import static io.offkraft.word.RawMemory.loadLongPlain;
import static io.offkraft.word.RawMemory.loadShortPlain;
import static io.offkraft.word.RawMemory.storeIntPlain;
import static io.offkraft.word.RawMemory.storeLongPlain;
import static io.offkraft.word.RawMemory.storeShortPlain;

/**
 * The layout of a slab's descriptor in raw memory: a run of pages cut into slots of one size.
 *
 * <p>A slab is named by the address of its descriptor. The descriptor lies outside the slots, so
 * nothing that is written through a block can reach it.
 *
 * <p>It belongs to a stripe, whose guard guards the first two lines. Who frees a slot without that
 * guard sets its bit in the <em>away</em> map, and then adds one to the count of those; the stripe
 * collects them when it needs slots.
 */
final class Slab {
    /*
     *   line 0, the stripe's
     *    0   8 B  address of slot 0
     *    8   4 B  used: slots that are handed out, or were freed away but not collected
     *   12   2 B  used when the memory of free pages was given back, if none was taken since; else -1
     *   14   2 B  1 if it is in the bin's list of slabs with free slots, else 0
     *   16   8 B  next slab in that list
     *   24   8 B  previous slab in that list
     *   32   4 B  index of the stripe
     *   line 1, the stripe's; others look
     *   64  64 B  free map: a bit a slot, set = free and collected
     *   line 2, any thread's
     *  128  64 B  away map: a bit a slot, set = freed by another, not collected
     *   line 3, any thread's
     *  192   8 B  freed away and not collected; a slab with any is in its bin's queue, or is about to be
     *  200   8 B  next slab in that queue
     */
    static final int BYTES = 256;

    private static final int BASE = 0;
    private static final int USED = 8;
    private static final int DISCARDED = 12;
    private static final int LINKED = 14;
    private static final int NEXT = 16;
    private static final int PREVIOUS = 24;
    private static final int STRIPE = 32;
    private static final int FREE_MAP = 64;
    private static final int AWAY_MAP = 128;
    private static final int PENDING = 192;
    private static final int NEXT_PENDING = 200;

    /** From a word of the free map to that of the away map. */
    private static final int FREE_TO_AWAY = AWAY_MAP - FREE_MAP;

    static {
        assert FREE_MAP + SizeClasses.MAX_SLOTS / Byte.SIZE <= AWAY_MAP;
        assert AWAY_MAP + SizeClasses.MAX_SLOTS / Byte.SIZE <= PENDING;
    }

    private Slab() {}

    /** Writes the descriptor of a slab whose slots are all free and which is in no list. */
    static void create(long slab, long base, int slots, int stripe) {
        storeLongPlain(slab + BASE, base);
        storeIntPlain(slab + USED, 0);
        storeShortPlain(slab + DISCARDED, (short) -1);
        storeShortPlain(slab + LINKED, (short) 0);
        storeLongPlain(slab + NEXT, 0);
        storeLongPlain(slab + PREVIOUS, 0);
        storeIntPlain(slab + STRIPE, stripe);
        for (int slot = 0; slot < SizeClasses.MAX_SLOTS; slot += Long.SIZE) {
            int left = slots - slot;
            long word = left >= Long.SIZE ? -1L : left <= 0 ? 0 : (1L << left) - 1;
            storeLongPlain(slab + FREE_MAP + (slot >> 3), word);
            storeLongPlain(slab + AWAY_MAP + (slot >> 3), 0);
        }
        storeLongPlain(slab + PENDING, 0);
        storeLongPlain(slab + NEXT_PENDING, 0);
    }

    static long base(long slab) {
        return loadLongPlain(slab + BASE);
    }

    static int stripe(long slab) {
        return loadIntPlain(slab + STRIPE);
    }

    static int used(long slab) {
        return loadIntPlain(slab + USED);
    }

    static void setUsed(long slab, int used) {
        storeIntPlain(slab + USED, used);
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
        return slab + FREE_MAP + index * (long) Long.BYTES;
    }

    /** Returns the address of the word of the free map that a slot is in. */
    static long freeWordOf(long slab, int slot) {
        return freeWord(slab, slot >>> 6);
    }

    /** Returns which of the 64 slots of a word of the free map are free, here or away. */
    static long freeHereOrAway(long freeWord) {
        return loadLongPlain(freeWord) | loadLongPlain(freeWord + FREE_TO_AWAY);
    }

    /** Returns whether slots {@code [first, end)} are all free and collected. */
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

    /** Returns whether none of the first {@code slots} slots is free and collected. */
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

    // What needs no guard

    /** Marks a slot as free, away; false if it is free. Whoever succeeds must {@link #announce}. */
    static boolean tryFreeAway(long slab, int slot) {
        long freeWord = freeWordOf(slab, slot);
        long bit = 1L << slot;
        if ((loadLongAcquire(freeWord) & bit) != 0) {
            return false;
        }
        for (; ; ) {
            long away = loadLongAcquire(freeWord + FREE_TO_AWAY);
            if ((away & bit) != 0) {
                return false;
            }
            // Releases what the freeing thread did to the block; acquired by collectAway.
            if (casLongAcqRel(freeWord + FREE_TO_AWAY, away, away | bit)) {
                return true;
            }
        }
    }

    /**
     * Counts a slot that was freed away; true if the caller must put the slab into the queue.
     *
     * <p>Until it is counted, the slot is a used one, so the slab stays what it is; this is the
     * last that a thread does with it, or the queue holds it.
     */
    static boolean announce(long slab) {
        return getAndAddLongAcqRel(slab + PENDING, 1) == 0;
    }

    static boolean isPending(long slab) {
        return loadLongAcquire(slab + PENDING) != 0;
    }

    static long nextPending(long slab) {
        return loadLongPlain(slab + NEXT_PENDING);
    }

    /** Before the slab is put into the queue. */
    static void setNextPending(long slab, long next) {
        storeLongPlain(slab + NEXT_PENDING, next);
    }

    /**
     * Makes slots that were freed away free here; the caller has taken the slab out of the queue,
     * and read what follows there.
     *
     * @return how many of them were free here before: each is a block that was freed twice, by two
     *     threads at the same moment
     */
    static int collectAway(long slab, int slots) {
        // Those counted from now on put the slab into the queue again.
        int counted = (int) getAndSetLongAcqRel(slab + PENDING, 0);
        int twice = 0;
        for (int first = 0; first < slots; first += Long.SIZE) {
            long freeWord = freeWordOf(slab, first);
            if (loadLongPlain(freeWord + FREE_TO_AWAY) != 0) {
                long away = getAndSetLongAcqRel(freeWord + FREE_TO_AWAY, 0);
                long free = loadLongPlain(freeWord);
                twice += Long.bitCount(free & away);
                storeLongPlain(freeWord, free | away);
            }
        }
        setUsed(slab, used(slab) - counted + twice);
        return twice;
    }
}
