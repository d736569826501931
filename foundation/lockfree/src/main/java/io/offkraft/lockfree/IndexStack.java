// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A stack of the numbers from 0 to n - 1, each in it at most once: what is free among n things of a
 * kind, last freed first. Treiber's stack (1986) with a tag beside the top against ABA, as the
 * manual of the IBM System/370 has it.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual. An index must not be pushed while it is
 * in the stack: whoever popped it owns it and may push it, once. A second push is not detected, and
 * makes the stack lose indices or give one out twice.
 *
 * <p><b>Progress:</b> lock-free: a thread repeats its compare-and-set only if another thread's has
 * succeeded, so wherever threads stop, the others go on. Not wait-free.
 *
 * <p><b>ABA:</b> each pop changes the tag, of 32 bits. A thread would be fooled if between its look
 * at the top and its compare-and-set exactly a multiple of 2^32 pops happened, and the same index
 * were on top again: minutes of nothing but pops during a pause of one thread.
 *
 * <p><b>Memory effects:</b> what a thread did before it pushed an index is visible to whoever pops
 * it. Nothing is allocated after construction.
 *
 * <p><b>Failure:</b> {@link IndexOutOfBoundsException} for an index that is not one of the n,
 * {@link IllegalArgumentException} for a negative n; nothing changes then.
 */
public final class IndexStack {
    /*
     *   head   63            32 31                    0
     *          |  tag: pops    |  top + 1; 0 if empty  |
     *   next[i]  for i in the stack: what is under i, or NONE
     *
     * Why a tag
     *   A popper reads top = a and next[a] = b, and stops. Others pop a and b and push a again: the
     *   top is a as before, but b is not under it any more, and a compare-and-set of a to b would
     *   give b to two owners. Each pop counts the tag up, and a cannot come back without one. A push
     *   need not count: it only says that its index is on top of the one it has seen there, which
     *   is true whenever that one is the top, for however often in between.
     *
     * A late popper may read next[a] while its owner writes it for a push. Benign: the owner popped
     * a, so the tag has changed and the popper's compare-and-set fails.
     */

    private static final int NONE = -1;
    private static final long INDEX_MASK = 0xffff_ffffL;
    private static final long ONE_POP = 1L << Integer.SIZE;

    private static final VarHandle HEAD;
    private static final VarHandle NEXT = MethodHandles.arrayElementVarHandle(int[].class);

