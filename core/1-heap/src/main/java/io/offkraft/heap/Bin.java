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
final class Bin {
    /** A bin of so many slabs keeps an empty one: an eighth of its memory at most. */
    private static final int SLABS_TO_KEEP_ONE = 8;

    /** A magazine has room for so many bytes of blocks, or for a few, or for many. */
    private static final int MAGAZINE_BYTES = 16 << 10;

    private static final int FEW = 4;
    private static final int MANY = 64;

    /**
     * So many frees that had to look into an away map make the bin collect what is in them, however
     * little it is: one that stays costs each free of its neighbours more than the free itself.
     */
    private static final int FLAGGED_FREES_TO_COLLECT = 16;

    private static final System.Logger LOG = System.getLogger(Bin.class.getName());

    private final Magazine magazine;
    private final HandUse hand;
    private final PageMap map;
    private final SlabTable table;
    private final int stripe;
    private final int sizeClass;
    private final SlabShape shape;

    // Guarded by the stripe:

    /* A slab is in the list while its free map has a bit set. */
    private final SlabList partial = new SlabList();
    private long keptEmpty; // slab that was kept when it became empty, perhaps used since; or 0
    private int slabs;
    private boolean surplus; // a slab may be empty that need not be kept
    private long foreignFrees;
    private int flaggedFrees; // since the last time all was collected because of them

    private final AwayQueue away;
    private final EmptyCount empty;

    private final SlabSweep sweep;

