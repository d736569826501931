// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.Locking;
import io.offkraft.word.PageOrder;
import java.util.BitSet;

/**
 * All blocks of one size class: the slabs they are cut from and the lock that guards them.
 *
 * <p><b>Thread safety:</b> any thread. The bin's lock guards its list, its counters, the
 * descriptors of its slabs and the page-map entries of their pages. It is not held while the buddy
 * is asked for pages.
 */
final class Bin {
    /**
     * For the division by the slot size: exact while offset × size < 2^40, and both are below 2^18.
     */
    private static final int RECIPROCAL_SHIFT = 40;

    private final ExclusiveLock lock;
    private final HeldPages pages;
    private final PageMap map;
    private final SlabTable table;
    private final int sizeClass;
    private final int slotBytes;
    private final int slots;
    private final int slabPages;
    private final long reciprocal;

    /*
     * Guarded by the lock. Blocks are handed out from the hot word: a word of some slab's free map that was moved here, so
     * that an allocation touches one line of this object and nothing else. Its slots count as taken in the slab, and a
     * free of one of them comes back here:
     *
     *   free slots of a slab = bits of its map (Slab.freeSlots) + bits of the hot word, if it is the hot slab
     *
     * A slab is in the list while its map has a bit set.
     *
     * An empty slab stays here if it is the hot one, or was the only one with free slots: fetching a slab costs
     * some ten calls. So there are two at most. giveBackEmptySlabs takes both away when something else needs the pages.
     */
    private long hotBits;
    private long hotBase; // address of the slot that bit 0 stands for
    private long hotSlab; // 0 if there was none yet
    private int hotIndex; // of the word in the map of the hot slab
    private long partial; // first of the list; the others follow by Slab.next
    private long keptEmpty; // slab that was kept when it became empty, perhaps used since; or 0
    private long allocations;
    private long frees;
    private long failures;
    private boolean shut;

    /*
     * For tick and discardFreePages. While the free pages of a slab are given back without the lock, it is out of the
     * list: nobody allocates from it, and who frees a slot of it leaves it as it is even if that was the last one taken.
     * Its map tells the truth all the time, so misuse is noticed as ever.
     */
    private long allocationsAtTick;
    private boolean sweeping;
    private long swept; // the slab, or 0
    private final BitSet sweptPages =
            new BitSet(); // of it, without a slot that is taken; the sweeper's
    private long sweepNext; // slab of the list at which it goes on; unlink keeps it right

    Bin(int sizeClass, ExclusiveLock lock, HeldPages pages, PageMap map, SlabTable table) {
        this.sizeClass = sizeClass;
        this.lock = lock;
        this.pages = pages;
        this.map = map;
        this.table = table;
        slotBytes = SizeClasses.bytes(sizeClass);
        slots = SizeClasses.slots(sizeClass);
        slabPages = SizeClasses.slabPages(sizeClass);
        reciprocal = ((1L << RECIPROCAL_SHIFT) + slotBytes - 1) / slotBytes;
    }

    /** Returns the address of a block, or 0 if there is no memory. */
    long allocateOr0() {
        Locking.lock(lock);
        if (hotBits == 0 && partial == 0) {
            Locking.unlock(lock);
            return allocateSlow();
        }
        long address = takeSlot();
        Locking.unlock(lock);
        return address;
    }

    /**
     * Frees the block at {@code address}, which a look at the page map without the lock found to be
     * this bin's.
     */
    void free(long address, int entry) {
        long emptied;
        Locking.lock(lock);
        try {
            long slab = checkedSlab(address, entry);
            int slot = checkedSlot(slab, address);
            frees++;
            emptied = freeSlot(slab, slot);
        } finally {
            Locking.unlock(lock);
        }
        if (emptied != 0) {
            pages.giveBack(emptied, slabPages);
        }
    }

