// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Objects on their way from thread to thread: a word an object says which record published it last.
 *
 * <p><b>Thread safety:</b> any thread, but for {@link #reset()}, which needs all of them to be at
 * rest.
 *
 * <p><b>Memory effects:</b> what a thread did before it published an object's record is visible to
 * the thread that awaited that record.
 *
 * <p><b>Progress:</b> waiting blocks until the record is published or the replay is stopped.
 */
final class Handover {
    /** No record. */
    static final int NONE = -1;

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(int[].class);

    /**
     * A predecessor that runs is done within some hundred nanoseconds; spinning longer only heats.
     */
    private static final int SPINS = 256;

    /**
     * Then one that waits for a CPU gets ours, which on more threads than CPUs is the common case.
     */
    private static final int YIELDS = 64;

    /**
     * Then the waiter gets out of the way, so that a crowd of waiters does not slow the one that
     * all wait for.
     */
    private static final long FIRST_PARK_NANOS = 20_000;

    private static final long LAST_PARK_NANOS = 200_000;

    /** One more than the record, so that 0 is none. */
    private final int[] published;

    private volatile boolean stopped;

    /** The record that found no memory, first of all; {@link #NONE} while there is none. */
    private final AtomicInteger exhaustedAt = new AtomicInteger(NONE);

    Handover(int objects) {
        this.published = new int[objects];
    }

    /** Forgets everything, for the next round. */
    void reset() {
        Arrays.fill(published, 0);
        exhaustedAt.set(NONE);
        stopped = false;
    }

    /** Tells that {@code record}, the object's latest, is done. */
    void publishRelease(int object, int record) {
        // release: pairs with the acquire in isPublished; the block's table entry and content go
        // along
        WORD.setRelease(published, object, record + 1);
    }

    /**
     * Waits until {@code record} of {@code object} is done.
     *
     * @return false if the replay was stopped instead
     */
    boolean awaitAcquire(int object, int record) {
        for (int spins = 0; spins < SPINS; spins++) {
            if (isPublished(object, record)) {
                return true;
            }
            Thread.onSpinWait();
        }
        return awaitAcquireSlow(object, record);
    }

    /** Makes every thread that waits, and every one that looks, give up. */
    void stop() {
        stopped = true;
    }

    boolean isStopped() {
        return stopped;
    }

    /** Stops because {@code record} found no memory. */
    void stopExhausted(int record) {
        exhaustedAt.compareAndSet(NONE, record); // of several at once, one is told
        stop();
    }

    /** Returns the record that found no memory, or {@link #NONE}. */
    int exhaustedAt() {
        return exhaustedAt.get();
    }

    @SuppressWarnings("ThreadPriorityCheck") // only speed depends on it
    private boolean awaitAcquireSlow(int object, int record) {
        long parkNanos = FIRST_PARK_NANOS;
        for (int rounds = 0; !isPublished(object, record); rounds++) {
            if (stopped) {
                return false;
            }
            if (rounds < YIELDS) {
                Thread.yield();
            } else {
                LockSupport.parkNanos(this, parkNanos);
                parkNanos = Math.min(2 * parkNanos, LAST_PARK_NANOS);
            }
        }
        return true;
    }

    private boolean isPublished(int object, int record) {
        // acquire: pairs with publishRelease. Nobody publishes a later record of the object before
        // the waiter has made its own call, so equality is enough.
        return (int) WORD.getAcquire(published, object) == record + 1;
    }
}
