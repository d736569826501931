// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static io.offkraft.word.RawMemory.loadLongPlain;
import static io.offkraft.word.RawMemory.storeLongPlain;

import io.offkraft.word.PageOrder;
import java.lang.invoke.VarHandle;
import java.util.BitSet;

/**
 * The blocks of one size class in one stripe, and the slabs they are cut from.
 *
 * <p><b>Thread safety:</b> guarded by the stripe, but for {@link #freeAway}. Nothing here asks the
 * buddy for pages or gives it any: callers do, without the guard.
 */
final class Bin {
    /**
     * For the division by the slot size: exact while offset × size < 2^40; offsets are below 2^20,
     * sizes below 2^16.
     */
    private static final int RECIPROCAL_SHIFT = 40;

    /** A bin of so many slabs keeps an empty one: an eighth of its memory at most. */
    private static final int SLABS_TO_KEEP_ONE = 8;

    /** So many slots are moved at a time: a power of two. */
    private static final int NEIGHBOURS = 16;

    private static final System.Logger LOG = System.getLogger(Bin.class.getName());

    private final PageMap map;
    private final SlabTable table;
    private final int stripe;
    private final int sizeClass;
    private final int slotBytes;
    private final int slots;
    private final int slabPages;
    private final long reciprocal;

    /*
     * Guarded by the stripe. Blocks are handed out from the hot bits: free slots of sixteen neighbours, which were moved
     * here from a word of the hot slab's free map. So the map, at which other threads look, changes seldom. To the map
     * they are used ones; a free slot is one bit, here or in a map.
     * The hot slab is in no list, and stays when it is empty: fetching a slab costs some ten calls.
     * A slab that is not the hot one is in the list while its map has a bit set.
     */
    private long hotBits;
    private long hotWord; // address of the word; of a word that is always zero if there is none
    private long hotBase; // address of the slot that bit 0 stands for
    private long hotSlab; // or 0
    private long hotVersion; // odd while word and bits change

    /*
     * The block that was freed last is not in the map yet: it waits here for the next request. And when it was handed out
     * again, the place where it is in the map stays known. So who takes and frees in turn touches neither page map nor
     * free map, and each step depends on nothing that the one before had to compute. To the map the block is a used one.
     */
    private long last; // its address, or 0
    private boolean lastIsFree;
    private long lastSlab;
    private long lastWord; // of the free map, and which bit of it
    private long lastBit;

    private long partial; // first of the list; the others follow by Slab.next
    private long keptEmpty; // slab that was kept when it became empty, perhaps used since; or 0
    private int slabs;
    private boolean surplus; // a slab may be empty that need not be kept
    private long allocations;
    private long frees;
    private long foreignFrees;

    private final AwayQueue away;

    /*
     * For sweeps. While the free pages of a slab are given back without the guard, it is out of the list: nobody
     * allocates from it, and who frees a slot of it leaves it as it is even if that was the last one taken. Its map tells
     * the truth all the time, so misuse is noticed as ever.
     */
    private long swept; // the slab, or 0
    private long sweepNext; // slab of the list at which it goes on; unlink keeps it right

    Bin(int stripe, int sizeClass, PageMap map, SlabTable table) {
        this.stripe = stripe;
        this.sizeClass = sizeClass;
        this.map = map;
        this.table = table;
        slotBytes = SizeClasses.bytes(sizeClass);
        slots = SizeClasses.slots(sizeClass);
        slabPages = SizeClasses.slabPages(sizeClass);
        reciprocal = ((1L << RECIPROCAL_SHIFT) + slotBytes - 1) / slotBytes;
        hotWord = table.zeroWord();
        lastWord = table.zeroWord();
        away = new AwayQueue(table);
    }

    int slotBytes() {
        return slotBytes;
    }

    int slabPages() {
        return slabPages;
    }

    // Allocating

    /** Returns the address of a block, or 0 if there is none without another slab. */
    long takeOr0() {
        if (lastIsFree) {
            lastIsFree = false;
            allocations++;
            return last;
        }
        return hotBits != 0 || heat() ? takeHot() : 0;
    }

