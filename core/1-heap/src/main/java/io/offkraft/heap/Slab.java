// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static io.offkraft.word.RawMemory.casLongAcqRel;
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
 * <p>It belongs to a stripe, whose guard guards the first of its two cache lines. Who frees a slot
 * without that guard sets its bit in the <em>away</em> map; if it is the first of its word, the
 * word goes into the bin's queue, and the stripe collects it from there when it needs slots. All
 * that he touches lies in the second line. The stripe writes to it when it collects, and else only
 * reads it when it fills its magazine: or the two would take the line from each other.
 */
final class Slab {
    /*
     *    0   2 B  used: slots that are taken or in the magazine, or were freed away and not collected
     *    2   2 B  used when the memory of free pages was given back, if none was taken since; else -1
     *    4   2 B  1 if it is in the bin's list of slabs with free slots, else 0
     *    6   2 B  pages that carry no memory, at most: given back, and no slot of theirs taken since
     *    8   8 B  address of slot 0; never changes
     *   16   8 B  next slab in that list
     *   24   8 B  previous slab in that list
     *   32  32 B  the free map, a bit a slot, set = free and collected
     *   64   8 B  address of slot 0 again, for who has not the guard
     *   72  32 B  the away map, a bit a slot, set = freed by another and not collected
     *  104  16 B  for each word of the away map: how far the next one in the queue is, in words
     */
    static final int BYTES = 128;

    private static final int USED = 0;
    private static final int DISCARDED = 2;
    private static final int LINKED = 4;
    private static final int BARE_PAGES = 6;
    private static final int BASE = 8;
    private static final int NEXT = 16;
    private static final int PREVIOUS = 24;
    private static final int FREE_MAP = 32;
    private static final int BASE_AGAIN = 64;
    private static final int AWAY_MAP = 72;
    private static final int QUEUE_LINKS = 104;

    /** From a word of the free map to that of the away map. */
    private static final int FREE_TO_AWAY = AWAY_MAP - FREE_MAP;

    private static final int WORDS = SizeClasses.MAX_SLOTS / Long.SIZE;
    private static final int WORD_SHIFT = 3;

    static {
        assert FREE_MAP + WORDS * Long.BYTES <= BASE_AGAIN;
        assert AWAY_MAP + WORDS * Long.BYTES <= QUEUE_LINKS;
        assert QUEUE_LINKS + WORDS * Integer.BYTES <= BYTES;
    }

    private Slab() {}

    /** Writes the descriptor of a slab whose slots are all free and which is in no list. */
    static void create(long slab, long base, int slots) {
        storeLongPlain(slab + BASE, base);
        storeLongPlain(slab + BASE_AGAIN, base);
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
            storeLongPlain(awayWordOf(slab, slot), 0);
        }
    }

    static long base(long slab) {
        return loadLongPlain(slab + BASE);
    }

    /** The same, away from what the stripe writes. */
    static long baseUnguarded(long slab) {
        return loadLongPlain(slab + BASE_AGAIN);
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

    /** Returns whether a slot was freed away, and is not collected. */
    static boolean isAway(long slab, int slot) {
        return (loadLongPlain(awayWordOf(slab, slot)) >>> slot & 1) != 0;
    }

    /**
     * Returns whether any of the first {@code slots} slots was freed away, and is not collected.
     */
    static boolean isAnyAway(long slab, int slots) {
        for (int first = 0; first < slots; first += Long.SIZE) {
            if (loadLongAcquire(awayWordOf(slab, first)) != 0) {
                return true;
            }
        }
        return false;
    }

    /** Makes a slot free, which was used; {@link #setUsed} must follow. */
    static void markFree(long slab, int slot) {
        long word = freeWordOf(slab, slot);
        storeLongPlain(word, loadLongPlain(word) | 1L << slot);
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

    /** Returns how many pages carry no memory, at most. With the stripe's guard. */
    static int barePages(long slab) {
        return loadShortPlain(slab + BARE_PAGES);
    }

    /** For {@link SlabTable}, which adds them up. */
    static void setBarePages(long slab, int pages) {
        storeShortPlain(slab + BARE_PAGES, (short) pages);
    }

    // What needs no guard

    /** Returns which slots of a word of the away map were freed; acquires what was done before. */
    static long away(long awayWord) {
        return loadLongAcquire(awayWord);
    }

    /**
     * Marks a slot of the word as free, away, if the word is as it was; returns whether it was.
     *
     * <p>What is not collected counts as used, and what is not in the queue is not collected. So
     * the slab stays what it is until who freed first, of an empty word, has put the word into the
     * queue, and nobody else touches the descriptor after this.
     *
     * <p>Releases what the freeing thread did to the block; acquired by {@link #away}.
     */
    static boolean tryFreeAway(long awayWord, long before, long bit) {
        return casLongAcqRel(awayWord, before, before | bit);
    }

    /** Returns the address of the word of the away map that a slot is in. */
    static long awayWordOf(long slab, int slot) {
        return freeWordOf(slab, slot) + FREE_TO_AWAY;
    }

    /** Returns the word that follows in the queue; or 0. */
    static long nextInQueue(long slab, long awayWord) {
        int words = loadIntPlain(linkOf(slab, awayWord));
        return words == 0 ? 0 : awayWord + ((long) words << WORD_SHIFT); // none follows itself
    }

    /** Before the word is put into the queue, or after it was taken out. */
    static void setNextInQueue(long slab, long awayWord, long next) {
        int words = next == 0 ? 0 : (int) ((next - awayWord) >> WORD_SHIFT);
        storeIntPlain(linkOf(slab, awayWord), words);
    }

    private static long linkOf(long slab, long awayWord) {
        return slab + QUEUE_LINKS + (awayWord - slab - AWAY_MAP) / (Long.BYTES / Integer.BYTES);
    }

    /** Returns how many slots of a word wait to be collected, at least. */
    static int waiting(long awayWord) {
        return Long.bitCount(loadLongPlain(awayWord));
    }

    /**
     * Empties a word of the away map, if it is as it was; returns whether it was. The caller has
     * taken it out of the queue, and read what follows there: who frees from now on is the first
     * again. Releases that the blocks are not taken any more.
     */
    static boolean tryEmptyAway(long awayWord, long before) {
        return casLongAcqRel(awayWord, before, 0);
    }

    /** Makes slots free, told by bits of the word of the away map; {@link #setUsed} must follow. */
    static void markAllFree(long awayWord, long bits) {
        long word = awayWord - FREE_TO_AWAY;
        storeLongPlain(word, loadLongPlain(word) | bits);
    }

    /** Returns the slot that bit 0 of a word of the away map stands for. */
    static int firstSlot(long slab, long awayWord) {
        return (int) (awayWord - slab - AWAY_MAP) * Byte.SIZE;
    }
}
