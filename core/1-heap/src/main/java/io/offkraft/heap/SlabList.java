// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * The slabs of a bin that have a free slot, linked through their descriptors: what is handed out
 * next first, and those that are wholly free last, so that they stay so.
 *
 * <p>Guarded by the stripe.
 */
final class SlabList {
    private long first;
    private long last;

    /** Returns the first slab, or 0; the others follow by {@link Slab#next}. */
    long first() {
        return first;
    }

    /** Puts a slab in front that is not in the list. */
    void addFirst(long slab) {
        link(slab, 0, first);
    }

    /** Puts a slab of the list behind all others. */
    void moveToEnd(long slab) {
        remove(slab);
        link(slab, last, 0);
    }

    private void link(long slab, long previous, long next) {
        Slab.setLinked(slab, true);
        Slab.setPrevious(slab, previous);
        Slab.setNext(slab, next);
        join(previous, slab);
        join(slab, next);
    }

    /** Takes a slab out. */
    void remove(long slab) {
        join(Slab.previous(slab), Slab.next(slab));
        Slab.setNext(slab, 0);
        Slab.setLinked(slab, false);
    }

    /** Makes {@code next} follow {@code previous}; 0 is what lies outside of the list. */
    private void join(long previous, long next) {
        if (previous == 0) {
            first = next;
        } else {
            Slab.setNext(previous, next);
        }
        if (next == 0) {
            last = previous;
        } else {
            Slab.setPrevious(next, previous);
        }
    }

    /** The heap is closed: there are no slabs any more. */
    void forget() {
        first = 0;
        last = 0;
    }
}
