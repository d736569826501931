// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static io.offkraft.word.RawMemory.loadLongPlain;
import static io.offkraft.word.RawMemory.storeLongPlain;

import io.offkraft.word.SharedAtomics;
import java.lang.invoke.VarHandle;
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

    /**
     * So many frees that had to look into an away map make the bin collect what is in them, however
     * little it is: one that stays costs each free of its neighbours more than the free itself.
     */
    private static final int FLAGGED_FREES_TO_COLLECT = 16;

    /**
     * So often in a row what others had freed did not fill half of the magazine, until there is one
     * slab more. Where there are hardly more slots than blocks on their way from thread to thread,
     * each is collected right behind the one who frees, and cache lines go to and fro.
     */
    private static final int MEAGRE_TO_GROW = 8;

    /**
     * So many such collections more until a slab is asked for again where there was none to be had:
     * before a request fails all heaps of the tree give back what they keep.
     */
    private static final int MEAGRE_AFTER_REFUSAL = 1024;

    private static final System.Logger LOG = System.getLogger(Bin.class.getName());

    private final Magazine magazine;
    private final HandUse hand;
    private final PageMap map;
    private final SlabTable table;
    private final int stripe;
    private final int sizeClass;
    private final SlabShape shape;

    // Guarded by the stripe:

    private int meagre; // collections in a row that brought little; below 0 after a refusal
    private int flaggedFrees; // since the last time all was collected because of them

    private final SlabStock slabs;
    private final AwayQueue away;

    Bin(int stripe, int sizeClass, HeapMetadata metadata, EmptySlabs ofStripe) {
        this.stripe = stripe;
        this.sizeClass = sizeClass;
        magazine = new Magazine(metadata.liveBits());
        map = metadata.pageMap();
        hand = new HandUse(magazine, metadata.liveBits());
        table = metadata.slabTable();
        shape = SlabShape.of(sizeClass);
        slabs = new SlabStock(stripe, sizeClass, metadata, ofStripe);
        away = new AwayQueue(table, shape.slotBytes);
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

    /**
     * Returns the address of a block; or 0 if there is none without another slab, or one slab more
     * would be better: where what others have freed was little too often, as that has it become
     * much.
     */
    long takeOr0() {
        long address = takeCollectedOr0();
        return address != 0 || meagre == MEAGRE_TO_GROW || !collectSome()
                ? address
                : takeCollectedOr0();
    }

    /** As {@link #takeOr0}, for who asked for a slab and got none: whatever there is. */
    long takeAnyOr0() {
        meagre = -MEAGRE_AFTER_REFUSAL;
        return takeOr0();
    }

    /** As {@link #takeOr0}, but does not collect what others have freed. */
    long takeCollectedOr0() {
        long address = magazine.takeOr0();
        return address != 0 || !fill() ? address : magazine.takeOr0();
    }

    /** Makes free what others have freed; returns whether that was any. */
    private boolean collectSome() {
        int some = collect(false);
        boolean little = some > 0 && some < magazine.room() / 2;
        meagre = little ? meagre + 1 : Math.min(meagre, 0);
        return some > 0;
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
            // One that was freed away as well, by mistake, must be collected before it is used.
            long twice = free & loadLongPlain(Slab.awayWordOf(slab, first));
            long left = magazine.addSlots(base, first, shape.slotBytes, free & ~twice, most);
            storeLongPlain(word, left | twice);
        }
        slabs.take(slab, magazine.count() - before);
    }

    /**
     * Makes free what others have freed.
     *
     * @param all whether also where it is little, which would have the cache line go to and fro
     * @return how many blocks
     */
    private int collect(boolean all) {
        int some = 0;
        for (long word = away.takeOr0(all); word != 0; ) {
            long slab = table.slabOf(word);
            long next = Slab.nextInQueue(slab, word);
            some += collectWord(slab, word);
            word = next;
        }
        return some;
    }

    /** The flags of its pages stay until the owner frees a block there: see {@link #isAway}. */
    private int collectWord(long slab, long word) {
        long base = Slab.base(slab);
        int first = Slab.firstSlot(slab, word);
        long freed = 0;
        long taken = 0;
        // Live bits first, and then the word, which is read the other way round: pairs with
        // freeAway.
        do {
            long seen = Slab.away(word);
            taken |= endTaken(base, first, seen & ~freed);
            freed = seen;
        } while (!Slab.tryEmptyAway(word, freed));
        hand.foreignFree();
        Slab.markAllFree(word, taken);
        int twice = Long.bitCount(freed & ~taken);
        if (twice > 0) {
            magazine.countForeignFrees(-twice); // who freed away has counted them, too
            warn(slab, twice);
        }
        int some = Long.bitCount(taken);
        slabs.putBack(slab, some);
        return some;
    }

    /** Of slots that were freed away: returns those that were taken until now. */
    private long endTaken(long base, int first, long freed) {
        long taken = 0;
        for (long left = freed; left != 0; left &= left - 1) {
            int slot = first + Long.numberOfTrailingZeros(left);
            if (magazine.endTaken(base + (long) slot * shape.slotBytes)) {
                taken |= Long.lowestOneBit(left);
            }
        }
        return taken;
    }

    private void warn(long slab, int twice) {
        LOG.log(
                System.Logger.Level.WARNING,
                "{0} of the blocks of {1} bytes from 0x{2} on were freed by two threads at once",
                twice,
                shape.slotBytes,
                Long.toHexString(Slab.base(slab)));
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
     * Frees the block at {@code address}, which lies in this stripe, in a slab of this class, and
     * was not freed away.
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

    /**
     * The same for a block on a page that is {@linkplain PageMap#isAway flagged}.
     *
     * @return false if no block begins there, or it was freed away
     */
    boolean freeFlagged(long slab, long address) {
        if (isAway(slab, address)) {
            return false;
        }
        if (++flaggedFrees == FLAGGED_FREES_TO_COLLECT) {
            flaggedFrees = 0;
            collect(true);
        }
        return free(address);
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
        long slab = table.slab(PageMap.number(map.entry(magazine.block(first))));
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
        long slab = table.slab(PageMap.number(map.entry(address)));
        Slab.markFree(slab, shape.slotOrMinus1(slab, address));
        slabs.putBack(slab, 1);
    }

    /**
     * Frees the block at {@code address} without the stripe's guard; but with that of another, so
     * that the heap is not closed meanwhile.
     *
     * @param entry the entry of its page
     * @return false if no block begins there
     */
    boolean freeAway(long slab, long address, long entry) {
        int slot = shape.slotOrMinus1(slab, address);
        if (slot < 0) {
            return false;
        }
        long word = Slab.awayWordOf(slab, slot);
        long bit = 1L << slot;
        long before;
        do {
            before = Slab.away(word);
            // In this order: of a block that is collected the bit in the word goes last, so who
            // finds that clear finds the live bit clear, too. Pairs with collectWord.
            if ((before & bit) != 0 || !hand.isTaken(address)) {
                return false;
            }
        } while (!Slab.tryFreeAway(word, before, bit));
        map.flagAway(address, entry);
        // Only now may it be collected, and the slab dissolved.
        if (before == 0) {
            away.push(slab, word);
        }
        return true;
    }

    /** Returns whether the block at {@code address}, of a page that is flagged, was freed away. */
    private boolean isAway(long slab, long address) {
        int slot = shape.slotOrMinus1(slab, address);
        if (slot >= 0 && Slab.isAway(slab, slot)) {
            return true;
        }
        if (!Slab.isAnyAway(slab, shape.slots)) {
            long base = Slab.base(slab);
            map.clearAway(base, shape.pages);
            SharedAtomics.count();
            VarHandle.fullFence(); // between the flags and the words: see PageMap.flagAway
            if (Slab.isAnyAway(slab, shape.slots)) {
                map.setAway(base, shape.pages);
            }
        }
        return false;
    }

    /** Returns whether a block begins at {@code address}, any thread's. Also without the guard. */
    boolean isLive(long slab, long address) {
        int slot = shape.slotOrMinus1(slab, address);
        return slot >= 0 && magazine.isTakenUnguarded(address) && !Slab.isAway(slab, slot);
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
        meagre = 0;
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
            collect(true);
        }
        return slabs.takeEmpty(bases, most, all);
    }

    /** Begins a sweep of all slabs with free slots. */
    void beginSweep() {
        putBackAll();
        collect(true);
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

    /** The stripe's guard holder has freed a block of this class that is another stripe's. */
    void countForeignFree() {
        magazine.countForeignFrees(1);
    }

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
        away.forget();
    }
}
