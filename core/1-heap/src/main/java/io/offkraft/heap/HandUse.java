// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import org.jspecify.annotations.Nullable;

/**
 * Whether a bin's {@link Magazine} keeps a block in its hand.
 *
 * <p>Of a block that lies there freed the live bit does not tell. A thread that frees without the
 * stripe's guard would have to look at the hand, which the owner writes at each call: the cache
 * line would go to and fro. So where such threads are, the hand is given up, and the live bits
 * alone tell what is taken; it is used again once there were none for some time.
 *
 * <p>What such threads look at for each block lies on a line of its own.
 *
 * <p><b>Thread safety:</b> guarded by the stripe, but for what says otherwise.
 */
final class HandUse extends OwnCacheLine {
    /** Twice half the decay time without such a block bring it back, too. */
    private static final int TICKS = 2;

    private final Magazine magazine;
    private final long live;

    /**
     * Whether live bits alone tell. Written with the guard, once that is so. The magazine has the
     * same on its own line, which only the owner reads.
     */
    private volatile boolean givenUp;

    /** Since somebody looked, or a block came back that another thread has freed. */
    private final ExchangeCount exchanges = new ExchangeCount();

    HandUse(Magazine magazine, LiveBits live) {
        this.magazine = magazine;
        this.live = live.origin();
    }

    /**
     * At an exchange with the slabs: returns whether the hand must be emptied, and {@link #giveUp}
     * follow.
     */
    boolean mustBeGivenUp() {
        if (!magazine.isAnyLent() && magazine.takeSeen()) { // else when nothing is lent
            exchanges.restart();
            return !givenUp;
        }
        count(1);
        return false;
    }

    /** Half the decay time has passed: counts as if so many exchanges had been. */
    void passTime() {
        count(ExchangeCount.ENOUGH / TICKS);
    }

    private void count(int more) {
        if (givenUp && exchanges.isEnough(more)) {
            // Who saw it until now looks at a bit only: if he frees again what the owner frees into
            // the hand, both do it at the same time, which is noticed when it comes back.
            givenUp = false;
            magazine.useHand(true);
        }
    }

    /** The hand is empty, and stays so. */
    void giveUp() {
        magazine.useHand(false);
        givenUp = true; // volatile: who sees it sees the bit of what was in the hand
    }

    /**
     * Lends the tenant a block that it has just got; or null, where threads are that would have to
     * look, and {@link Bin#refuseLoan} must follow.
     */
    @Nullable LentBlock lendOrNull(long address) {
        return givenUp || magazine.isSeen() ? null : magazine.lend(address);
    }

    /**
     * Returns whether the block, which the caller is to free, is lent: then the tenant must not use
     * it any more. Also one that is free: it may be taken again before the caller looks whether it
     * is. Without the guard, and away from what the owner writes.
     */
    boolean isLent(long address) {
        return !givenUp && magazine.isLent(address);
    }

    /** Blocks have come back that another thread has freed. */
    void foreignFree() {
        exchanges.restart();
    }

    boolean isGivenUp() {
        return givenUp;
    }

    /**
     * Frees a block without the guard, and away from what the owner writes; returns whether it was
     * taken.
     */
    boolean tryFree(long address) {
        if (!givenUp) {
            magazine.see();
            if (!magazine.isTakenUnguarded(address)) {
                return false;
            }
        }
        return LiveBits.tryClearUnguarded(live, address);
    }
}
