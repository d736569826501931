// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.sync.ExclusiveLock;

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

    // Guarded by the lock:
    private long partial; // first of the slabs with a free slot; the others follow by Slab.next
    private long allocations;
    private long frees;
    private long failures;
    private boolean shut;

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
        lock.lock();
        long slab = partial;
        if (slab == 0) {
            lock.unlock();
            return allocateSlow();
        }
        long address = takeSlot(slab);
        lock.unlock();
        return address;
    }

    /**
     * Frees the block at {@code address}, which a look at the page map without the lock found to be
     * this bin's.
     */
    void free(long address, int entry) {
        long emptied;
        lock.lock();
        try {
            long slab = checkedSlab(address, entry);
            int slot = checkedSlot(slab, address);
            frees++;
            emptied = freeSlot(slab, slot);
        } finally {
            lock.unlock();
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
        lock.lock();
        try {
            checkedSlot(checkedSlab(address, entry), address);
            return slotBytes;
        } finally {
            lock.unlock();
        }
    }

    /** Adds what this bin counted. */
    void addTo(HeapStatistics.Sum sum) {
        lock.lock();
        try {
            sum.add(allocations, frees, failures, (allocations - frees) * slotBytes);
        } finally {
            lock.unlock();
        }
    }

    /**
     * From now on every call throws; returns when no other thread is inside one that touches
     * metadata.
     */
    void shut() {
        lock.lock();
        shut = true;
        partial = 0;
        lock.unlock();
    }

    private long takeSlot(long slab) {
        long address = Slab.base(slab) + (long) Slab.takeSlot(slab) * slotBytes;
        if (Slab.freeSlots(slab) == 0) {
            unlink(slab);
        }
        allocations++;
        return address;
    }

    /**
     * Returns the address of the slab's pages if it became empty and is to be given back, else 0.
     */
    private long freeSlot(long slab, int slot) {
        int free = Slab.freeSlot(slab, slot);
        if (free == 1) {
            link(slab);
        }
        if (free < slots || (partial == slab && Slab.next(slab) == 0)) {
            // In use; or the bin's only slab with free slots, kept so that a lone pair does not
            // fetch pages each time.
            return 0;
        }
        unlink(slab);
        long base = Slab.base(slab);
        map.setEntries(base, slabPages, PageMap.NONE);
        table.giveBack(slab);
        return base;
    }

    private long allocateSlow() {
        long base = pages.takeOr0(slabPages, 0);
        boolean used = false;
        lock.lock();
        try {
            Heap.checkOpen(shut);
            if (partial == 0 && base != 0) {
                used = addSlab(base);
            }
            if (partial != 0) {
                return takeSlot(partial);
            }
            failures++;
            return 0;
        } finally {
            lock.unlock();
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
        boolean free = Slab.isFree(slab, slot);
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
