// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static io.offkraft.word.RawMemory.loadLongPlain;
import static io.offkraft.word.RawMemory.storeLongPlain;

import java.util.BitSet;

/**
 * The blocks of one size class in one stripe, and the slabs they are cut from.
 *
 * <p>Blocks are handed out from a {@link Magazine} and freed into it; they move between it and the
 * slabs many at a time.
 *
 * <p><b>Thread safety:</b> guarded by the stripe, but for what says otherwise. Nothing here asks
 * the buddy for pages or gives it any: callers do, without the guard.
 */
final class Bin extends OwnCacheLine {
    /** A magazine has room for so many bytes of blocks, or for a few, or for many. */
    private static final int MAGAZINE_BYTES = 16 << 10;

    private static final int FEW = 4;
    private static final int MANY = 64;

    private static final System.Logger LOG = System.getLogger(Bin.class.getName());

    private final Magazine magazine;
    private final HandUse hand;
    private final PageMap map;
    private final SlabTable table;
    private final int stripe;
    private final int sizeClass;
    private final SlabShape shape;

    /** That of its pages' entries. */
    private final long key;

    private final SlabStock slabs;
    private final Arrivals arrivals;

    Bin(int stripe, int sizeClass, HeapMetadata metadata, EmptySlabs ofStripe) {
        this.stripe = stripe;
        this.sizeClass = sizeClass;
        magazine = new Magazine(metadata.liveBits());
        map = metadata.pageMap();
        hand = new HandUse(magazine, metadata.liveBits());
        table = metadata.slabTable();
        shape = SlabShape.of(sizeClass);
        key = PageMap.keyOf(PageMap.slabEntry(stripe, sizeClass, 0));
        slabs = new SlabStock(stripe, sizeClass, metadata, ofStripe);
        arrivals = new Arrivals();
    }

    /** Returns whether it stands for a bin of which there was no need yet, in all stripes. */
    boolean isUnused() {
        return stripe < 0;
    }

    int sizeClass() {
        return sizeClass;
    }

    /** Returns how its slabs are cut. */
    SlabShape shape() {
        return shape;
    }

    // Allocating

    /** Returns the blocks at hand. */
    Magazine magazine() {
        return magazine;
    }

    HandUse hand() {
        return hand;
    }

    /** Returns the address of a block; or 0 if there is none without another slab. */
    long takeOr0() {
        long address = magazine.takeOr0();
        while (address == 0 && (magazine.count() > 0 || fill() || (collect() && fill()))) {
            address = magazine.takeOr0();
        }
        tellTwice();
        return address;
    }

