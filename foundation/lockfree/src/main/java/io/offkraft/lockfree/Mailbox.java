// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import io.offkraft.sync.WaitQueue;
import io.offkraft.word.SchedulePoint;
import java.util.function.BooleanSupplier;

/**
 * A bounded first-in-first-out queue of {@code long}s whose users wait: who posts, while it is
 * full; who receives, while it is empty. The mailbox of Unikraft ({@code uk_mbox}).
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual; a virtual one that waits gives its
 * carrier free. Handlers of interrupts may {@link #tryPost} and {@link #tryReceiveOr}.
 *
 * <p><b>Full and empty are exact</b>, as {@link MpmcLongRing} says: a try fails only if at some
 * moment during it the mailbox was full, or empty; so does a wait whose time is over.
 *
 * <p><b>Progress:</b> blocking; a thread that stops in the midst of a call may hold up others, as
 * {@link MpmcLongRing} says. Values are received in the order in which they were posted. Threads
 * that wait are woken in the order in which they came, one for each value or each place, but one
 * that has just come may be faster than one that was just woken, which then waits again, behind.
 *
 * <p><b>Memory effects:</b> what a thread did before it posted a value is visible to whoever
 * receives it. A wait allocates nothing, unless more threads wait than ever before.
 *
 * <p><b>Failure:</b> {@link io.offkraft.sync.LockUsageException} for an interrupt handler that
 * would have to wait. Whoever gives up, for time or an interrupt, has posted or received nothing.
 */
public final class Mailbox {
    /*
     * The ring alone says what is full and what is empty; the two queues only hold those who found
     * it so. (Unikraft counts both by semaphores. With two receivers at work, the token of a value
     * that was taken later may be free before that of one taken earlier: the count then says full
     * while the queue can't be.)
     *
     * No wake-up is lost: who has changed the ring looks at the queue of the others after a full
     * fence, who waits stands in the queue before it looks at the ring (see WaitQueue).
     */

    private final MpmcLongRing ring;
    private final WaitQueue posters = new WaitQueue();
    private final WaitQueue receivers = new WaitQueue();

    // Made once, so that waiting allocates nothing.
    private final BooleanSupplier hasRoom = this::hasRoom;
    private final BooleanSupplier hasMail = this::hasMail;

    /**
     * Makes an empty mailbox.
     *
     * @param capacity for how many values, a power of two from 2 to {@link
     *     MpmcLongRing#CAPACITY_MAX}
     */
    public Mailbox(int capacity) {
        ring = new MpmcLongRing(capacity);
    }

    /** Posts {@code value}, waiting for room as long as it takes. */
    public void post(long value) {
        while (!ring.offer(value)) {
            posters.await(hasRoom);
        }
        receivers.wakeOne();
    }

    /** As {@link #post(long)}, unless the thread is interrupted. */
    public void postInterruptibly(long value) throws InterruptedException {
        post(value, Long.MAX_VALUE);
    }

    /**
     * Posts {@code value}, waiting for room for at most {@code timeoutNanos}.
     *
     * @param timeoutNanos 0 or less is a single try, {@link Long#MAX_VALUE} as long as it takes
     * @return whether it was posted
     * @throws InterruptedException if the thread was interrupted before or while waiting
     */
    public boolean post(long value, long timeoutNanos) throws InterruptedException {
        throwIfInterrupted();
        if (!ring.offer(value)) {
            final long deadline = deadline(timeoutNanos);
            do {
                if (!posters.await(hasRoom, left(timeoutNanos, deadline))) {
                    return false;
                }
            } while (!ring.offer(value));
        }
        receivers.wakeOne();
        return true;
    }

    /**
     * Posts {@code value} if there is room. For interrupt handlers too: neither waits for room or a
     * lock nor allocates. At most it spins for another thread's few steps in the midst of a call.
     *
     * @return whether it was posted
     */
    public boolean tryPost(long value) {
        if (!ring.offer(value)) {
            return false;
        }
        receivers.wakeIsr();
        return true;
    }

    /** Receives the first value, waiting for one as long as it takes. */
    public long receive() {
        long position = ring.claim();
        while (position == MpmcLongRing.NONE) {
            receivers.await(hasMail);
            position = ring.claim();
        }
        return received(position);
    }

    /** As {@link #receive()}, unless the thread is interrupted. */
    public long receiveInterruptibly() throws InterruptedException {
        return receiveOr(0, Long.MAX_VALUE); // never 0 for want of a value: the time is never over
    }

    /**
     * Receives the first value, waiting for one for at most {@code timeoutNanos}.
     *
     * @param ifNone the answer if none came: a value that is never posted, if the two must be told
     *     apart
     * @param timeoutNanos 0 or less is a single try, {@link Long#MAX_VALUE} as long as it takes
     * @throws InterruptedException if the thread was interrupted before or while waiting
     */
    public long receiveOr(long ifNone, long timeoutNanos) throws InterruptedException {
        throwIfInterrupted();
        long position = ring.claim();
        if (position == MpmcLongRing.NONE) {
            final long deadline = deadline(timeoutNanos);
            do {
                if (!receivers.await(hasMail, left(timeoutNanos, deadline))) {
                    return ifNone;
                }
                position = ring.claim();
            } while (position == MpmcLongRing.NONE);
        }
        return received(position);
    }

    /**
     * Receives the first value if there is one. For interrupt handlers too: neither waits for a
     * value or a lock nor allocates. At most it spins for another thread's few steps in the midst
     * of a call.
     *
     * @param ifEmpty the answer if there is none
     */
    public long tryReceiveOr(long ifEmpty) {
        final long position = ring.claim();
        if (position == MpmcLongRing.NONE) {
            return ifEmpty;
        }
        final long value = ring.take(position);
        posters.wakeIsr();
        return value;
    }

    private long received(long position) {
        final long value = ring.take(position);
        posters.wakeOne();
        return value;
    }

    private boolean hasRoom() {
        return ring.size() < ring.capacity();
    }

    private boolean hasMail() {
        return ring.size() > 0;
    }

    private static void throwIfInterrupted() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    private static long deadline(long timeoutNanos) {
        return timeoutNanos == Long.MAX_VALUE
                ? 0
                : SchedulePoint.nanoTime() + Math.max(timeoutNanos, 0);
    }

    private static long left(long timeoutNanos, long deadline) {
        return timeoutNanos == Long.MAX_VALUE
                ? Long.MAX_VALUE
                : deadline - SchedulePoint.nanoTime();
    }

    /** Returns how many values wait to be received: a hint, out of date when read. */
    public int size() {
        return ring.size();
    }

    /** Returns for how many values there is room, always the same. */
    public int capacity() {
        return ring.capacity();
    }

    @Override
    public String toString() {
        return "Mailbox[" + size() + " of " + capacity() + "]";
    }
}
