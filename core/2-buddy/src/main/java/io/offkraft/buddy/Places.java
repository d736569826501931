// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.lockfree.CpuLocator;
import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What {@link LockFreePages} keeps apart for threads that run at the same time: free pages at hand,
 * and counts.
 *
 * <p>A place belongs to nobody: every operation is right whichever thread does it, and a thread may
 * be moved in the middle. Only the speed relies on different threads mostly using different places.
 *
 * <p><b>Thread safety:</b> any thread. <b>Progress:</b> {@link #takeOr0} and {@link #tryPut} try
 * each slot once, so they are wait-free; counts are wait-free. <b>Memory effects:</b> putting a
 * page releases, taking it acquires.
 */
final class Places {
    /*
     * A place, in longs; places are PLACE_LONGS apart, so that no two share a line:
     *
     *   0 … 15   slots      [ takes : 16 | page : 48 ]    page = 0: the slot is empty
     *  16 … 31   carries    how often the takes of the slot came round
     *  32 …      counts
     *
     * A page that is at hand counts as taken in its chunk and is in no block. A slot's word is what it holds, so there
     * is no ABA: whoever swaps it has the page, or has put it there. Counting the takes in the same word makes exact
     * statistics free: every page that left a slot was handed out, unless DRAINED says otherwise, and every page that
     * came into one was freed, unless REFILLED does.
     *
     * A carry is added after its take. Its lowest bit would be bit 16 of the takes if they had it, and takes + carry
     * agree in it up to the one carry that may be under way.
     */
    static final int SLOTS = 16;

    /** Bits that a slot has for a page number; addresses have 57 at most. */
    private static final int PAGE_BITS = 48;

    private static final long PAGE_MASK = (1L << PAGE_BITS) - 1;
    private static final long ONE_TAKE = 1L << PAGE_BITS;
    private static final int TAKES_BITS = Long.SIZE - 1 - PAGE_BITS;
    private static final long TAKES = 1L << TAKES_BITS;

    private static final int CARRIES = SLOTS;
    private static final int COUNTS = 2 * SLOTS;

    /** Blocks handed out, except from slots. */
    static final int ALLOCATIONS = COUNTS;

    /** Blocks given back, except into slots. */
    static final int FREES = COUNTS + 1;

    /** Pages put into slots that were not freed by a user. */
    static final int REFILLED = COUNTS + 2;

    /** Pages taken out of slots that were not handed out. */
    static final int DRAINED = COUNTS + 3;

    /** Pages that became free without a free: put back after another use. */
    static final int RETURNS = COUNTS + 4;

    /** Operations under way that may have pages in hand which they will not keep. */
    static final int OPEN = COUNTS + 5;

    private static final int PLACE_LONGS = 48;
    private static final int LEAD = 16;
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] words;
    private final int places;
    private final int slots;
    private final CpuLocator locator;

    /**
     * Makes {@code places} of them, a power of two, with {@code slots} slots each, 0 to {@link
     * #SLOTS}.
     */
    Places(int places, int slots, CpuLocator locator) {
        assert Integer.bitCount(places) == 1 : places;
        assert slots >= 0 && slots <= SLOTS : slots;
        this.places = places;
        this.slots = slots;
        this.locator = locator;
        words = new long[2 * LEAD + places * PLACE_LONGS];
    }

    int count() {
        return places;
    }

    /** Returns how many pages a place has at hand at most. */
    int slots() {
        return slots;
    }

    /** Returns the place that the calling thread should use now. */
    int current() {
        return locator.among(places);
    }

    /** Takes a page that is at hand at the place, or returns 0. */
    long takeOr0(int place) {
        int base = base(place);
        for (int slot = base; slot < base + slots; slot++) {
            long word = load(slot);
            if ((word & PAGE_MASK) != 0 && tryTake(slot, word)) {
                return word & PAGE_MASK;
            }
        }
        return 0;
    }

    /** Puts a free page at hand; returns false if the place has no room. */
    boolean tryPut(int place, long page) {
        int base = base(place);
        for (int slot = base; slot < base + slots; slot++) {
            long word = load(slot);
            // acquire-release: pairs with the compare-and-set in tryTake; publishes what was done
            // with the page to who takes it
            if ((word & PAGE_MASK) == 0 && cas(slot, word, word | page)) {
                return true;
            }
        }
        return false;
    }

    /** Returns whether a page is in a slot of the place. */
    boolean isAtHand(int place, int number) {
        return (load(base(place) + number) & PAGE_MASK) != 0;
    }

    /** Takes the page that is in a slot of the place, or returns 0. */
    long takeFromSlotOr0(int place, int number) {
        int slot = base(place) + number;
        long word = load(slot);
        return (word & PAGE_MASK) != 0 && tryTake(slot, word) ? word & PAGE_MASK : 0;
    }

    private boolean tryTake(int slot, long word) {
        long next = (word & ~PAGE_MASK) + ONE_TAKE;
        // acquire-release: pairs with the compare-and-set in tryPut
        if (!cas(slot, word, next)) {
            return false;
        }
        if ((next >>> PAGE_BITS & (TAKES - 1)) == 0) {
            getAndAdd(slot + CARRIES, 1);
        }
        return true;
    }

    /** Returns whether a page is at hand somewhere. */
    boolean anyAtHand() {
        return atHand() > 0;
    }

    void add(int place, int count, long delta) {
        getAndAdd(base(place) + count, delta);
    }

    /** Begins an operation that may have pages in hand which it will not keep. */
    void open(int place) {
        getAndAdd(base(place) + OPEN, 1);
    }

    void close(int place) {
        getAndAdd(base(place) + OPEN, -1);
    }

    /** Returns whether an operation is open. */
    boolean anyOpen() {
        return sum(OPEN) != 0;
    }

    /**
     * Returns how often pages became free. Who found nothing free, then nothing {@linkplain
     * #anyOpen open}, and then the same figure here as before it looked, knows that at no time
     * something was.
     */
    long timesFreed() {
        return sum(FREES) + puts() + sum(RETURNS);
    }

    /** Returns the blocks handed out. */
    long allocations() {
        return sum(ALLOCATIONS) + takes() - sum(DRAINED);
    }

    /** Returns the blocks given back. */
    long frees() {
        return sum(FREES) + puts() - sum(REFILLED);
    }

    /** Returns the pages at hand. */
    long atHand() {
        long pages = 0;
        for (int place = 0; place < places; place++) {
            for (int slot = base(place); slot < base(place) + slots; slot++) {
                pages += pagesIn(load(slot));
            }
        }
        return pages;
    }

    private long takes() {
        long takes = 0;
        for (int place = 0; place < places; place++) {
            for (int slot = base(place); slot < base(place) + slots; slot++) {
                takes += takes(slot, load(slot));
            }
        }
        return takes;
    }

    /** Of each slot one word is read, so that puts never go back. */
    private long puts() {
        long puts = 0;
        for (int place = 0; place < places; place++) {
            for (int slot = base(place); slot < base(place) + slots; slot++) {
                long word = load(slot);
                puts += takes(slot, word) + pagesIn(word);
            }
        }
        return puts;
    }

    private long takes(int slot, long word) {
        long low = word >>> PAGE_BITS;
        long carries = load(slot + CARRIES);
        carries += (low >>> TAKES_BITS) ^ (carries & 1); // one may be under way
        return (carries << TAKES_BITS) + (low & (TAKES - 1));
    }

    private static long pagesIn(long word) {
        return (word & PAGE_MASK) == 0 ? 0 : 1;
    }

    private long sum(int count) {
        long sum = 0;
        for (int place = 0; place < places; place++) {
            sum += load(base(place) + count);
        }
        return sum;
    }

    private static int base(int place) {
        return LEAD + place * PLACE_LONGS;
    }

    private long load(int index) {
        SchedulePoint.reach();
        // acquire: pairs with the compare-and-sets of slots, and orders the sums among each other
        return (long) WORD.getAcquire(words, index);
    }

    private boolean cas(int index, long expected, long value) {
        SchedulePoint.reach();
        SharedAtomics.count();
        return WORD.compareAndSet(words, index, expected, value);
    }

    private void getAndAdd(int index, long delta) {
        SchedulePoint.reach();
        SharedAtomics.count();
        long _ = (long) WORD.getAndAdd(words, index, delta);
    }
}
