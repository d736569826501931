// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A list to which many threads add and of which all is taken at once: the stack of Treiber (1986)
 * without a pop, and so without ABA.
 *
 * <p><b>Progress:</b> adding is lock-free, taking wait-free but for the reversal of what it took.
 *
 * <p><b>Memory effects:</b> what a thread did before it added is visible to who takes.
 */
final class RetiredList {
    /** One thing to be done later. */
    static final class Retired {
        final long item;
        final EpochReclaimer.Callback callback;

        /** Belongs to whoever adds it, until it is added; then to whoever took it. */
        @Nullable Retired next;

        Retired(long item, EpochReclaimer.Callback callback) {
            this.item = item;
            this.callback = callback;
        }
    }

    private static final VarHandle HEAD = MethodHandles.arrayElementVarHandle(Retired[].class);

    /** Elements of at least 4 bytes: so many are a stride, whatever the size of a reference. */
    private static final int MIDDLE = PaddedLongs.STRIDE_BYTES / Integer.BYTES;

    /** The newest, in the middle of an array: on a line that nothing else is on. */
    private final @Nullable Retired[] head = new Retired[2 * MIDDLE];

    void add(Retired retired) {
        addAll(retired, retired);
    }

    /** Adds a chain, newest first, on top of what is there. */
    void addAll(Retired newest, Retired oldest) {
        while (true) {
            SchedulePoint.reach();
            Retired top = (Retired) HEAD.getOpaque(head, MIDDLE); // opaque: see the next access
            oldest.next = top;
            SchedulePoint.reach();
            SharedAtomics.count();
            // release: pairs with takeAll.
            if (HEAD.compareAndSet(head, MIDDLE, top, newest)) {
                return;
            }
        }
    }

    boolean isEmpty() {
        SchedulePoint.reach();
        return (Retired) HEAD.getVolatile(head, MIDDLE) == null;
    }

    /** Takes all, newest first. */
    @Nullable Retired takeAll() {
        SchedulePoint.reach();
        Retired none = null; // typed, so that the access is exact
        SharedAtomics.count();
        // acquire: pairs with addAll
        return (Retired) HEAD.getAndSet(head, MIDDLE, none);
    }

    /** Returns the same chain the other way round. */
    static @Nullable Retired reversed(@Nullable Retired chain) {
        Retired reversed = null;
        Retired rest = chain;
        while (rest != null) {
            Retired next = rest.next;
            rest.next = reversed;
            reversed = rest;
            rest = next;
        }
        return reversed;
    }
}
