// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Peterson's lock for two threads, without the fence between the store of one's wish and the look
 * at the other's.
 *
 * <p>It is right wherever memory is sequentially consistent, and so for every model checker. With
 * release stores and acquire loads the store may pass the load on all processors that we run on:
 * both may find the other without a wish.
 */
final class UnfencedPetersonLock {
    private static final VarHandle WISH = MethodHandles.arrayElementVarHandle(int[].class);
    private static final VarHandle TURN;

    static {
        try {
            TURN =
                    MethodHandles.lookup()
                            .findVarHandle(UnfencedPetersonLock.class, "turn", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int[] wish = new int[2];

    @SuppressWarnings("unused") // accessed through TURN only
    private int turn;

    /** Locks for thread {@code self}, 0 or 1. */
    void lock(int self) {
        final int other = 1 - self;
        WISH.setRelease(wish, self, 1);
        TURN.setRelease(this, other);
        // Here a full fence is missing.
        while ((int) WISH.getAcquire(wish, other) == 1 && (int) TURN.getAcquire(this) == other) {
            Thread.onSpinWait();
        }
    }

    /** Unlocks for thread {@code self}. */
    void unlock(int self) {
        WISH.setRelease(wish, self, 0);
    }
}