    /**
     * Returns the bytes of the live block at {@code address}; throws like {@link #free} if there is
     * none.
     */
    int usableBytes(long address, int entry) {
        Locking.lock(lock);
        try {
            checkedSlot(checkedSlab(address, entry), address);
            return slotBytes;
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Adds what this bin counted. */
    void addTo(HeapStatistics.Sum sum) {
        Locking.lock(lock);
        try {
            sum.add(allocations, frees, failures, (allocations - frees) * slotBytes);
        } finally {
            Locking.unlock(lock);
        }
    }

    /**
     * From now on every call throws; returns when no other thread is inside one that touches
     * metadata.
     */
    void shut() {
        Locking.lock(lock);
        shut = true;
        hotBits = 0;
        partial = 0;
        keptEmpty = 0;
        awaitNoSweep();
        Locking.unlock(lock);
    }

    /**
     * Half the decay time has passed: if nothing was allocated here meanwhile, gives back the
     * memory of what is free.
     *
     * @param pagesToo whether the free pages of slabs in use go, too
     * @return whether there is a slab
     */
    boolean tick(boolean pagesToo) {
        Locking.lock(lock);
        boolean idle = allocations == allocationsAtTick;
        allocationsAtTick = allocations;
        boolean any = !shut && (allocations > frees || hotBits != 0 || partial != 0);
        Locking.unlock(lock);
        if (any && idle) {
            for (long base = takeEmptySlabOr0(); base != 0; base = takeEmptySlabOr0()) {
                pages.giveBackAged(base, slabPages);
            }
            if (pagesToo) {
                discardFreePages();
            }
        }
        return any;
    }

    /** Gives back the memory of the pages of slabs on which no slot is taken. */
    void discardFreePages() {
        Locking.lock(lock);
        awaitNoSweep();
        sweeping = true;
        coolDown();
        sweepNext = partial;
        Locking.unlock(lock);
        boolean goesOn = true;
        try {
            while (goesOn && sweepNextSlab()) {
                goesOn = discard(Slab.base(swept));
                long emptied = endSweepOfSlab(goesOn);
                if (emptied != 0) {
                    pages.giveBackAged(emptied, slabPages);
                }
            }
        } finally {
            Locking.lock(lock);
            sweeping = false;
            swept = 0;
            Locking.unlock(lock);
        }
    }

    /** Takes the next slab that has pages to give back out of the list, if there is one. */
    private boolean sweepNextSlab() {
        Locking.lock(lock);
        try {
            while (!shut && sweepNext != 0) {
                long slab = sweepNext;
                sweepNext = Slab.next(slab);
                if (!Slab.isDiscarded(slab)) {
                    Slab.setDiscarded(slab, true);
                    findFreePages(slab);
                    if (!sweptPages.isEmpty()) {
                        unlink(slab);
                        swept = slab;
                        return true;
                    }
                }
            }
            return false;
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Gives back the slabs that are kept though they are empty; returns whether there was one. */
    boolean giveBackEmptySlabs() {
        boolean any = false;
        for (long base = takeEmptySlabOr0(); base != 0; base = takeEmptySlabOr0()) {
            pages.giveBack(base, slabPages);
            any = true;
        }
        return any;
    }

    private long takeEmptySlabOr0() {
        Locking.lock(lock);
        try {
            if (hotBits != 0
                    && hotSlab != swept
                    && Slab.freeSlots(hotSlab) + Long.bitCount(hotBits) == slots) {
                hotBits = 0;
                if (Slab.freeSlots(hotSlab) > 0) {
                    unlink(hotSlab);
                }
                return dissolve(hotSlab);
            }
            if (keptEmpty != 0 && keptEmpty != swept && Slab.freeSlots(keptEmpty) == slots) {
                unlink(keptEmpty);
                return dissolve(keptEmpty);
            }
            return 0;
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Makes the slab one like any other again; returns its pages if nothing is taken of it. */
    private long endSweepOfSlab(boolean discarded) {
        Locking.lock(lock);
        try {
            long slab = swept;
            swept = 0;
            if (shut) {
                return 0;
            }
            if (Slab.freeSlots(slab) == slots) {
                return dissolve(slab);
            }
            if (!discarded) {
                Slab.setDiscarded(slab, false);
            }
            link(slab);
            return 0;
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Gives back the memory of the pages found, a call a run; returns whether all is gone. */
    private boolean discard(long base) {
        for (int first = sweptPages.nextSetBit(0); first >= 0; ) {
            int end = sweptPages.nextClearBit(first);
            if (!pages.discard(base + ((long) first << PageOrder.PAGE_SHIFT), end - first)) {
                return false;
            }
            first = sweptPages.nextSetBit(end);
        }
        return true;
    }

    /** Finds the pages of the slab on which no slot is taken. */
    private void findFreePages(long slab) {
        sweptPages.clear();
        for (int page = 0; page < slabPages; page++) {
            int first = (page << PageOrder.PAGE_SHIFT) / slotBytes;
            int last = (((page + 1) << PageOrder.PAGE_SHIFT) - 1) / slotBytes;
            sweptPages.set(page, Slab.areFree(slab, first, Math.min(slots, last + 1)));
        }
    }

    /** Waits, with the lock before and after but not meanwhile. */
    @SuppressWarnings("ThreadPriorityCheck") // the lock orders; the sweep ends by itself
    private void awaitNoSweep() {
        while (sweeping) {
            Locking.unlock(lock);
            Thread.yield();
            Locking.lock(lock);
        }
    }

    private long takeSlot() {
        long bits = hotBits;
        if (bits == 0) {
            bits = heatNextWord();
        }
        hotBits = bits & (bits - 1);
        allocations++;
        return hotBase + (long) Long.numberOfTrailingZeros(bits) * slotBytes;
    }

    /**
     * Makes the lowest word with free slots of the first slab in the list the hot one; there is
     * one.
     */
    private long heatNextWord() {
        long slab = partial;
        int index = Slab.firstWord(slab);
        long bits = Slab.word(slab, index);
        if (Slab.takeWord(slab, index) == 0) {
            unlink(slab);
        }
        hotSlab = slab;
        hotIndex = index;
        hotBase = Slab.base(slab) + (long) index * Long.SIZE * slotBytes;
        return bits;
    }

    /** Gives the slots of the hot word back to its slab. */
    private void coolDown() {
        if (hotBits != 0 && Slab.putWord(hotSlab, hotIndex, hotBits) == Long.bitCount(hotBits)) {
            link(hotSlab);
        }
        hotBits = 0;
        hotSlab = 0;
    }

    private boolean isHot(long slab, int slot) {
        return slab == hotSlab && slot >>> 6 == hotIndex;
    }

    /**
     * Returns the address of the slab's pages if it became empty and is to be given back, else 0.
     */
    private long freeSlot(long slab, int slot) {
        if (isHot(slab, slot)) {
            hotBits |= 1L << slot;
            return 0;
        }
        int free = Slab.freeSlot(slab, slot);
        if (free == 1) {
            link(slab);
        }
        if (free < slots || slab == swept) {
            return 0;
        }
        if (hotBits == 0 && isOnlyOne(slab)) {
            keptEmpty = slab;
            return 0;
        }
        unlink(slab);
        return dissolve(slab);
    }

    /** Returns whether the slab is the only one in the list. */
    private boolean isOnlyOne(long slab) {
        return partial == slab && Slab.next(slab) == 0;
    }

    /**
     * Forgets the slab, which is in no list; returns its pages, to be given back without the lock.
     */
    private long dissolve(long slab) {
        if (slab == hotSlab) {
            hotSlab = 0;
        }
        if (slab == keptEmpty) {
            keptEmpty = 0;
        }
        long base = Slab.base(slab);
        map.setEntries(base, slabPages, PageMap.NONE);
        table.giveBack(slab);
        return base;
    }

    private long allocateSlow() {
        long base = pages.takeOr0(slabPages, 0);
        boolean used = false;
        Locking.lock(lock);
        try {
            Heap.checkOpen(shut);
            if (hotBits == 0 && partial == 0 && base != 0) {
                used = addSlab(base);
            }
            if (hotBits != 0 || partial != 0) {
                return takeSlot();
            }
            failures++;
            return 0;
        } finally {
            Locking.unlock(lock);
            if (base != 0 && !used) {
                pages.giveBack(base, slabPages);
            }
        }
    }

    private boolean addSlab(long base) {
        int number = table.takeNumberOr0();
        if (number == 0) {
            return false;
        }
        long slab = table.slab(number);
        Slab.create(slab, base, slots);
        map.setEntries(base, slabPages, PageMap.slabEntry(sizeClass, number));
        link(slab);
        return true;
    }

    /**
     * Returns the slab of a page-map entry, which may have been read before another thread's misuse
     * took effect.
     */
    private long checkedSlab(long address, int entry) {
        Heap.checkOpen(shut);
        if (map.entry(address) != entry) {
            throw new MisuseException(
                    Kind.DOUBLE_FREE,
                    address,
                    "another thread gave the block back at the same time");
        }
        return table.slab(PageMap.slabNumber(entry));
    }

    /** Returns the slot that begins at {@code address} and is taken. */
    private int checkedSlot(long slab, long address) {
        long offset = address - Slab.base(slab);
        int slot = (int) ((offset * reciprocal) >>> RECIPROCAL_SHIFT);
        long begin = (long) slot * slotBytes;
        if (slot >= slots) {
            throw new MisuseException(
                    Kind.WILD, address, "no block of " + slotBytes + " bytes lies there");
        }
        long word = isHot(slab, slot) ? hotBits : Slab.word(slab, slot >>> 6);
        boolean free = (word >>> slot & 1) != 0;
        if (begin == offset && !free) {
            return slot;
        }
        throw free
                ? new MisuseException(
                        Kind.DOUBLE_FREE,
                        address,
                        "the block of %d bytes at 0x%x is free: given back before, or never handed out"
                                .formatted(slotBytes, address - offset + begin))
                : new MisuseException(
                        Kind.INTERIOR,
                        address,
                        "it lies inside the block of %d bytes at 0x%x"
                                .formatted(slotBytes, address - offset + begin));
    }

    private void link(long slab) {
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
    }
}
