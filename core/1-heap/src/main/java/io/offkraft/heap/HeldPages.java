// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.word.PageOrder;
import io.offkraft.word.SharedAtomics;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * The pages that the heap holds of the buddy's, never more than the limit allows.
 *
 * <p><b>Thread safety:</b> any thread, without a lock. A page is counted before it is asked for and
 * until after it was given back, so the count is never below the truth.
 */
final class HeldPages {
    private final BuddyAllocator buddy;
    private final long limitPages;
    private final BooleanSupplier reclaim;
    private final Growth growth;
    private final AtomicLong held = new AtomicLong();
    private final AtomicLong peak = new AtomicLong();

    /**
     * Makes an empty account.
     *
     * @param reclaim gives back pages that are held for nothing, and says whether there were any;
     *     called without a lock, when a request would fail
     */
    HeldPages(BuddyAllocator buddy, long limitPages, BooleanSupplier reclaim, Growth growth) {
        this.buddy = buddy;
        this.limitPages = limitPages;
        this.reclaim = reclaim;
        this.growth = growth;
    }

    long pages() {
        return held.get();
    }

    long peakPages() {
        return peak.get();
    }

    /** Returns the address of a new run of pages, or 0 if the limit or the memory is reached. */
    long takeOr0(long pages, int alignmentOrder) {
        long address = tryTakeOr0(pages, alignmentOrder);
        return address == 0 && pages <= limitPages && reclaim.getAsBoolean()
                ? tryTakeOr0(pages, alignmentOrder)
                : address;
    }

    private long tryTakeOr0(long pages, int alignmentOrder) {
        if (!tryCount(pages)) {
            return 0;
        }
        growth.reach(held.get());
        long address = buddy.palloc(pages, alignmentOrder);
        if (address == 0) {
            SharedAtomics.count();
            held.getAndAdd(-pages);
        }
        return address;
    }

    /** Makes the run longer without moving it, if the limit and the pages behind it allow. */
    boolean tryExtend(long address, long pages, long newPages) {
        if (!tryCount(newPages - pages)) {
            return false;
        }
        boolean extended = false;
        try {
            extended = buddy.tryExtend(address, newPages);
        } finally {
            if (!extended) {
                SharedAtomics.count();
                held.getAndAdd(pages - newPages);
            }
        }
        return extended;
    }

    /** Returns the pages of the run that begins at {@code address}, or 0 if none does. */
    long blockPagesOr0(long address) {
        return buddy.blockPagesOr0(address);
    }

    /** Gives back a whole run. */
    void giveBack(long address, long pages) {
        buddy.pfree(address, pages);
        SharedAtomics.count();
        held.getAndAdd(-pages);
    }

    /** Gives back a whole run that was held for the decay time without need. */
    void giveBackAged(long address, long pages) {
        buddy.pfreeAged(address, pages);
        SharedAtomics.count();
        held.getAndAdd(-pages);
    }

    /** Gives back the memory of pages in a run that is held, and that nobody touches meanwhile. */
    boolean discard(long address, long pages) {
        return buddy.discard(address, pages);
    }

    /** Gives back the end of a run of {@code pages} pages, so that {@code newPages} are left. */
    void giveBackTail(long address, long pages, long newPages) {
        buddy.pfreeRange(address + (newPages << PageOrder.PAGE_SHIFT), pages - newPages);
        SharedAtomics.count();
        held.getAndAdd(newPages - pages);
    }

    private boolean tryCount(long pages) {
        for (; ; ) {
            long now = held.get();
            if (pages > limitPages - now) {
                return false;
            }
            SharedAtomics.count();
            // Acquire-release: pairs with the other updates of the same counter only; it publishes
            // nothing else.
            if (held.compareAndSet(now, now + pages)) {
                raisePeak(now + pages);
                return true;
            }
        }
    }

    private void raisePeak(long pages) {
        for (long seen = peak.get(); seen < pages; seen = peak.get()) {
            SharedAtomics.count();
            if (peak.compareAndSet(seen, pages)) {
                return;
            }
        }
    }
}
