// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.lang.invoke.VarHandle;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

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
        Bin bin;
        long address;
        try {
            home.checkOpen();
            bin = home.usedBin(sizeClass);
            address = bin.takeOr0();
        } finally {
            home.unlock();
        }
        if (address == 0) {
            address = allocateOfNewSlabOr0(home, bin);
        }
        return address != 0 ? address : allocateAnywhereOr0(sizeClass);
    }

    private long allocateOfNewSlabOr0(Stripe home, Bin bin) {
        large.beforeNewPages(home);
        long base = pages.takeInHandOr0(bin.shape().pages);
        if (base == 0) {
            return 0;
        }
        boolean used = false;
        home.lock();
        try {
            home.checkOpen();
            long address = bin.takeOr0(); // another thread may have brought one meanwhile
            if (address == 0) {
                used = bin.add(base);
                address = bin.takeOr0();
            }
            return address;
        } finally {
            home.unlock();
            if (!used) {
                pages.giveBack(base, bin.shape().pages);
            }
            pages.endGivingBack();
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
        int owner = PageMap.stripe(entry);
        if (owner == stripe.index()) {
            return stripe.bin(PageMap.sizeClass(entry)).free(address);
        }
        Stripe other = stripes.ownOrNull(owner);
        if (other == null) {
            return false;
        }
        Bin bin = other.bin(PageMap.sizeClass(entry));
        interruptIfLent(other, bin, address);
        return stripe.outbox(entry, bin).free(address);
    }

    /** Before a block of a stripe is freed without its guard. */
    private static void interruptIfLent(Stripe owner, Bin bin, long address) {
        if (bin.hand().isLent(address)) {
            owner.interruptLending(); // first: what is freed must not be used without a look
        }
    }

    /**
     * Copies the block that begins at {@code address} and frees it, if somebody has it: of several
     * threads that do this, or free it, one gets through. Without a guard.
     *
     * @param target where {@code bytes} bytes of it go
     * @return false if no block of this heap begins there
     */
    boolean tryMove(long address, long target, long bytes) {
        Stripe owner = stripes.ownOrNull(PageMap.stripe(map.entry(address)));
        if (owner == null) {
            return false;
        }
        owner.lock(); // nobody else can make the memory another block's meanwhile
        try {
            owner.checkOpen();
            long entry = map.entry(address);
            if (PageMap.stripe(entry) != owner.index()
                    || PageMap.sizeClass(entry) >= SizeClasses.COUNT) {
                return false;
            }
            Bin bin = owner.bin(PageMap.sizeClass(entry));
            if (bin.shape().slotBytes != bytes || !bin.isLive(address)) {
                return false;
            }
            RawMemory.copy(address, target, bytes);
            // As any thread without the guard, for which those who have none wait neither.
            interruptIfLent(owner, bin, address);
            if (!bin.freeAsOthers(address)) {
                return false;
            }
            bin.magazine().countForeignFrees(1);
            return true;
        } finally {
            owner.unlock();
        }
    }

    /** Returns the bytes of the block that begins at {@code address}; 0 if none does. As free. */
    int usableBytesOr0(long address, long entry) {
        Bin bin = ownBinOrNull(entry);
        return bin != null && bin.isLive(address) ? bin.shape().slotBytes : 0;
    }

    /** Returns the bin of a slab of this heap; null if it is another one's. */
    private @Nullable Bin ownBinOrNull(long entry) {
        Stripe stripe = stripes.ownOrNull(PageMap.stripe(entry));
        return stripe == null ? null : stripe.bin(PageMap.sizeClass(entry));
    }

    /**
     * Finds the live blocks of the slab that begins at {@code base}; with the guard of any stripe.
     *
     * @return how many addresses there are in {@code found}; -1 if no such slab of this heap begins
     *     there, or not all the time
     */
    int findLive(long base, long entry, long[] found) {
        long slab = table.slab(PageMap.number(entry));
        Bin bin = ownBinOrNull(entry);
        if (bin == null || Slab.base(slab) != base) {
            return -1;
        }
        int count = 0;
        for (int slot = 0; slot < SizeClasses.slots(PageMap.sizeClass(entry)); slot++) {
            long address = base + (long) slot * bin.shape().slotBytes;
            if (bin.isLive(address)) {
                found[count++] = address;
            }
        }
        VarHandle.loadLoadFence(); // before the second look
        return map.entry(base) == entry && Slab.base(slab) == base ? count : -1;
    }

    /**
     * Returns where the slot begins that {@code address} lies in, and whether it is free.
     *
     * @param stripe of the slab, of any heap of the tree
     */
    Slot slotAround(Stripe stripe, long address, long entry) {
        long slab = table.slab(PageMap.number(entry));
        Bin bin = stripe.bin(PageMap.sizeClass(entry));
        int bytes = bin.shape().slotBytes;
        long offset = address - Slab.base(slab);
        long begin = address - offset % bytes;
        return new Slot(
                begin, bytes, bin.shape().slotOrMinus1(slab, begin) >= 0, !bin.isLive(begin));
    }

    /** A slot; {@code exists} is false behind the last one of a slab. */
    record Slot(long begin, int bytes, boolean exists, boolean isFree) {}

    // Giving memory back; all without a guard

    /** With the guard, after a free: returns whether {@link #giveBackEmpty} must follow at once. */
    boolean mustGiveBack(Stripe stripe, Bin bin) {
        return bin.hasSurplus() && (stripe.emptySlabs().areTooMany() || !pages.mayKeepFree());
    }

    /** Gives back the pages of empty slabs; returns whether there were any. */
    boolean giveBackEmpty(Stripe stripe, Bin bin, boolean all, boolean aged) {
        return giveBackEmpty(stripe, bin, Integer.MAX_VALUE, all, aged);
    }

    /** Sends what is kept here of other stripes' blocks. */
    void send(Stripe stripe) {
        stripe.lock();
        stripe.outgoing().sendAll();
        stripe.unlock();
    }

    /** Puts what others have sent into the slabs. */
    void collect(Stripe stripe, Bin bin) {
        stripe.lock();
        bin.collect();
        stripe.unlock();
    }

    /** Time passes, which may bring the hand back: see {@link HandUse}. */
    void passTime(Stripe stripe, Bin bin) {
        stripe.lock();
        bin.passTime();
        stripe.unlock();
    }

    /** Time passes: gives back the pages of as many slabs as were empty since it passed last. */
    void giveBackUntouched(Stripe stripe, Bin bin) {
        stripe.lock();
        int untouched = bin.takeUntouched();
        stripe.unlock();
        if (untouched > 0) {
            giveBackEmpty(stripe, bin, untouched, false, true);
        }
    }

    private boolean giveBackEmpty(Stripe stripe, Bin bin, int most, boolean all, boolean aged) {
        long[] bases = new long[BATCH];
        int left = most;
        int count;
        pages.beginGivingBack();
        try {
            do {
                stripe.lock();
                count = bin.takeEmpty(bases, left, all);
                stripe.unlock();
                giveBack(bases, count, bin, aged);
                left -= count;
            } while (count == BATCH);
        } finally {
            pages.endGivingBack();
        }
        return left < most;
    }

    private void giveBack(long[] bases, int count, Bin bin, boolean aged) {
        for (int i = 0; i < count; i++) {
            if (aged) {
                pages.giveBackAged(bases[i], bin.shape().pages);
            } else {
                pages.giveBack(bases[i], bin.shape().pages);
            }
        }
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
        if (stripe.isShut()) {
            stripe.unlock();
            return; // or the pages would be another heap's when their memory is given back
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
}
