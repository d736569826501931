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

    /** So many loans that were refused count as an exchange: who frees what he takes has none. */
    static final int REFUSALS_AN_EXCHANGE = 16;

    private int exchanges;
    private int refusals; // of all time; may overflow

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

    /** A loan was refused: returns whether that counts as an exchange. */
    boolean mayBeExchange() {
        refusals++;
        return refusals % REFUSALS_AN_EXCHANGE == 0;
    }
}
