// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * How long no other thread freed a block of a bin, in exchanges of its magazine with the slabs: see
 * {@link HandUse}. On a line of its own, as the owner writes it and others read what lies beside.
 *
 * <p><b>Thread safety:</b> guarded by the stripe.
 */
final class ExchangeCount extends OwnCacheLine {
    /** So many exchanges are long enough. */
    static final int ENOUGH = 256;

    private int exchanges;

    /** Another thread has freed a block. */
    void restart() {
        exchanges = 0;
    }

    /** Counts exchanges; returns whether it is long enough, and begins anew then. */
    boolean isEnough(int more) {
        exchanges += more;
        if (exchanges < ENOUGH) {
            return false;
        }
        exchanges = 0;
        return true;
    }
}
