// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.lockfree.IndexStack;
import io.offkraft.lockfree.StripedCounter;
import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * A stack of free blocks without a lock, and beside it for each block whether it is taken.
 *
 * <p>The stack alone would take a block twice. So who gives one back first claims it: of threads
 * that do so at once, one changes its state from taken to free, and only that one may push it. Who
 * pops a block has it alone, so that it says without a compare-and-set that it is taken.
 */
final class SharedFreeBlocks implements FreeBlocks {
    private static final VarHandle STATES = MethodHandles.arrayElementVarHandle(byte[].class);
    private static final byte TAKEN = 0;
    private static final byte FREE = 1;
    private static final int NONE = -1;

    private final IndexStack stack;
    private final byte[] states;
    private final StripedCounter refusals = new StripedCounter();

    /** All of {@code capacity} blocks are free, 0 on top. */
    SharedFreeBlocks(int capacity) {
        states = new byte[capacity];
        Arrays.fill(states, FREE);
        stack = IndexStack.full(capacity);
    }

    @Override
    public int takeOrMinus1() {
        int index = stack.popOr(NONE);
        if (index == NONE) {
            refusals.increment();
        } else {
            setTaken(index);
        }
        return index;
    }

    @Override
    public int take(BlockPool pool, long[] into, int from, int wanted) {
        int some = 0;
        int index = stack.popSomeOr(wanted, NONE);
        while (index != NONE) {
            setTaken(index);
            into[from + some++] = pool.addressOf(index);
            index = stack.belowOr(index, NONE);
        }
        if (some < wanted) {
            refusals.increment();
        }
        return some;
    }

    @Override
    public boolean tryGive(int index) {
        if (!tryClaim(index)) {
            return false;
        }
        stack.push(index);
        return true;
    }

    @Override
    public int giveOrFirstWrong(BlockPool pool, long[] addresses, int from, int some) {
        int top = NONE;
        int bottom = NONE;
        for (int n = 0; n < some; n++) {
            int index = pool.indexOrMinus1(addresses[from + n]);
            if (index < 0 || !tryClaim(index)) {
                giveUp(top, n);
                return n;
            }
            if (top == NONE) {
                bottom = index;
            } else {
                stack.link(index, top);
            }
            top = index;
        }
        if (top != NONE) {
            stack.push(top, bottom);
        }
        return some;
    }

    /** The blocks of a chain are their owners' again. */
    private void giveUp(int top, int length) {
        int index = top;
        for (int n = 0; n < length; n++) {
            int below = stack.belowOr(index, NONE); // of the last one it is whatever was there
            setTaken(index);
            index = below;
        }
    }

    /** Makes a block free that is taken; then it is the caller's to push. */
    private boolean tryClaim(int index) {
        SchedulePoint.reach();
        SharedAtomics.count();
        // Of claims of one block one succeeds; pairs with setTaken by who popped it last.
        return STATES.compareAndSet(states, index, TAKEN, FREE);
    }

    /** The caller has popped it, or claimed it. */
    private void setTaken(int index) {
        SchedulePoint.reach();
        // Opaque: whoever gives the block back has it from the caller, which orders the two.
        STATES.setOpaque(states, index, TAKEN);
    }

    @Override
    public int available() {
        int free = 0;
        for (int index = 0; index < states.length; index++) {
            free += (byte) STATES.getOpaque(states, index) == FREE ? 1 : 0; // as it is at rest
        }
        return free;
    }

    @Override
    public long refusals() {
        return refusals.sum();
    }
}