    private long takeHot() {
        long bits = hotBits;
        hotBits = bits & (bits - 1);
        allocations++;
        return hotBase + (long) Long.numberOfTrailingZeros(bits) * slotBytes;
    }

    /** Finds the next free slots; false if there are none. */
    private boolean heat() {
        if (hotSlab != 0) {
            if (heatWord(hotSlab)) {
                return true;
            }
            coolDown();
        }
        if (partial == 0) {
            collect(false);
        }
        if (partial == 0) {
            return false;
        }
        long slab = partial;
        unlink(slab);
        Slab.setDiscarded(slab, false);
        hotSlab = slab;
        return heatWord(slab);
    }

    private boolean heatWord(long slab) {
        for (int index = 0; index * Long.SIZE < slots; index++) {
            long word = Slab.freeWord(slab, index);
            long free = loadLongPlain(word);
            if (free != 0) {
                int first = Long.numberOfTrailingZeros(free) & -NEIGHBOURS;
                long taken = free & (((1L << NEIGHBOURS) - 1) << first);
                storeLongPlain(word, free & ~taken);
                Slab.setUsed(slab, Slab.used(slab) + Long.bitCount(taken));
                setHot(word, taken);
                hotBase = Slab.base(slab) + (long) index * Long.SIZE * slotBytes;
                return true;
            }
        }
        return false;
    }

    /** Puts the hot bits back, and makes the hot slab one like the others. */
    private void coolDown() {
        long slab = hotSlab;
        if (slab != 0) {
            storeLongPlain(hotWord, loadLongPlain(hotWord) | hotBits);
            Slab.setUsed(slab, Slab.used(slab) - Long.bitCount(hotBits));
            forgetHot();
            if (hasFree(slab)) {
                link(slab);
            }
        }
    }

    private void forgetHot() {
        setHot(table.zeroWord(), 0);
        hotSlab = 0;
    }

    private void setHot(long word, long bits) {
        hotVersion++;
        VarHandle.storeStoreFence();
        hotWord = word;
        hotBits = bits;
        VarHandle.storeStoreFence();
        hotVersion++;
    }

    /** Returns whether a slot is free and about to be handed out. With the guard. */
    private boolean isHotHere(long freeWord, long bit) {
        return freeWord == hotWord && (hotBits & bit) != 0;
    }

    /**
     * The same without the guard: word and bits are read again until they belong together, as of a
     * sequence lock.
     */
    private boolean isHot(long freeWord, long bit) {
        for (; ; ) {
            long version = hotVersion;
            VarHandle.loadLoadFence();
            boolean hot = hotWord == freeWord && (hotBits & bit) != 0;
            VarHandle.loadLoadFence();
            if (version == hotVersion && (version & 1) == 0) {
                return hot;
            }
            Thread.onSpinWait();
        }
    }

    private boolean hasFree(long slab) {
        return !Slab.areNoneFree(slab, slots);
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
        int twice = Slab.collect(slab, word);
        if (twice > 0) {
            warn(slab, twice);
        }
        if (slab != hotSlab) {
            afterFree(slab);
        }
    }

    private void warn(long slab, int twice) {
        LOG.log(
                System.Logger.Level.WARNING,
                "{0} of the blocks of {1} bytes from 0x{2} on were freed by two threads at once",
                twice,
                slotBytes,
                Long.toHexString(Slab.base(slab)));
    }

    // Freeing

    /** Returns the slot that begins at {@code address}; -1 if none does. */
    int slotOrMinus1(long slab, long address) {
        long offset = address - Slab.base(slab);
        int slot = (int) ((offset * reciprocal) >>> RECIPROCAL_SHIFT);
        return (long) slot * slotBytes == offset && slot < slots ? slot : -1;
    }

    /**
     * Frees the block at {@code address}, which is this stripe's.
     *
     * @return false if no block begins there
     */
    boolean free(long slab, long address) {
        int slot = slotOrMinus1(slab, address);
        if (slot < 0) {
            return false;
        }
        long freeWord = Slab.freeWordOf(slab, slot);
        long bit = 1L << slot;
        boolean free = (Slab.freeHereOrAway(freeWord) & bit) != 0;
        if (free || (address == last && lastIsFree) || isHotHere(freeWord, bit)) {
            return false;
        }
        if (lastIsFree) {
            putLast();
        }
        last = address;
        lastSlab = slab;
        lastWord = freeWord;
        lastBit = bit;
        VarHandle.storeStoreFence(); // for isLastAndFree of other threads
        lastIsFree = true;
        frees++;
        return true;
    }

