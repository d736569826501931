// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.Locking;
import io.offkraft.word.PageOrder;

/**
 * Blocks that are too large for a size class: runs of pages straight from the buddy.
 *
 * <p><b>Thread safety:</b> any thread. The lock guards the counters and the page-map entries of
 * large blocks; whoever clears the entry owns the block, so of two threads that free it only one
 * gets through. It is not held while the buddy works.
 */
final class LargeBlocks {
    private final ExclusiveLock lock;
    private final HeldPages pages;
    private final PageMap map;
    private final long maxPages;

    // Guarded by the lock:
    private long allocations;
    private long frees;
    private long failures;
    private long livePages;
    private boolean shut;

    LargeBlocks(ExclusiveLock lock, HeldPages pages, PageMap map, long maxPages) {
        this.lock = lock;
        this.pages = pages;
        this.map = map;
        this.maxPages = maxPages;
    }

    /**
     * Returns the address of a block of {@code size} bytes, taken as unsigned; or 0 if there is no
     * memory.
     */
    long allocateOr0(long size, int alignmentOrder) {
        long wanted = size < 0 ? Long.MAX_VALUE : Math.max(1, PageOrder.pagesHolding(size));
        long address = wanted > maxPages ? 0 : pages.takeOr0(wanted, alignmentOrder);
        Locking.lock(lock);
        try {
            Heap.checkOpen(shut);
            if (address == 0) {
                failures++;
                return 0;
            }
            map.setEntries(address, 1, PageMap.LARGE);
            allocations++;
            livePages += wanted;
            return address;
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Frees the block that begins at {@code address}. */
    void free(long address) {
        long blockPages;
        Locking.lock(lock);
        try {
            blockPages = checkedPages(address);
            map.setEntries(address, 1, PageMap.NONE);
            frees++;
            livePages -= blockPages;
        } finally {
            Locking.unlock(lock);
        }
        pages.giveBack(address, blockPages);
    }

    /** Returns the bytes of the block that begins at {@code address}. */
    long usableBytes(long address) {
        Locking.lock(lock);
        try {
            return checkedPages(address) << PageOrder.PAGE_SHIFT;
        } finally {
            Locking.unlock(lock);
        }
    }

    /**
     * Makes the block that begins at {@code address} hold {@code size} bytes where it is; returns
     * whether it could.
     */
    boolean tryResize(long address, long size) {
        long usable = usableBytes(address);
        long blockPages = usable >>> PageOrder.PAGE_SHIFT;
        long newPages = PageOrder.pagesHolding(size);
        if (newPages > blockPages) {
            if (newPages > maxPages || !pages.tryExtend(address, blockPages, newPages)) {
                return false;
            }
        } else if (newPages < blockPages) {
            pages.giveBackTail(address, blockPages, newPages);
        }
        Locking.lock(lock);
        try {
            livePages += newPages - blockPages;
        } finally {
            Locking.unlock(lock);
        }
        return true;
    }

    /** Adds what was counted here. */
    void addTo(HeapStatistics.Sum sum) {
        Locking.lock(lock);
        try {
            sum.add(allocations, frees, failures, livePages << PageOrder.PAGE_SHIFT);
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
        Locking.unlock(lock);
    }

    private long checkedPages(long address) {
        Heap.checkOpen(shut);
        if ((address & (PageOrder.PAGE_BYTES - 1)) != 0) {
            throw new MisuseException(
                    Kind.INTERIOR,
                    address,
                    "it lies inside the page that a large block begins with");
        }
        long blockPages = map.entry(address) == PageMap.LARGE ? pages.blockPagesOr0(address) : 0;
        if (blockPages == 0) {
            throw new MisuseException(
                    Kind.DOUBLE_FREE,
                    address,
                    "another thread gave the block back at the same time");
        }
        return blockPages;
    }
}
