// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import org.jspecify.annotations.Nullable;

/**
 * What the users of a stripe have freed of one other stripe's blocks of a size class, until it
 * fills a parcel.
 *
 * <p>Guarded by the stripe that frees.
 */
final class Outbox extends OwnCacheLine {
    private final long key;
    private final Arrivals arrivals;
    private final HandUse hand;
    private final Magazine counts;
    private final long live;

    /** What is to be sent next; the empty ones for later follow. */
    private @Nullable Parcel parcel;

    /**
     * Makes an empty one.
     *
     * @param key what {@link #isFor} is to be asked about
     * @param bin whose blocks go in here
     * @param counts that of the stripe that frees: where it counts
     */
    Outbox(long key, Bin bin, Magazine counts, LiveBits live) {
        this.key = key;
        this.counts = counts;
        this.live = live.origin();
        arrivals = bin.arrivals();
        hand = bin.hand();
        parcel = arrivals.empties();
    }

    /** Returns whether the blocks of a page go in here, by {@link PageMap#keyOf} of its entry. */
    boolean isFor(long itsKey) {
        return key == itsKey;
    }

    /**
     * Frees the block at {@code address}, if that is nothing but to note it: what most calls do.
     *
     * @return false if it is more, and {@link #free} does it; or if no block begins there
     */
    boolean tryFree(long itsKey, long address) {
        Parcel next = parcel;
        if (key != itsKey
                || next == null
                || next.isFilledByOne()
                || !hand.isGivenUp()
                || !LiveBits.tryClearUnguarded(live, address)) {
            return false;
        }
        next.add(address);
        counts.countForeignFrees(1);
        return true;
    }

    /**
     * Frees the block at {@code address}, and sends what there is if it is enough.
     *
     * @return false if no block begins there
     */
    boolean free(long address) {
        Parcel next = parcel;
        if (next == null) {
            next = arrivals.empties(); // first, as there may be no memory for it
            parcel = next;
        }
        if (!hand.tryFree(address)) {
            return false;
        }
        next.add(address);
        counts.countForeignFrees(1);
        if (next.isFull()) {
            send();
        }
        return true;
    }

    /** Sends what there is. */
    void send() {
        Parcel next = parcel;
        if (next != null && next.count() > 0) {
            parcel = next.below();
            arrivals.send(next);
        }
    }

    /** Returns whether there is anything: a hint, without the guard. */
    boolean isAny() {
        Parcel next = parcel;
        return next != null && next.count() > 0;
    }
}
