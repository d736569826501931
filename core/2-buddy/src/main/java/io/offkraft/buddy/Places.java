// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.lockfree.CpuLocator;
import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What {@link LockFreePages} keeps apart for threads that run at the same time: which words of
 * pages are reserved, and counts.
 *
 * <p>A place belongs to nobody: every operation is right whichever thread does it, and a thread may
 * be moved in the middle. Only the speed relies on different threads mostly using different places.
 *
 * <p><b>Thread safety:</b> any thread. <b>Progress:</b> wait-free. <b>Memory effects:</b> putting a
 * word into a slot releases, taking it out acquires.
 */
final class Places {
    /*
     * A place, in longs; places are PLACE_LONGS apart, so that no two share a line:
     *
     *   0 … 7    slots    a page of a PageWord that is reserved for the place, or 0
     *   8 …      hints
     *  13 …      counts
     *
     * A reserved word is in one slot, or in the hands of a thread whose operation is open. Who swaps it out of its slot,
     * nobody else, ends the reservation.
     */
    /** Words that a place has reserved at most; a power of two. */
    static final int SLOTS = 8;

    /** Hint: the slot of the word from which single pages come. */
    static final int FOR_PAGES = SLOTS;

    /** Hint: the slot of the word from which longer blocks come. */
    static final int FOR_RUNS = SLOTS + 1;

    /** Hint: the slot to which a word went last. */
    static final int LAST_SLOT = SLOTS + 2;

    /** Hint: the first page of the word into which a block was freed last. */
    static final int FREED_WORD = SLOTS + 3;

    /** Hint: 1 if the words of the place may have more free than when nothing was found in them. */
    static final int FREED_AT_HAND = SLOTS + 4;

    /** Blocks handed out, except those that words and chunks count. */
    static final int ALLOCATIONS = SLOTS + 5;

    /** How often pages became free, except by a free into a reserved word or of a whole chunk. */
    static final int RETURNS = SLOTS + 6;

    /** Operations under way that may have pages in hand which they will not keep. */
    static final int OPEN = SLOTS + 7;

    private static final int PLACE_LONGS = 32;
    private static final int LEAD = 16;
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private static final int PLACE_OBJECTS = 32;

    private final long[] words;

    /** What two places write does not share a line either. */
    private final @Nullable WordAtHand[] atHand;

    private final @Nullable ChunkAtHand[] chunks;

    private final int places;
    private final CpuLocator locator;

    /** Makes {@code places} of them, a power of two. */
    Places(int places, CpuLocator locator) {
        assert Integer.bitCount(places) == 1 : places;
        this.places = places;
        this.locator = locator;
        words = new long[2 * LEAD + places * PLACE_LONGS];
        atHand = new WordAtHand[LEAD + places * PLACE_OBJECTS];
        chunks = new ChunkAtHand[LEAD + places * PLACE_OBJECTS];
    }

    int count() {
        return places;
    }

    /** Returns the place that the calling thread should use now. */
    int current() {
        return locator.among(places);
    }

    // ---- Slots. ----

    /** Returns a page of the word in a slot, or 0. */
    long inSlot(int place, int slot) {
        if (slot == 0) {
            SchedulePoint.reach(); // for all of them: to look at empty ones is a step, not eight
        }
        // acquire: pairs with the swap that put it there, which followed the reservation
        return (long) WORD.getAcquire(words, base(place) + slot);
    }

    /** Puts a word, or 0, into a slot; returns what was there, which is the caller's now. */
    long swap(int place, int slot, long page) {
        SchedulePoint.reach();
        SharedAtomics.count();
        // Full order: of two that swap each gets what the other put there, or what was there.
        return (long) WORD.getAndSet(words, base(place) + slot, page);
    }

    // ---- Hints: any value is right, so they are plain. ----

    long hint(int place, int hint) {
        return words[base(place) + hint];
    }

    void setHint(int place, int hint, long value) {
        words[base(place) + hint] = value;
    }

    /** Makes the hint 1 if {@code raised}; without a branch, as both are common. */
    void raiseHint(int place, int hint, boolean raised) {
        words[base(place) + hint] |= raised ? 1 : 0;
    }

    /** Returns the word that was told with the hint, if one was. */
    @Nullable WordAtHand atHand(int place, int hint) {
        return atHand[LEAD + place * PLACE_OBJECTS + hint];
    }

    /** The place takes from a word, which is in a slot, as the hint says. */
    void setAtHand(int place, int hint, int slot, WordAtHand word) {
        setHint(place, hint, slot);
        atHand[LEAD + place * PLACE_OBJECTS + hint] = word; // plain: it is immutable
    }

    /** Returns the chunk that the place took and gave back last, if it does so in turn. */
    @Nullable ChunkAtHand chunkAtHand(int place) {
        return chunks[LEAD + place * PLACE_OBJECTS];
    }

    void setChunkAtHand(int place, ChunkAtHand chunk) {
        chunks[LEAD + place * PLACE_OBJECTS] = chunk; // plain: it is immutable
    }

    /** The regions are leaving. */
    void forgetAtHand() {
        Arrays.fill(atHand, null);
        Arrays.fill(chunks, null);
    }

    // ---- Counts. ----

    void add(int place, int count, long delta) {
        SchedulePoint.reach();
        SharedAtomics.count();
        long _ = (long) WORD.getAndAdd(words, base(place) + count, delta);
    }

    /** Begins an operation that may have pages in hand which it will not keep. */
    void open(int place) {
        add(place, OPEN, 1);
    }

    void close(int place) {
        add(place, OPEN, -1);
    }

    /** Returns whether an operation is open. */
    boolean anyOpen() {
        return sum(OPEN) != 0;
    }

    /** Returns whether a word is reserved. */
    boolean anyReserved() {
        for (int place = 0; place < places; place++) {
            for (int slot = 0; slot < SLOTS; slot++) {
                if (inSlot(place, slot) != 0) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Returns the sum of a count over all places. */
    long sum(int count) {
        long sum = 0;
        for (int place = 0; place < places; place++) {
            SchedulePoint.reach();
            // acquire: orders the sums among each other
            sum += (long) WORD.getAcquire(words, base(place) + count);
        }
        return sum;
    }

    private static int base(int place) {
        return LEAD + place * PLACE_LONGS;
    }
}
