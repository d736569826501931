// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import org.jspecify.annotations.Nullable;

/**
 * Where a bin gets parcels of its blocks that others have freed, and leaves the empty ones for
 * them.
 *
 * <p>(Batched messages to the owner: snmalloc, Liétar et al. 2019.)
 *
 * <p><b>Thread safety:</b> guarded by the stripe, but for what says otherwise.
 */
final class Arrivals {
    /** Blocks of so many bytes make a parcel; or a few, or many. */
    private static final int PARCEL_BYTES = 16 << 10;

    private static final int FEW = 16;
    private static final int MANY = 32;

    private final int room;
    private final ParcelStack sent = new ParcelStack();
    private final ParcelStack emptied = new ParcelStack();

    Arrivals(int slotBytes) {
        room = Math.clamp(PARCEL_BYTES / slotBytes, FEW, MANY);
    }

    /** Returns how many blocks a parcel has room for. */
    int room() {
        return room;
    }

    /** Returns whether there may be something. Also without the guard. */
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

    /** Returns an empty parcel, which others may follow; all are the caller's. */
    Parcel empties() {
        Parcel some = emptied.takeAllOrNull();
        return some == null ? new Parcel(room) : some;
    }
}