    private void tellTwice() {
        int twice = magazine.takeTwice();
        if (twice > 0) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0} of the blocks of {1} bytes were freed by two threads at once",
                    twice,
                    shape.slotBytes);
        }
    }

    /** Fills half of the magazine, which is empty; returns whether there is anything in it then. */
    private boolean fill() {
        if (slabs.firstPartial() == 0) {
            return false;
        }
        chooseHand();
        int most = magazine.room() / 2;
        long next;
        for (long slab = slabs.firstPartial(); slab != 0 && magazine.count() < most; slab = next) {
            next = Slab.next(slab);
            takeFrom(slab, most);
        }
        magazine.reverse();
        return magazine.count() > 0;
    }

    /**
     * Moves free slots into the magazine, those that lie first; so that what is used stays
     * together, and the rest of a slab may become empty.
     */
    private void takeFrom(long slab, int most) {
        long base = Slab.base(slab);
        int before = magazine.count();
        for (int first = 0; first < shape.slots && magazine.count() < most; first += Long.SIZE) {
            long word = Slab.freeWordOf(slab, first);
            long free = loadLongPlain(word);
            storeLongPlain(word, magazine.addSlots(base, first, shape.slotBytes, free, most));
        }
        slabs.take(slab, magazine.count() - before);
    }

    /** Puts what others have freed back into the slabs; returns whether that was any. */
    boolean collect() {
        if (!arrivals.isAny()) {
            return false;
        }
        magazine.widen(Arrivals.ROOM); // first, as there may be no memory for it
        hand.foreignFree();
        Parcel parcel = arrivals.takeAllOrNull();
        while (parcel != null) {
            Parcel next = parcel.below();
            for (int index = 0; index < parcel.count(); ) {
                index = putBackOfOneSlab(parcel, index);
            }
            arrivals.giveBack(parcel);
            parcel = next;
        }
        tellTwice();
        return true;
    }

    /** Puts blocks back from {@code first} on while they are of the same slab; returns the next. */
    private int putBackOfOneSlab(Parcel parcel, int first) {
        long entry = map.entry(parcel.block(first));
        if (PageMap.keyOf(entry) != key) {
            magazine.countTwice(); // it was free, and its slab went before it came
            return first + 1;
        }
        long slab = table.slab(PageMap.number(entry));
        long base = Slab.base(slab);
        long bytes = shape.bytes();
        int some = 0;
        int index = first;
        for (; index < parcel.count(); index++) {
            long address = parcel.block(index);
            long offset = address - base;
            if (Long.compareUnsigned(offset, bytes) >= 0) {
                break;
            }
            if (magazine.tryAccept(address)) {
                Slab.markFree(slab, shape.slotAt(offset));
                some++;
            }
        }
        slabs.putBack(slab, some);
        return index;
    }

    private long slabOf(long address) {
        return table.slab(PageMap.number(map.entry(address)));
    }

    /** Returns whether others may have freed blocks that are not handed out again yet. A hint. */
    boolean isAnyToCollect() {
        return arrivals.isAny();
    }

    /**
     * {@link HandUse#lendOrNull} has refused: what was lent before goes back. Counts as an exchange
     * with the slabs, as who frees what he takes has none. With the guard.
     */
    void refuseLoan() {
        takeBackLent();
        chooseHand();
    }

    /** Half the decay time has passed. With the guard. */
    void passTime() {
        hand.passTime();
    }

    /** Ends what {@link HandUse#lendOrNull} began. */
    void takeBackLent() {
        long freed = magazine.takeLentOr0();
        if (freed != 0) {
            putBack(freed);
        }
    }

    // Freeing

    /**
     * Frees the block at {@code address}, which lies in this stripe, in a slab of this class.
     *
     * @return false if no block begins there
     */
    boolean free(long address) {
        if (magazine.tryFree(address)) {
            return true;
        }
        if (!magazine.isFull() || !magazine.isTaken(address)) {
            return false;
        }
        putBack(magazine.count() / 2);
        chooseHand();
        return magazine.tryFree(address);
    }

    /** At an exchange with the slabs. */
    private void chooseHand() {
        if (hand.mustBeGivenUp()) {
            putHandBack();
            hand.giveUp();
        }
    }

    /** Puts everything that is free back into the slabs. */
    private void putBackAll() {
        putHandBack();
        putBack(magazine.count());
    }

    private void putHandBack() {
        long freed = magazine.takeFreeHandOr0();
        if (freed != 0) {
            putBack(freed);
        }
    }

    /** Puts the oldest blocks of the magazine back into their slabs. */
    private void putBack(int some) {
        for (int index = 0; index < some; ) {
            index = putBackOfOneSlab(index, some);
        }
        magazine.removeOldest(some);
    }

    /** Puts blocks back from {@code first} on while they are of the same slab; returns the next. */
    private int putBackOfOneSlab(int first, int end) {
        long slab = slabOf(magazine.block(first));
        long base = Slab.base(slab);
        long bytes = shape.bytes();
        int index = first;
        long offset = magazine.block(index) - base;
        do {
            Slab.markFree(slab, shape.slotAt(offset));
            index++;
            offset = index < end ? magazine.block(index) - base : -1;
        } while (Long.compareUnsigned(offset, bytes) < 0);
        slabs.putBack(slab, index - first);
        return index;
    }

    private void putBack(long address) {
        long slab = slabOf(address);
        Slab.markFree(slab, shape.slotOrMinus1(slab, address));
        slabs.putBack(slab, 1);
    }

    // Blocks that others free

    /** Returns where others send what they have freed. */
    Arrivals arrivals() {
        return arrivals;
    }

    /**
     * Frees the block at {@code address} as others do, who may do it at the same moment.
     *
     * @return false if no block begins there
     */
    boolean freeAsOthers(long address) {
        if (!hand.tryFree(address)) {
            return false;
        }
        if (magazine.tryAccept(address)) {
            putBack(address);
        }
        tellTwice();
        return true;
    }

    /** Returns whether a block begins at {@code address}, any thread's. Also without the guard. */
    boolean isLive(long address) {
        return magazine.isTakenUnguarded(address);
    }

    // Slabs

    /** As {@link SlabStock#hasSurplus}. */
    boolean hasSurplus() {
        return slabs.hasSurplus();
    }

    /** Adds a slab of new pages; false if there are too many slabs. */
    boolean add(long base) {
        if (!slabs.add(base)) {
            return false;
        }
        magazine.makeRoom(Math.clamp(MAGAZINE_BYTES / shape.slotBytes, FEW, MANY));
        return true;
    }

    /** As {@link SlabStock#takeUntouched}. */
    int takeUntouched() {
        return slabs.takeUntouched();
    }

    /** As {@link SlabStock#takeEmpty}; if {@code all}, after putting back and collecting all. */
    int takeEmpty(long[] bases, int most, boolean all) {
        if (all) {
            putBackAll();
            collect();
        }
        return slabs.takeEmpty(bases, most, all);
    }

    /** Begins a sweep of all slabs with free slots. */
    void beginSweep() {
        putBackAll();
        collect();
        slabs.beginSweep();
    }

    /**
     * Takes the next slab that has pages to give back out of the list, if there is one.
     *
     * @param pages becomes the pages of it on which no slot is taken
     * @return the address of its pages, or 0 if the sweep is over
     */
    long sweepNextOr0(BitSet pages) {
        return slabs.sweepNextOr0(pages);
    }

    /**
     * Makes the slab that was swept one like any other again.
     *
     * @param discarded whether its free pages carry no memory now
     */
    void endSweepOfSlab(boolean discarded) {
        slabs.endSweepOfSlab(discarded);
    }

    // Counting

    long foreignFrees() {
        return magazine.foreignFrees();
    }

    void addFreesTo(BlockStatistics.Sum sum) {
        long some = magazine.frees() + magazine.foreignFrees();
        sum.addFrees(some, some * shape.slotBytes);
    }

    void addAllocationsTo(BlockStatistics.Sum sum) {
        long some = magazine.allocations();
        sum.addAllocations(some, some * shape.slotBytes);
        long usable = (long) shape.slots * shape.slotBytes;
        long pages = shape.bytes();
        sum.addHeld(slabs.count() * usable, slabs.count() * (pages - usable));
    }

    long allocations() {
        return magazine.allocations();
    }

    long frees() {
        return magazine.frees();
    }

    /** Returns whether there is a slab. */
    boolean isUsed() {
        return slabs.count() > 0;
    }

    /** Forgets all slabs: the heap is closed. */
    void forget() {
        if (isUnused()) {
            return;
        }
        magazine.forget();
        slabs.forget();
        arrivals.forget();
    }
}