    /** Frees the block if it is the one that was freed before, and handed out again since. */
    boolean freeAgain(long address) {
        if (address != last
                || lastIsFree
                || (Slab.freeHereOrAway(lastWord) & lastBit) != 0
                || isHotHere(lastWord, lastBit)) {
            return false;
        }
        lastIsFree = true;
        frees++;
        return true;
    }

    /**
     * Returns whether a block waits for the next request. Also without the guard: of a live block
     * it is never true. A block is noted as the last before it is noted that it is free, so who
     * sees that the last is free sees this one or one that was freed later, and a live one is
     * neither.
     */
    private boolean isLastAndFree(long address) {
        boolean free = lastIsFree;
        VarHandle.loadLoadFence();
        return free && address == last;
    }

    /** Puts the block that was freed last into the map. */
    private void putLast() {
        long slab = lastSlab;
        storeLongPlain(lastWord, loadLongPlain(lastWord) | lastBit);
        int used = Slab.used(slab) - 1;
        Slab.setUsed(slab, used);
        if (slab != hotSlab && (used == 0 || !Slab.isLinked(slab))) {
            afterFree(slab);
        }
    }

    private void putLastIfAny() {
        if (lastIsFree) {
            putLast();
            lastIsFree = false;
        }
    }

    /**
     * Frees the block at {@code address} without the stripe's guard, but with that of another, so
     * that the heap is not closed meanwhile.
     *
     * @return false if no block begins there
     */
    boolean freeAway(long slab, long address) {
        int slot = slotOrMinus1(slab, address);
        if (slot < 0 || isLastAndFree(address) || isHot(Slab.freeWordOf(slab, slot), 1L << slot)) {
            return false;
        }
        int freed = Slab.freeAway(slab, slot);
        if (freed == Slab.FREED_FIRST) {
            away.push(slab, Slab.awayWordOf(slab, slot));
        }
        return freed != Slab.REFUSED;
    }

    /** Returns whether a block begins at {@code address}, any thread's. */
    boolean isLive(long slab, long address) {
        int slot = slotOrMinus1(slab, address);
        if (slot < 0 || isLastAndFree(address)) {
            return false;
        }
        long freeWord = Slab.freeWordOf(slab, slot);
        return (Slab.freeHereOrAway(freeWord) >>> slot & 1) == 0 && !isHot(freeWord, 1L << slot);
    }