    static {
        try {
            HEAD = MethodHandles.lookup().findVarHandle(IndexStack.class, "head", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int[] next;

    @SuppressWarnings("unused") // accessed through HEAD only
    private long head; // 0: empty, also for who gets the stack by a race

    /**
     * Makes an empty stack.
     *
     * @param n how many indices there are, 0 or more; each takes 4 bytes
     */
    public IndexStack(int n) {
        if (n < 0) {
            throw new IllegalArgumentException("n must be 0 or more: " + n);
        }
        next = new int[n];
    }

    /** Returns a stack in which all {@code n} indices are, 0 on top. */
    public static IndexStack full(int n) {
        final IndexStack stack = new IndexStack(n);
        for (int index = n - 1; index >= 0; index--) {
            stack.push(index);
        }
        return stack;
    }

    /**
     * Puts {@code index} on top.
     *
     * @param index one that is not in the stack
     */
    public void push(int index) {
        push(index, index);
    }

    /**
     * Takes the top.
     *
     * @param ifEmpty the answer if the stack is empty
     * @return the index, which is the caller's now
     */
    public int popOr(int ifEmpty) {
        for (int failures = 0; ; failures++) {
            SchedulePoint.reach();
            // volatile: pairs with the compare-and-set of the push, which published next
            final long head = (long) HEAD.getVolatile(this);
            final int top = topOf(head);
            if (top == NONE) {
                return ifEmpty;
            }
            SchedulePoint.reach();
            final int below = (int) NEXT.getOpaque(next, top); // stale at worst, see above
            SchedulePoint.reach();
            SharedAtomics.count();
            // volatile: pairs with the compare-and-set of the push; claims the top
            if (HEAD.weakCompareAndSet(this, head, word(head + ONE_POP, below))) {
                return top;
            }
            Passing.yieldLines(failures);
        }
    }

    /**
     * Takes all at once, as a chain: {@link #belowOr} leads from one to the next.
     *
     * @param ifEmpty the answer if the stack is empty
     * @return what was on top; all of the chain is the caller's now
     */
    public int popAllOr(int ifEmpty) {
        for (int failures = 0; ; failures++) {
            SchedulePoint.reach();
            // volatile: pairs with the compare-and-sets of the pushes, which published the chain
            final long head = (long) HEAD.getVolatile(this);
            if (topOf(head) == NONE) {
                return ifEmpty;
            }
            SchedulePoint.reach();
            SharedAtomics.count();
            // volatile: claims all; counts as a pop, as each index of the chain may come back
            if (HEAD.weakCompareAndSet(this, head, word(head + ONE_POP, NONE))) {
                return topOf(head);
            }
            Passing.yieldLines(failures);
        }
    }

    /**
     * Takes the topmost {@code most} at once, or all if there are fewer, as a chain: {@link
     * #belowOr} leads from one to the next. Takes a step for each; if another thread changes the
     * stack meanwhile it begins anew.
     *
     * @param most 1 or more
     * @param ifEmpty the answer if the stack is empty
     * @return what was on top; all of the chain is the caller's now
     */
    public int popSomeOr(int most, int ifEmpty) {
        if (most < 1) {
            throw new IllegalArgumentException("most must be 1 or more: " + most);
        }
        for (int failures = 0; ; failures++) {
            SchedulePoint.reach();
            // volatile: pairs with the compare-and-sets of the pushes, which published the chain
            final long head = (long) HEAD.getVolatile(this);
            final int top = topOf(head);
            if (top == NONE) {
                return ifEmpty;
            }
            int last = top;
            SchedulePoint.reach();
            int below = (int) NEXT.getOpaque(next, last); // stale at worst, as for popOr
            for (int length = 1; length < most && below != NONE; length++) {
                last = below;
                SchedulePoint.reach();
                below = (int) NEXT.getOpaque(next, last);
            }
            SchedulePoint.reach();
            SharedAtomics.count();
            // volatile: claims the chain; nothing was popped since the look, so nothing in it moved
            if (HEAD.weakCompareAndSet(this, head, word(head + ONE_POP, below))) {
                SchedulePoint.reach();
                NEXT.setOpaque(next, last, NONE); // the caller's; a late popper fails, see above
                return top;
            }
            Passing.yieldLines(failures);
        }
    }

    /**
     * Makes {@code lower} come after {@code upper} in a chain for {@link #push(int, int)}. Both are
     * the caller's.
     */
    public void link(int upper, int lower) {
        checkIndex(upper);
        checkIndex(lower);
        SchedulePoint.reach();
        NEXT.setOpaque(next, upper, lower); // published by the push
    }

    /**
     * Puts a chain on top at once: {@code top}, and what {@link #link} made come after it, down to
     * {@code bottom}.
     *
     * @param top the first of the chain, none of which is in the stack
     * @param bottom the last one; {@code top} itself if it is alone
     */
    public void push(int top, int bottom) {
        checkIndex(top);
        checkIndex(bottom);
        for (int failures = 0; ; failures++) {
            SchedulePoint.reach();
            final long head = (long) HEAD.getOpaque(this); // opaque: the compare-and-set decides
            SchedulePoint.reach();
            NEXT.setOpaque(next, bottom, topOf(head)); // published by the compare-and-set
            SchedulePoint.reach();
            SharedAtomics.count();
            // volatile: pairs with the look and the compare-and-set of a pop; publishes the chain
            if (HEAD.weakCompareAndSet(this, head, word(head, top))) {
                return;
            }
            Passing.yieldLines(failures);
        }
    }

    /**
     * Returns what comes after {@code index} in a chain that the caller took by {@link #popAllOr}
     * or {@link #popSomeOr}, or made by {@link #link}; asked before {@code index} is pushed again.
     *
     * @param ifLast the answer for the last one
     */
    public int belowOr(int index, int ifLast) {
        checkIndex(index);
        final int below = (int) NEXT.getOpaque(next, index); // the caller's since popAllOr
        return below == NONE ? ifLast : below;
    }

    /** Returns whether nothing is in the stack: a hint, out of date when read. */
    public boolean isEmpty() {
        return topOf((long) HEAD.getOpaque(this)) == NONE; // opaque: a hint
    }

    /** Returns how many indices there are, in the stack or not. */
    public int capacity() {
        return next.length;
    }

    /**
     * Checks that no index is in the stack twice, while nobody else uses it.
     *
     * @throws IllegalStateException if one is
     */
    void validate() {
        int length = 0;
        for (int index = topOf(head); index != NONE; index = next[index]) {
            if (++length > next.length) {
                throw new IllegalStateException("index " + index + " is in the stack twice");
            }
        }
    }

    private void checkIndex(int index) {
        if (index < 0 || index >= next.length) {
            throw outOfBounds(index);
        }
    }

    private IndexOutOfBoundsException outOfBounds(int index) {
        return new IndexOutOfBoundsException(
                "index must be in [0, %d): %d".formatted(next.length, index));
    }

    private static long word(long tagOf, int top) {
        return (tagOf & ~INDEX_MASK) | (top + 1);
    }

    private static int topOf(long head) {
        return (int) head - 1;
    }

    @Override
    public String toString() {
        return "IndexStack[of " + next.length + (isEmpty() ? ", empty]" : "]");
    }
}
