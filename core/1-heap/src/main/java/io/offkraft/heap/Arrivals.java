// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import org.jspecify.annotations.Nullable;

/**
 * Where parcels of a bin's blocks arrive that others have freed, and the empty ones are for them to
 * take. (Batched messages to who owns the memory: snmalloc, Liétar et al. 2019.)
 *
 * <p><b>Thread safety:</b> any thread sends, and takes empty ones, without a guard; the rest is for
 * who has that of the stripe.
 */
final class Arrivals {
    /**
     * A parcel has room for so many blocks: enough that a thread hardly notices what it takes to
     * send one; and few, as they are of use to nobody until it is sent.
     */
    static final int ROOM = 16;

    private final ParcelStack sent = new ParcelStack();
    private final ParcelStack emptied = new ParcelStack();

    /** Returns whether there may be something: a hint, without the guard. */
    boolean isAny() {
        return !sent.isEmpty();
    }

    /** Takes all parcels: the one sent last, which the others follow; or null. */
    @Nullable Parcel takeAllOrNull() {
        return sent.takeAllOrNull();
    }

    /** The bin has no need of the parcel any more. */
    void giveBack(Parcel parcel) {
        parcel.clear();
        emptied.push(parcel);
    }

    void forget() {
        var _ = sent.takeAllOrNull();
    }

    // Without the guard

    /** Sends the bin a parcel. */
    void send(Parcel parcel) {
        sent.push(parcel);
    }

    /** Returns an empty parcel, which others may follow: all are the caller's. */
    Parcel empties() {
        Parcel some = emptied.takeAllOrNull();
        return some == null ? new Parcel(ROOM) : some;
    }
}
