// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.util.BitSet;

/**
 * Where a sweep of a bin is, which gives back the memory of free pages of slabs in use.
 *
 * <p>While the pages of a slab are given back without the guard, it is out of the bin's list:
 * nobody allocates from it, and who puts a slot of it back leaves it as it is even if that was the
 * last one taken.
 *
 * <p>Guarded by the stripe.
 */
final class SlabSweep {
    private final SlabTable table;
    private final SlabShape shape;
    private long swept; // the slab, or 0
    private int sweptPages; // of it, that are given back
    private long next; // slab of the list at which it goes on; leave keeps it right

    SlabSweep(SlabTable table, SlabShape shape) {
        this.table = table;
        this.shape = shape;
    }

    /** Begins at the first slab of the list. */
    void begin(long first) {
        next = first;
    }

    /**
     * Returns the next slab that has pages to give back, which must be taken out of the list; 0 if
     * the sweep is over.
     *
     * @param pages becomes the pages of it on which no slot is taken
     */
    long nextOr0(BitSet pages) {
        while (next != 0) {
            long slab = next;
            next = Slab.next(slab);
            if (!Slab.isDiscarded(slab)) {
                Slab.setDiscarded(slab, true);
                shape.findFreePages(slab, pages);
                if (!pages.isEmpty()) {
                    swept = slab;
                    sweptPages = pages.cardinality();
                    return slab;
                }
            }
        }
        return 0;
    }

    /** Returns whether it is at this slab. */
    boolean has(long slab) {
        return slab == swept;
    }

    /** A slab goes from its place in the list: a sweep that is to go on there does so behind it. */
    void leave(long slab) {
        if (slab == next) {
            next = Slab.next(slab);
        }
    }

    /**
     * Leaves the slab that it is at; returns it, to be put into the list, or 0.
     *
     * @param discarded whether its free pages carry no memory now
     */
    long endOr0(boolean discarded) {
        long slab = swept;
        swept = 0;
        if (slab != 0 && discarded) {
            table.setBarePages(slab, sweptPages);
        } else if (slab != 0) {
            Slab.setDiscarded(slab, false);
        }
        return slab;
    }

    /** The heap is closed. */
    void forget() {
        next = 0;
        swept = 0;
    }
}
