// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * How many slabs of a bin have no used slot, and the fewest that there were at any moment since a
 * tick of the clock asked: those nobody needed. (A low-water mark, as of tcmalloc's caches.)
 *
 * <p>A tick asks only if there are any. So it may be told too few, which go at the next one, but
 * never too many.
 *
 * <p>Guarded by the stripe.
 */
final class EmptyCount {
    private final EmptySlabs ofStripe;
    private final int slabPages;
    private int count;
    private int least;

    EmptyCount(EmptySlabs ofStripe, int slabPages) {
        this.ofStripe = ofStripe;
        this.slabPages = slabPages;
    }

    /** A slab became empty, or a new one was added. */
    void add() {
        count++;
        ofStripe.add(slabPages);
    }

    /** One of them is used again, or goes. */
    void remove() {
        count--;
        least = Math.min(least, count);
        ofStripe.remove(slabPages);
    }

    /** Returns how many were empty all the time since this was asked last. */
    int takeLeast() {
        int before = least;
        least = count;
        return before;
    }
}
