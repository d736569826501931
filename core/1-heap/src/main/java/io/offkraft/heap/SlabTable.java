// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.Locking;
import io.offkraft.word.SharedAtomics;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The descriptors of all slabs, by number, in one run of raw memory.
 *
 * <p><b>Thread safety:</b> any thread; its own lock, taken inside that of a bin.
 */
final class SlabTable {
    private final ExclusiveLock lock;
    private final long address;
    private final int maxNumber;
    private int highestUsed; // guarded by the lock, as the next
    private long firstFree; // a list through Slab.next

    /** Pages of all slabs that carry no memory: the sum of {@link Slab#barePages}. */
    private final AtomicLong barePages = new AtomicLong();

    /** Makes an empty table over memory for {@code maxNumber + 1} descriptors. */
    SlabTable(ExclusiveLock lock, long address, int maxNumber) {
        this.lock = lock;
        this.address = address;
        this.maxNumber = maxNumber;
    }

    /** Returns the descriptor with that number. */
    long slab(int number) {
        return address + number * (long) Slab.BYTES;
    }

    /** Returns the number of an unused descriptor, from 1 up, or 0 if all are used. */
    int takeNumberOr0() {
        Locking.lock(lock);
        try {
            if (firstFree != 0) {
                long slab = firstFree;
                firstFree = Slab.next(slab);
                return (int) ((slab - address) / Slab.BYTES);
            }
            return highestUsed < maxNumber ? ++highestUsed : 0;
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Notes how many pages of a slab carry no memory. With the guard of its stripe. */
    void setBarePages(long slab, int pages) {
        int more = pages - Slab.barePages(slab);
        if (more != 0) {
            Slab.setBarePages(slab, pages);
            SharedAtomics.count();
            barePages.addAndGet(more);
        }
    }

    /** Returns how many pages of all slabs carry no memory, although they are held: a hint. */
    long barePages() {
        return barePages.getOpaque();
    }

    /** Takes the descriptor back. The slab is in no bin any more. */
    void giveBack(long slab) {
        setBarePages(slab, 0);
        Locking.lock(lock);
        try {
            Slab.setNext(slab, firstFree);
            firstFree = slab;
        } finally {
            Locking.unlock(lock);
        }
    }
}
