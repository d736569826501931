// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the users of a stripe have freed of other stripes' blocks: kept until it fills a parcel, so
 * that its way back costs a thread the cache lines of many blocks at once.
 *
 * <p>What is kept is free for everyone who asks whether it is, but cannot be handed out. So it is
 * sent, too, when time passes, as the heap grows, at a trim, and before a request fails.
 *
 * <p>Guarded by the stripe.
 */
final class Outgoing {
    /** More than size classes; where two outboxes need the same place, the older one is sent. */
    private static final int PLACES = 256;

    /** What there is of a stripe whose users have freed nothing but its own blocks. */
    private static final @Nullable Outbox[] NOTHING = new Outbox[1];

    /** By {@link #place}; a power of two of them. */
    private @Nullable Outbox[] places = NOTHING;

    /** Returns what {@link #outboxOrNull} is to be asked about, until the next {@link #outbox}. */
    @Nullable Outbox[] places() {
        return places;
    }

    /** Returns what may be the outbox for the blocks of a page, by {@link PageMap#keyOf}. */
    static @Nullable Outbox outboxOrNull(@Nullable Outbox[] places, long key) {
        return places[place(key, places.length)];
    }

    /** A size class lies beside the next one, and another stripe's elsewhere. */
    private static int place(long key, int places) {
        return (int) (key + (key >>> Byte.SIZE) * 37) & (places - 1);
    }

    /**
     * Returns the outbox for the blocks of a page.
     *
     * @param bin the page's
     * @param counts where they are counted
     */
    Outbox outbox(long key, Bin bin, Magazine counts, LiveBits live) {
        if (places.length < PLACES) {
            places = new Outbox[PLACES];
        }
        int place = place(key, PLACES);
        Outbox there = places[place];
        if (there == null || !there.isFor(key)) {
            Outbox made = new Outbox(key, bin, counts, live);
            if (there != null) {
                there.send();
            }
            there = made;
            places[place] = made;
        }
        return there;
    }

    /** Returns whether anything is kept: a hint, without the guard. */
    boolean isAny() {
        for (Outbox outbox : places) {
            if (outbox != null && outbox.isAny()) {
                return true;
            }
        }
        return false;
    }

    /** Sends all that is kept. */
    void sendAll() {
        for (Outbox outbox : places) {
            if (outbox != null) {
                outbox.send();
            }
        }
    }

    /** The heap is closed. */
    void forget() {
        Arrays.fill(places, null);
    }
}
