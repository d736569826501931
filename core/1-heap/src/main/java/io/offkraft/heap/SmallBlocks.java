// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.PageOrder;
import java.lang.invoke.VarHandle;
import java.util.BitSet;

/**
 * Blocks of the size classes: from the caller's stripe, and back to the one they came from.
 *
 * <p><b>Thread safety:</b> any thread, and each method says which guard its caller has. No guard is
 * held while the buddy works.
 */
final class SmallBlocks {
    /** What is given back with one taking of a guard. */
    private static final int BATCH = 32;

    private final Stripes stripes;
    private final LargeBlocks large;
    private final HeldPages pages;
    private final PageMap map;
    private final SlabTable table;

    SmallBlocks(Stripes stripes, LargeBlocks large, HeldPages pages, HeapMetadata metadata) {
        this.large = large;
        this.stripes = stripes;
        this.pages = pages;
        map = metadata.pageMap();
        table = metadata.slabTable();
    }

    // Allocating

    /** Returns the address of a block, or 0 if there is no memory. Without a guard. */
    long allocateOr0(int sizeClass) {
        Stripe home = stripes.lockHome();
        Bin bin = home.bin(sizeClass);
        long address;
        boolean surplus;
        try {
            home.checkOpen();
            address = bin.takeOr0();
            surplus = bin.hasSurplus();
        } finally {
            home.unlock();
        }
        if (surplus) {
            giveBackEmpty(home, bin, false, false);
        }
        if (address == 0) {
            address = allocateOfNewSlabOr0(home, bin);
        }
        return address != 0 ? address : allocateAnywhereOr0(sizeClass);
    }

    private long allocateOfNewSlabOr0(Stripe home, Bin bin) {
        large.giveBackSurplus(home);
        long base = pages.takeOr0(bin.slabPages(), 0);
        if (base == 0) {
            return 0;
        }
        boolean used = false;
        home.lock();
        try {
            home.checkOpen();
            long address = bin.takeOr0(); // another thread may have brought a slab meanwhile
            if (address == 0) {
                used = bin.add(base);
                address = bin.takeOr0();
            }
            return address;
        } finally {
            home.unlock();
            if (!used) {
                pages.giveBack(base, bin.slabPages());
            }
        }
    }

    /** There is no memory for a slab: takes what is free in one of any stripe. */
    private long allocateAnywhereOr0(int sizeClass) {
        for (int index = 0; index < stripes.count(); index++) {
            Stripe other = stripes.get(index);
            other.lock();
            try {
                other.checkOpen();
                long address = other.bin(sizeClass).takeOr0();
                if (address != 0) {
                    return address;
                }
            } finally {
                other.unlock();
            }
        }
        return 0;
    }

    // Freeing

    /**
     * Frees the block that begins at {@code address}, of a slab that the page map told. With the
     * guard of {@code stripe}, any.
     *
     * @return false if no block begins there
     */
    boolean free(Stripe stripe, long address, long entry) {
        long slab = table.slab(PageMap.number(entry));
        int sizeClass = PageMap.sizeClass(entry);
        Bin bin = stripe.bin(sizeClass);
        int owner = PageMap.stripe(entry);
        if (owner == stripe.index()) {
            return !(PageMap.isAway(entry) && bin.isAway(slab, address)) && bin.free(address);
        }
        if (!stripes.get(owner).bin(sizeClass).freeAway(slab, address, entry)) {
            return false;
        }
        bin.countForeignFree();
        return true;
    }

    /** Returns the bytes of the block that begins at {@code address}; 0 if none does. As free. */
    int usableBytesOr0(long address, long entry) {
        Bin bin = binOf(entry);
        return bin.isLive(table.slab(PageMap.number(entry)), address) ? bin.slotBytes() : 0;
    }

    private Bin binOf(long entry) {
        return stripes.get(PageMap.stripe(entry)).bin(PageMap.sizeClass(entry));
    }

    /**
     * Finds the live blocks of the slab that begins at {@code base}; with the guard of any stripe.
     *
     * @return how many addresses there are in {@code found}; -1 if no such slab begins there, or
     *     not all the time
     */
    int findLive(long base, long entry, long[] found) {
        long slab = table.slab(PageMap.number(entry));
        if (Slab.base(slab) != base) {
            return -1;
        }
        Bin bin = binOf(entry);
        int count = 0;
        for (int slot = 0; slot < SizeClasses.slots(PageMap.sizeClass(entry)); slot++) {
            long address = base + (long) slot * bin.slotBytes();
            if (bin.isLive(slab, address)) {
                found[count++] = address;
            }
        }
        VarHandle.loadLoadFence(); // before the second look
        return PageMap.isSameSlab(map.entry(base), entry) && Slab.base(slab) == base ? count : -1;
    }

    /** Returns where the slot begins that {@code address} lies in, and whether it is free. */
    Slot slotAround(long address, long entry) {
        long slab = table.slab(PageMap.number(entry));
        Bin bin = binOf(entry);
        int bytes = bin.slotBytes();
        long offset = address - Slab.base(slab);
        long begin = address - offset % bytes;
        return new Slot(begin, bytes, bin.slotOrMinus1(slab, begin) >= 0, !bin.isLive(slab, begin));
    }

    /** A slot; {@code exists} is false behind the last one of a slab. */
    record Slot(long begin, int bytes, boolean exists, boolean isFree) {}

    // Giving memory back; all without a guard

    /** Gives back the pages of empty slabs; returns whether there were any. */
    boolean giveBackEmpty(Stripe stripe, Bin bin, boolean all, boolean aged) {
        long[] bases = new long[BATCH];
        boolean any = false;
        int count;
        do {
            stripe.lock();
            count = bin.takeEmpty(bases, all);
            stripe.unlock();
            for (int i = 0; i < count; i++) {
                if (aged) {
                    pages.giveBackAged(bases[i], bin.slabPages());
                } else {
                    pages.giveBack(bases[i], bin.slabPages());
                }
            }
            any |= count > 0;
        } while (count == BATCH);
        return any;
    }

    /** Gives back the memory of the pages of slabs on which no slot is taken. */
    @SuppressWarnings("ThreadPriorityCheck") // the lock orders; the other sweep ends by itself
    void discardFreePages(Stripe stripe, Bin bin) {
        stripe.lock();
        while (stripe.isSweeping()) {
            stripe.unlock();
            Thread.yield();
            stripe.lock();
        }
        stripe.setSweeping(true);
        bin.beginSweep();
        stripe.unlock();
        BitSet free = new BitSet();
        boolean goesOn = true;
        try {
            while (goesOn) {
                stripe.lock();
                long base = bin.sweepNextOr0(free);
                stripe.unlock();
                if (base == 0) {
                    break;
                }
                goesOn = discard(base, free);
                stripe.lock();
                bin.endSweepOfSlab(goesOn);
                stripe.unlock();
            }
        } finally {
            stripe.lock();
            bin.endSweepOfSlab(false);
            stripe.setSweeping(false);
            stripe.unlock();
        }
    }

    /** Gives back the memory of the pages, a call a run; returns whether all is gone. */
    private boolean discard(long base, BitSet free) {
        for (int first = free.nextSetBit(0); first >= 0; ) {
            int end = free.nextClearBit(first);
            if (!pages.discard(base + ((long) first << PageOrder.PAGE_SHIFT), end - first)) {
                return false;
            }
            first = free.nextSetBit(end);
        }
        return true;
    }

    PageMap map() {
        return map;
    }
}