    Bin(int stripe, int sizeClass, HeapMetadata metadata, EmptySlabs ofStripe) {
        this.stripe = stripe;
        this.sizeClass = sizeClass;
        magazine = new Magazine(metadata.liveBits());
        map = metadata.pageMap();
        hand = new HandUse(magazine, metadata.liveBits());
        table = metadata.slabTable();
        shape = SlabShape.of(sizeClass);
        empty = new EmptyCount(ofStripe, shape.pages);
        away = new AwayQueue(table, shape.slotBytes);
        sweep = new SlabSweep(table, shape);
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

    /** Returns the address of a block, or 0 if there is none without another slab. */
    long takeOr0() {
        long address = magazine.takeOr0();
        return address != 0 || !fill() ? address : magazine.takeOr0();
    }

    /** Fills half of the magazine, which is empty; returns whether there is anything in it then. */
    private boolean fill() {
        chooseHand();
        if (partial.first() == 0) {
            collect(false);
        }
        int most = magazine.room() / 2;
        long next;
        for (long slab = partial.first(); slab != 0 && magazine.count() < most; slab = next) {
            next = Slab.next(slab);
            takeFrom(slab, most);
            Slab.setDiscarded(slab, false);
            noteBarePages(slab);
            if (!shape.hasFree(slab)) {
                unlink(slab);
            }
        }
        magazine.reverse();
        return magazine.count() > 0;
    }

    /**
     * Slots were taken: their pages carry memory, or soon will. No more pages can be bare than are
     * free. There may be fewer, where one that was used lies free beside one that was taken: which
     * ones are bare is not known, and a hint is all that {@link Growth} needs.
     */
    private void noteBarePages(long slab) {
        int bare = Slab.barePages(slab);
        if (bare > 0) {
            table.setBarePages(slab, Math.min(bare, shape.countFreePages(slab)));
        }
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
        int some = magazine.count() - before;
        int used = Slab.used(slab);
        if (used == 0 && some > 0) {
            empty.remove();
        }
        Slab.setUsed(slab, used + some);
    }

    /**
     * Makes free what others have freed.
     *
     * @param all whether also where it is little, which would have the cache line go to and fro
     */
    private void collect(boolean all) {
        for (long word = away.takeOr0(all); word != 0; ) {
            long slab = table.slabOf(word);
            long next = Slab.nextInQueue(slab, word);
            collectWord(slab, word);
            word = next;
        }
    }

    private void collectWord(long slab, long word) {
        long base = Slab.base(slab);
        map.clearAway(base, shape.pages);
        SharedAtomics.count();
        VarHandle.fullFence(); // between the flags and the words: see PageMap.flagAway
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
        if (Slab.isAnyAway(slab, shape.slots)) {
            map.setAway(base, shape.pages);
        }
        hand.foreignFree();
        Slab.markAllFree(word, taken);
        int twice = Long.bitCount(freed & ~taken);
        if (twice > 0) {
            foreignFrees -= twice; // who freed away has counted them, too
            warn(slab, twice);
        }
        setUsed(slab, Slab.used(slab) - Long.bitCount(taken));
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

    /** {@link HandUse#lendOrNull} has refused: what was lent before goes back. With the guard. */
    void refuseLoan() {
        takeBackLent();
        if (hand.mayBeExchange()) {
            chooseHand();
        }
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
        setUsed(slab, Slab.used(slab) - (index - first));
        return index;
    }

    private void putBack(long address) {
        long slab = table.slab(PageMap.number(map.entry(address)));
        Slab.markFree(slab, shape.slotOrMinus1(slab, address));
        setUsed(slab, Slab.used(slab) - 1);
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

    /** Slots of a slab became free, or none. */
    private void setUsed(long slab, int used) {
        if (used == 0 && Slab.used(slab) > 0) {
            empty.add();
        }
        Slab.setUsed(slab, used);
        if (!sweep.has(slab) && (used == 0 || !Slab.isLinked(slab))) {
            list(slab);
        }
    }

    /** Puts a slab into the list, where it belongs. */
    private void list(long slab) {
        if (!Slab.isLinked(slab) && shape.hasFree(slab)) {
            partial.addFirst(slab);
        }
        if (Slab.used(slab) == 0) {
            moveToEnd(slab);
            if (keptEmpty == 0 && slabs >= SLABS_TO_KEEP_ONE) {
                keptEmpty = slab;
            } else if (slab != keptEmpty) {
                surplus = true;
            }
        }
    }

    // Slabs

    /** Returns whether slabs may be empty that need not be kept: see {@link #takeEmpty}. */
    boolean hasSurplus() {
        return surplus;
    }

    /** Adds a slab of new pages; false if there are too many slabs. */
    boolean add(long base) {
        int number = table.takeNumberOr0();
        if (number == 0) {
            return false;
        }
        long slab = table.slab(number);
        Slab.create(slab, base, shape.slots);
        map.setEntries(base, shape.pages, PageMap.slabEntry(stripe, sizeClass, number));
        magazine.makeRoom(Math.clamp(MAGAZINE_BYTES / shape.slotBytes, FEW, MANY));
        slabs++;
        empty.add();
        partial.addFirst(slab);
        return true;
    }

    /** Returns how many slabs were empty all the time since this was asked last. */
    int takeUntouched() {
        return empty.takeLeast();
    }

    /**
     * Takes the pages of slabs that are empty, and forgets the slabs.
     *
     * @param most how many, at most
     * @param all whether also those that are kept for the next block
     * @return how many there are in {@code bases}; if it is full there may be more
     */
    int takeEmpty(long[] bases, int most, boolean all) {
        if (all) {
            putBackAll();
            collect(true);
            keptEmpty = 0;
        }
        surplus = false;
        int room = Math.min(most, bases.length);
        int found = 0;
        for (long slab = partial.first(); slab != 0; ) {
            long next = Slab.next(slab);
            if (mayGo(slab, all)) {
                if (found == room) {
                    surplus = true;
                    return found;
                }
                unlink(slab);
                bases[found++] = dissolve(slab);
            }
            slab = next;
        }
        return found;
    }

    private boolean mayGo(long slab, boolean all) {
        // A free slot may be marked as freed away, too, by mistake: the word is in the queue, or
        // about to be, so the slab must stay until it is collected.
        return Slab.used(slab) == 0
                && !sweep.has(slab)
                && !Slab.isAnyAway(slab, shape.slots)
                && (all || (slab != keptEmpty && !isOnlyOne(slab)));
    }

    /** Returns whether no other slab is known to have a free slot. */
    private boolean isOnlyOne(long slab) {
        return partial.first() == slab && Slab.next(slab) == 0;
    }

    /**
     * Forgets the slab, which is in no list; returns its pages, to be given back without the guard.
     */
    private long dissolve(long slab) {
        if (slab == keptEmpty) {
            keptEmpty = 0;
        }
        slabs--;
        empty.remove();
        long base = Slab.base(slab);
        map.setEntries(base, shape.pages, PageMap.NONE);
        table.giveBack(slab);
        return base;
    }

    private void unlink(long slab) {
        sweep.leave(slab);
        partial.remove(slab);
    }

    private void moveToEnd(long slab) {
        if (Slab.next(slab) != 0) { // else it is there, and a sweep has yet to see it
            sweep.leave(slab);
            partial.moveToEnd(slab);
        }
    }

    // Sweeping: giving back the memory of free pages in slabs in use

    /** Begins a sweep of all slabs with free slots. */
    void beginSweep() {
        putBackAll();
        collect(true);
        sweep.begin(partial.first());
    }

    /**
     * Takes the next slab that has pages to give back out of the list, if there is one.
     *
     * @param pages becomes the pages of it on which no slot is taken
     * @return the address of its pages, or 0 if the sweep is over
     */
    long sweepNextOr0(BitSet pages) {
        long slab = sweep.nextOr0(pages);
        if (slab == 0) {
            return 0;
        }
        unlink(slab);
        return Slab.base(slab);
    }

    /**
     * Makes the slab that was swept one like any other again.
     *
     * @param discarded whether its free pages carry no memory now
     */
    void endSweepOfSlab(boolean discarded) {
        long slab = sweep.endOr0(discarded);
        if (slab != 0) {
            list(slab);
        }
    }

    // Counting

    /** The stripe's guard holder has freed a block of this class that is another stripe's. */
    void countForeignFree() {
        foreignFrees++;
    }

    long foreignFrees() {
        return foreignFrees;
    }

    void addFreesTo(BlockStatistics.Sum sum) {
        long some = magazine.frees() + foreignFrees;
        sum.addFrees(some, some * shape.slotBytes);
    }

    void addAllocationsTo(BlockStatistics.Sum sum) {
        long some = magazine.allocations();
        sum.addAllocations(some, some * shape.slotBytes);
        long usable = (long) shape.slots * shape.slotBytes;
        long pages = shape.bytes();
        sum.addHeld(slabs * usable, slabs * (pages - usable));
    }

    long allocations() {
        return magazine.allocations();
    }

    long frees() {
        return magazine.frees();
    }

    /** Returns whether there is a slab. */
    boolean isUsed() {
        return slabs > 0;
    }

    /** Forgets all slabs: the heap is closed. */
    void forget() {
        if (isUnused()) {
            return;
        }
        magazine.forget();
        partial.forget();
        keptEmpty = 0;
        sweep.forget();
        away.forget();
    }
}
