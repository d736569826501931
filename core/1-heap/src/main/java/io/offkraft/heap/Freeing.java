// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.MisuseException;
import io.offkraft.word.PageOrder;

/**
 * A free of any block, by any thread: what {@link Heap#free} leaves to do where it does not find
 * the block to be the caller's own stripe's, with room at hand.
 *
 * <p><b>Thread safety:</b> any thread, without a guard.
 */
final class Freeing {
    /** What a free leaves to do, if it is not the pages of a large block: a size class and one. */
    private static final long LARGEST_CLASS = PageOrder.PAGE_BYTES;

    private final Heap heap;
    private final Stripes stripes;
    private final PageMap map;
    private final SmallBlocks small;
    private final LargeBlocks large;

    Freeing(Heap heap, Stripes stripes, PageMap map, SmallBlocks small, LargeBlocks large) {
        this.heap = heap;
        this.stripes = stripes;
        this.map = map;
        this.small = small;
        this.large = large;
    }

    /**
     * Frees the block at {@code address}. NULL is ignored.
     *
     * @throws MisuseException if no block of the heap begins there
     */
    void free(long address) {
        if (address == 0) {
            return;
        }
        Thread self = Thread.currentThread();
        Tenure tenure = stripes.tenureOf(self);
        Stripe stripe;
        long left;
        if (tenure.tryEnter(self)) {
            stripe = tenure.stripe();
            try {
                left = freeWithGuard(stripe, address);
            } finally {
                tenure.leave();
            }
        } else {
            stripe = stripes.lockHome();
            try {
                stripe.checkOpen();
                left = freeWithGuard(stripe, address);
            } finally {
                stripe.unlock();
            }
        }
        if (left != 0) {
            finishFree(stripe, address, left);
        }
    }

    /** With the guard of a stripe, any: returns what {@link #finishFree} must do, or 0. */
    private long freeWithGuard(Stripe stripe, long address) {
        long entry = map.entry(address);
        int sizeClass = PageMap.sizeClass(entry);
        if (sizeClass == PageMap.LARGE) {
            return large.freeOrMinus1(stripe, address, entry);
        }
        if (sizeClass == PageMap.LENT) {
            return large.freeOrMinus1(stripe, address, large.endLoan(stripe, address, entry));
        }
        if (sizeClass >= SizeClasses.COUNT
                || entry == PageMap.NONE
                || !small.free(stripe, address, entry)) {
            return -1;
        }
        return small.mustGiveBack(stripe, stripe.bin(sizeClass)) ? sizeClass + 1 : 0;
    }

    private void finishFree(Stripe stripe, long address, long left) {
        if (left < 0) {
            throw heap.noBlock(address);
        } else if (left < LARGEST_CLASS) {
            small.giveBackEmpty(stripe, stripe.bin((int) left - 1), false, false);
        } else {
            large.giveBack(left, false);
        }
    }
}