    /** A slab that is not the hot one has a free slot more. */
    private void afterFree(long slab) {
        if (slab == swept) {
            return;
        }
        if (!Slab.isLinked(slab) && hasFree(slab)) {
            link(slab);
        }
        if (Slab.used(slab) == 0) {
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
        Slab.create(slab, base, slots, stripe);
        map.setEntries(base, slabPages, PageMap.slabEntry(sizeClass, number));
        slabs++;
        link(slab);
        return true;
    }

    /**
     * Takes the pages of slabs that are empty, and forgets the slabs.
     *
     * @param all whether also those that are kept for the next block
     * @return how many there are in {@code bases}; if it is full there may be more
     */
    int takeEmpty(long[] bases, boolean all) {
        if (all) {
            putLastIfAny();
            collect(true);
            coolDown();
            keptEmpty = 0;
        }
        surplus = false;
        int count = 0;
        for (long slab = partial; slab != 0; ) {
            long next = Slab.next(slab);
            if (mayGo(slab, all)) {
                if (count == bases.length) {
                    surplus = true;
                    return count;
                }
                unlink(slab);
                bases[count++] = dissolve(slab);
            }
            slab = next;
        }
        return count;
    }

    private boolean mayGo(long slab, boolean all) {
        return Slab.used(slab) == 0
                && slab != swept
                && (all || (slab != keptEmpty && !isOnlyOne(slab)));
    }

    /** Returns whether no other slab is known to have a free slot. */
    private boolean isOnlyOne(long slab) {
        return partial == slab
                && Slab.next(slab) == 0
                && (hotSlab == 0 || Slab.used(hotSlab) == slots);
    }

    /**
     * Forgets the slab, which is in no list; returns its pages, to be given back without the guard.
     */
    private long dissolve(long slab) {
        if (slab == keptEmpty) {
            keptEmpty = 0;
        }
        if (slab == lastSlab) {
            forgetLast();
        }
        slabs--;
        long base = Slab.base(slab);
        map.setEntries(base, slabPages, PageMap.NONE);
        table.giveBack(slab);
        return base;
    }

    private void link(long slab) {
        Slab.setLinked(slab, true);
        Slab.setPrevious(slab, 0);
        Slab.setNext(slab, partial);
        if (partial != 0) {
            Slab.setPrevious(partial, slab);
        }
        partial = slab;
    }

    private void unlink(long slab) {
        long next = Slab.next(slab);
        if (slab == sweepNext) {
            sweepNext = next;
        }
        long previous = Slab.previous(slab);
        if (next != 0) {
            Slab.setPrevious(next, previous);
        }
        if (previous != 0) {
            Slab.setNext(previous, next);
        } else {
            partial = next;
        }
        Slab.setNext(slab, 0);
        Slab.setLinked(slab, false);
    }

    // Sweeping: giving back the memory of free pages in slabs in use

    /** Begins a sweep of all slabs with free slots. */
    void beginSweep() {
        putLastIfAny();
        collect(true);
        coolDown();
        sweepNext = partial;
    }

    /**
     * Takes the next slab that has pages to give back out of the list, if there is one.
     *
     * @param pages becomes the pages of it on which no slot is taken
     * @return the address of its pages, or 0 if the sweep is over
     */
    long sweepNextOr0(BitSet pages) {
        while (sweepNext != 0) {
            long slab = sweepNext;
            sweepNext = Slab.next(slab);
            if (!Slab.isDiscarded(slab)) {
                Slab.setDiscarded(slab, true);
                findFreePages(slab, pages);
                if (!pages.isEmpty()) {
                    unlink(slab);
                    swept = slab;
                    return Slab.base(slab);
                }
            }
        }
        return 0;
    }

    /**
     * Makes the slab that was swept one like any other again.
     *
     * @param discarded whether its free pages carry no memory now
     */
    void endSweepOfSlab(boolean discarded) {
        long slab = swept;
        swept = 0;
        if (slab != 0) {
            if (!discarded) {
                Slab.setDiscarded(slab, false);
            }
            afterFree(slab);
        }
    }

    private void findFreePages(long slab, BitSet pages) {
        pages.clear();
        for (int page = 0; page < slabPages; page++) {
            int first = (page << PageOrder.PAGE_SHIFT) / slotBytes;
            int last = (((page + 1) << PageOrder.PAGE_SHIFT) - 1) / slotBytes;
            pages.set(page, Slab.areFree(slab, first, Math.min(slots, last + 1)));
        }
    }

    /** The place of the block that was freed last is not in use any more, or not known. */
    private void forgetLast() {
        last = 0;
        lastIsFree = false;
        lastSlab = 0;
        lastWord = table.zeroWord();
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
        long some = frees + foreignFrees;
        sum.addFrees(some, some * slotBytes);
    }

    void addAllocationsTo(BlockStatistics.Sum sum) {
        long some = allocations;
        sum.addAllocations(some, some * slotBytes);
        long usable = (long) slots * slotBytes;
        long pages = (long) slabPages << PageOrder.PAGE_SHIFT;
        sum.addHeld(slabs * usable, slabs * (pages - usable));
    }

    long allocations() {
        return allocations;
    }

    long frees() {
        return frees;
    }

    /** Returns whether there is a slab. */
    boolean isUsed() {
        return slabs > 0;
    }

    /** Forgets all slabs: the heap is closed. */
    void forget() {
        forgetLast();
        forgetHot();
        partial = 0;
        keptEmpty = 0;
        sweepNext = 0;
        swept = 0;
        away.forget();
    }
}
