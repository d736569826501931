// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.PageOrder;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Blocks that are too large for a size class: runs of pages from the buddy, or kept by a stripe or
 * in the depot since they were freed.
 *
 * <p><b>Thread safety:</b> any thread, and each method says which guard its caller has. Whoever
 * changes the page-map entry owns the block, so of two threads that free it only one gets through.
 * No guard is held while the buddy works.
 */
final class LargeBlocks {
    /** So often must new pages have been taken since a block was freed before it is unwanted. */
    private static final int UNWANTED_MISSES = 4;

    private static final int PAGE_MASK = (int) PageOrder.PAGE_BYTES - 1;

    private final Stripes stripes;
    private final HeldPages pages;
    private final PageMap map;
    private final int owner;
    private final long maxPages;
    private final boolean keepsFreed;
    private final LargeDepot depot;

    LargeBlocks(Stripes stripes, HeldPages pages, HeapTree tree) {
        this.stripes = stripes;
        this.pages = pages;
        map = tree.metadata.pageMap();
        owner = stripes.owner();
        maxPages = tree.capacityBytes >>> PageOrder.PAGE_SHIFT;
        keepsFreed = tree.keepsFreed;
        depot = new LargeDepot(tree.synchronization);
    }

    // Allocating

    /**
     * Returns the address of a block of {@code size} bytes, taken as unsigned, that the stripe has
     * kept; or 0. With its guard.
     */
    long takeKeptOr0(Stripe stripe, long size) {
        return takeKeptOfPagesOr0(stripe, pagesOf(size));
    }

    private long takeKeptOfPagesOr0(Stripe stripe, long wanted) {
        return handOut(stripe, stripe.large().takeOr0(wanted), wanted);
    }

    /** Makes the block somebody's, if there is one; returns its address. With the guard. */
    private long handOut(Stripe stripe, long address, long itsPages) {
        if (address != 0) {
            map.setEntry(address, entryOf(itsPages));
            stripe.countLargeAllocation(itsPages);
        }
        return address;
    }

    /** Returns how many pages a block of {@code size} bytes has. */
    static long pagesOf(long size) {
        return size < 0 ? Long.MAX_VALUE : Math.max(1, PageOrder.pagesHolding(size));
    }

    /**
     * Returns the address of a block of {@code size} bytes, taken as unsigned; or 0 if there is no
     * memory. Without a guard.
     */
    long allocateOr0(long size, int alignmentOrder) {
        long wanted = pagesOf(size);
        Stripe home = stripes.lockHome();
        long kept;
        try {
            home.checkOpen();
            kept = alignmentOrder == 0 ? takeKeptOfPagesOr0(home, wanted) : 0;
            if (kept == 0 && alignmentOrder == 0) {
                kept = handOut(home, depot.takeOr0(home, wanted), wanted);
            }
        } finally {
            home.unlock();
        }
        if (kept != 0) {
            return kept;
        }
        beforeNewPages(home);
        long address = wanted > maxPages ? 0 : pages.takeOr0(wanted, alignmentOrder);
        home = stripes.lockHome();
        try {
            home.checkOpen();
            if (address == 0) {
                home.countFailure();
                return 0;
            }
            return handOut(home, address, wanted);
        } finally {
            home.unlock();
        }
    }

    // Freeing

    /**
     * Frees the block of a page-map entry. With the stripe's guard.
     *
     * @return -1 if no block begins at {@code address}; else what {@link #giveBack} is to be told,
     *     or 0
     */
    long freeOrMinus1(Stripe stripe, long address, long entry) {
        if ((address & PAGE_MASK) != 0) {
            return -1;
        }
        long blockPages = PageMap.number(entry);
        // Whoever makes the change has freed the block, and nobody else has: so it may be kept only
        // after that. Another heap's entry is never what is expected here.
        if (blockPages == 0
                || !map.tryChange(
                        address,
                        entryOf(blockPages),
                        PageMap.largeEntry(owner, PageMap.CACHED, blockPages))) {
            return -1;
        }
        stripe.countLargeFree(blockPages);
        if (keepsFreed && stripe.large().tryPut(address, blockPages)) {
            return 0;
        }
        if (keepsFreed && depot.wants(stripe.index(), blockPages)) {
            depot.putSome(stripe.large());
            if (stripe.large().tryPut(address, blockPages)) {
                return 0;
            }
        }
        map.setEntry(address, PageMap.NONE);
        return pack(address, blockPages);
    }

