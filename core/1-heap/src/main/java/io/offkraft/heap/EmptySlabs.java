// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * How many pages of a stripe lie in slabs without a used slot, which wait for the next blocks of
 * their size.
 *
 * <p>A program that frees much and takes it again then finds its slabs as they were; to make one
 * anew costs as much as ten pairs of malloc and free. Those slabs go when time passes and nobody
 * needed them ({@link EmptyCount}) or the heap grows, see {@link Upkeep}; near a limit, and beyond
 * {@link #MOST_PAGES}, at once.
 *
 * <p>Guarded by the stripe.
 */
final class EmptySlabs {
    /** As many as may stay: 8 MiB, a third of what a heap must hold for each stripe. */
    static final int MOST_PAGES = 2048;

    private int pages;

    void add(int some) {
        pages += some;
    }

    void remove(int some) {
        pages -= some;
    }

    int pages() {
        return pages;
    }

    boolean areTooMany() {
        return pages > MOST_PAGES;
    }
}
