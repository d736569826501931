// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * What a stripe had done when it was looked at last, so as to tell what nobody asked for since.
 *
 * <p>As time passes, a size class is idle of which no block was handed out. As a heap grows, one
 * that had a small part in all that was done is no reason to keep free pages either: there are many
 * classes, and a program that grows has asked for a block or two of each, now and then. How large a
 * part it had can be told only where much was done. Where little was, as in each stripe of many
 * threads that share a CPU, what a thread asked for once it will ask for again, and one block
 * counts.
 *
 * <p><b>Thread safety:</b> one thread at a time. It reads the stripe without its guard.
 */
final class StripeUse {
    /** A class is idle if no more than one in so many calls handed out a block of it. */
    private static final int CALLS_A_BLOCK = 256;

    /** But not if there were more: what is free for them is used, however much else is done. */
    private static final int FEW_BLOCKS = 4;

    /** So many calls tell which size classes, of some hundred, a program uses. */
    private static final int MUCH = FEW_BLOCKS * CALLS_A_BLOCK;

    private static final int FAR_DIVISOR = 64;
    private static final long FAR_PAGES_AT_LEAST = 16;

    private final long[] allocations = new long[SizeClasses.COUNT];
    private long largeAllocations;
    private long activity;
    private long pages; // that all heaps held
    private long none; // so many blocks of a class count as none

    /**
     * The heap has grown by a step; returns whether the stripe is to be looked at now.
     *
     * <p>Of a heap of many stripes each has caused only a part of the growth, on average, and its
     * calls count as such a part of them: or those of many threads would take slabs again and again
     * that they lost to each other's growth.
     *
     * <p>Not where nothing was done: the thread may only have had no turn. Most have had none, of
     * many that share a CPU, and would take again what they lost.
     */
    boolean isDue(Stripe stripe, int stripes, long pagesNow) {
        long now = stripe.activity();
        long calls = (now - activity) / stripes;
        if (calls < MUCH && (now == activity || !isFar(pages, pagesNow))) {
            return false;
        }
        activity = now;
        pages = pagesNow;
        none = Math.min(FEW_BLOCKS, calls / CALLS_A_BLOCK);
        return true;
    }

    /**
     * Calls are not all that tells that a program has gone on to something else: returns whether it
     * has, even if there were few, as the heap has grown by a 64th part.
     */
    static boolean isFar(long pages, long pagesNow) {
        return pagesNow - pages >= Math.max(FAR_PAGES_AT_LEAST, pages / FAR_DIVISOR);
    }

    /** Looks at a size class: returns whether it was idle since the last look. */
    boolean isIdle(Bin bin) {
        long before = allocations[bin.sizeClass()];
        long now = bin.allocations();
        allocations[bin.sizeClass()] = now;
        return now - before <= none;
    }

    /** Looks at the large blocks: returns whether none were asked for since the last look. */
    boolean isLargeIdle(Stripe stripe) {
        long before = largeAllocations;
        largeAllocations = stripe.largeAllocations();
        return largeAllocations == before;
    }
}
