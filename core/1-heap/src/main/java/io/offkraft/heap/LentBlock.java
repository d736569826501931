// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.SchedulePoint;
import java.lang.invoke.VarHandle;

/**
 * A block of one size class that is lent to the tenant of a stripe: it frees and takes this one
 * without a guard, through a {@link ThreadHeap}.
 *
 * <p>To the live bits, and to its slab, a lent block is a used one, also while it is free: that is
 * told here. Only the tenant writes: the first two methods without the guard, while its tenure says
 * that it {@linkplain Tenure#isDirect may}; the others with it. So a thread that loses its CPU in
 * the middle of the first two holds up nobody, and nobody can take away what it is about to take.
 * Others read; what they want done is done by the tenant, with the guard, at its next call.
 */
class LentBlock extends OwnCacheLine {
    /** Nothing: what is never lent. */
    static final LentBlock NONE = new LentBlock();

    /**
     * None is lent, but the last one was free when its loan ended: so it still counts. Counting it
     * elsewhere takes two steps, between which nobody may look who is told exact figures; but a
     * dead thread's loans end at any time.
     */
    private static final long FREED = ~0L;

    private long block; // address; its complement while it is free; 0 or FREED if none is lent

    /** How often it was handed out from here; as often it had been freed to here. */
    private long takes;

    /** Returns the address of the block, if it was free until now; or 0. */
    long takeOr0() {
        long free = block;
        if (free >= FREED) {
            return 0;
        }
        SchedulePoint.reach();
        block = ~free;
        takes++; // after that: see frees
        return ~free;
    }

    /** Frees the block, if it is the one at {@code address}; returns whether it is. */
    boolean tryFree(long address) {
        if (address != block || address <= 0) {
            return false;
        }
        SchedulePoint.reach();
        block = ~address;
        return true;
    }

    // With the guard, by the tenant, or when it is dead

    /**
     * Lends a block that was just handed out, in place of another one that is not free.
     *
     * @return whether the free that a loan ended with is from now on to be counted elsewhere
     */
    boolean lend(long address) {
        assert block >= FREED : block;
        boolean freed = block == FREED;
        block = address;
        return freed;
    }

    /** Returns the block if it is free, or 0. */
    long freeOr0() {
        return block < FREED ? ~block : 0;
    }

    /** Returns whether the loan has ended, with a free that is still counted here. */
    boolean hasEndedFree() {
        return block == FREED;
    }

    /** Returns the block, if it is taken. */
    long taken() {
        return block;
    }

    /** Ends the loan; {@code freed} tells whether the block is free, and was freed here. */
    void end(boolean freed) {
        block = freed ? FREED : 0;
    }

    // Anybody, without the guard

    /** Returns whether the block is lent, free or not. */
    boolean isAny() {
        return block != 0 && block != FREED;
    }

    boolean isTaken(long address) {
        return address == block;
    }

    boolean isLent(long address) {
        long present = block;
        return present == address || present == ~address;
    }

    boolean isFree(long address) {
        return ~address == block;
    }

    long takes() {
        return takes;
    }

    /** Returns how often it was freed to here; may be one behind. */
    long frees() {
        long some = takes;
        VarHandle.loadLoadFence(); // or a free could count twice: as one that lies here, and taken
        return block < 0 ? some + 1 : some;
    }
}