    /** Takes a block that nobody has out of the page map; false if the heap is closed. */
    private boolean tryForget(long word) {
        Stripe home = stripes.lockHome();
        try {
            if (home.isShut()) {
                return false; // the pages may be another heap's now
            }
            map.setEntry(LargeCache.address(word), PageMap.NONE);
            return true;
        } finally {
            home.unlock();
        }
    }

    /**
     * Returns the entry of a block that the caller is to free, resize or give away, when it is not
     * lent any more: {@link PageMap#NONE} if nobody has it.
     *
     * @param stripe whose guard the caller has, any
     */
    long endLoan(Stripe stripe, long address, long entry) {
        Stripe lender = lenderOrNull(address, entry);
        if (lender == null) {
            return isStill(address, entry) ? PageMap.NONE : map.entry(address);
        }
        if (lender == stripe && stripe.tenant().thread == Thread.currentThread()) {
            stripe.loans().endTaken(address, PageMap.number(entry));
        } else {
            lender.interruptLending(); // first: what is freed must not be used without a look
            map.tryChange(address, entry, entryOf(PageMap.number(entry)));
        }
        return map.entry(address);
    }

    /**
     * After the block was found not to be lent, although its entry said so: returns whether nobody
     * has it. Else the tenant has just ended the loan: it changes the entry first.
     */
    private boolean isStill(long address, long entry) {
        VarHandle.loadLoadFence();
        return map.entry(address) == entry;
    }

    /** Returns the entry of a block that the caller has, when it is not lent. Without a guard. */
    long entryOfUnlent(long address) {
        long entry = map.entry(address);
        if (PageMap.sizeClass(entry) != PageMap.LENT) {
            return entry;
        }
        Stripe home = stripes.lockHome();
        try {
            home.checkOpen();
            return endLoan(home, address, entry);
        } finally {
            home.unlock();
        }
    }

    /** Returns the stripe that lends the block, if somebody has it; or null. */
    private @Nullable Stripe lenderOrNull(long address, long entry) {
        Stripe stripe = stripes.ownOrNull(PageMap.stripe(entry));
        return stripe != null && stripe.loans().isTaken(address, PageMap.number(entry))
                ? stripe
                : null;
    }

    /** Takes a block out of the cache, for {@link #giveBack}; 0 if there is none to take. */
    private long forgetOldestOr0(LargeCache kept, long missesSince) {
        long word = kept.takeOldestOr0(missesSince);
        if (word != 0) {
            map.setEntry(LargeCache.address(word), PageMap.NONE);
        }
        return word; // is packed
    }

    /** An address, of a page, and how many; if there are too many to tell, 0. */
    private static long pack(long address, long itsPages) {
        return address | (itsPages <= PAGE_MASK ? itsPages : 0);
    }

    /** Gives a run of pages back; without any guard. */
    void giveBack(long packed, boolean aged) {
        long address = packed & ~(long) PAGE_MASK;
        long told = packed & PAGE_MASK;
        long itsPages = told != 0 ? told : pages.blockPagesOr0(address);
        if (aged) {
            pages.giveBackAged(address, itsPages);
        } else {
            pages.giveBack(address, itsPages);
        }
    }

    /** Gives back all blocks that the stripe keeps; returns whether there were any. */
    boolean giveBackKept(Stripe stripe, boolean aged) {
        long[] packed = new long[LargeCache.BLOCKS];
        pages.beginGivingBack();
        try {
            stripe.lock();
            int count = takeKept(stripe, packed);
            stripe.unlock();
            for (int i = 0; i < count; i++) {
                giveBack(packed[i], aged);
            }
            return count > 0;
        } finally {
            pages.endGivingBack();
        }
    }

    /** Gives back all blocks that are in the depot; returns whether there were any. */
    boolean giveBackDepot(boolean aged) {
        boolean any = false;
        pages.beginGivingBack();
        try {
            for (long word = depot.takeAnyOr0(); word != 0; word = depot.takeAnyOr0()) {
                any = true;
                if (tryForget(word)) {
                    giveBack(word, aged);
                }
            }
            return any;
        } finally {
            pages.endGivingBack();
        }
    }

    LargeDepot depot() {
        return depot;
    }

    /**
     * Takes all blocks that the stripe keeps, for {@link #giveBack}. With its guard.
     *
     * @return how many there are in {@code packed}
     */
    private int takeKept(Stripe stripe, long[] packed) {
        int count = 0;
        for (long oldest = forgetOldestOr0(stripe.large(), 0);
                oldest != 0;
                oldest = forgetOldestOr0(stripe.large(), 0)) {
            packed[count++] = oldest;
        }
        return count;
    }

    /** Before new pages are taken: notes that what the stripe keeps was of no use. */
    void beforeNewPages(Stripe stripe) {
        stripe.large().miss();
        if (!pages.mayKeepFree()) {
            giveBackUnwanted(stripe);
        }
    }

    /**
     * Gives back what the stripe keeps, but that new pages were taken again and again since: it is
     * not what is asked for. Without a guard.
     */
    void giveBackUnwanted(Stripe stripe) {
        while (stripe.large().pagesOfAll() > 0) {
            pages.beginGivingBack();
            try {
                stripe.lock();
                long oldest = forgetOldestOr0(stripe.large(), UNWANTED_MISSES);
                stripe.unlock();
                if (oldest == 0) {
                    return;
                }
                giveBack(oldest, false);
            } finally {
                pages.endGivingBack();
            }
        }
    }

    // Looking and resizing

    /** Returns whether the block of a large entry, not a lent one, is this heap's. */
    private boolean isOwn(long entry) {
        return PageMap.stripe(entry) == owner;
    }

    /** Returns the entry of a block of this heap that somebody has. */
    long entryOf(long blockPages) {
        return PageMap.largeEntry(owner, PageMap.LARGE, blockPages);
    }

    /** Returns the bytes of the heap's block that begins at {@code address}; 0 if none does. */
    long usableBytesOr0(long address, long entry) {
        if (PageMap.sizeClass(entry) == PageMap.LENT
                && lenderOrNull(address, entry) == null
                && (stripes.ownOrNull(PageMap.stripe(entry)) == null || isStill(address, entry))) {
            return 0;
        }
        return (address & PAGE_MASK) != 0
                        || (PageMap.sizeClass(entry) != PageMap.LENT && !isOwn(entry))
                ? 0
                : (long) PageMap.number(entry) << PageOrder.PAGE_SHIFT;
    }

    /**
     * Makes the block that begins at {@code address} hold {@code size} bytes where it is; returns
     * whether it could. The caller owns the block and has no guard.
     */
    boolean tryResize(long address, long entry, long size) {
        long blockPages = PageMap.number(entry);
        long newPages = PageOrder.pagesHolding(size);
        if (newPages > blockPages) {
            if (newPages > maxPages || !pages.tryExtend(address, blockPages, newPages)) {
                return false;
            }
        }
        Stripe home = stripes.lockHome();
        try {
            home.checkOpen(); // or the pages may be another heap's now
            map.setEntry(address, entryOf(newPages));
            home.countLargeResize(newPages - blockPages);
        } finally {
            home.unlock();
        }
        if (newPages < blockPages) {
            pages.giveBackTail(address, blockPages, newPages);
        }
        return true;
    }
}
