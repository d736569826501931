// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread that waits, and its place in a queue. Used again for another wait when one is over.
 *
 * <p>All but the state belongs to whoever holds the guard of the queue. The state tells the waiting
 * thread what has become of it; after it was made GRANTED the node is the waiting thread's, and
 * nobody else may touch it.
 */
final class Waiter extends Patience {
    /** Nothing has happened yet. */
    static final int WAITING = 0;

    /** It shall try by itself; it is in the queue still. */
    static final int WOKEN = 1;

    /** It has what it waits for, and is out of the queue. */
    static final int GRANTED = 2;

    /** The longest sleep; it ends at all for wake-ups that something else of the thread's ate. */
    private static final long SLEEP_NANOS = 1_000_000_000;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Waiter.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // accessed through STATE only
    private int state;

    private @Nullable Thread thread;

    @Nullable Waiter previous;
    @Nullable Waiter next;

    /** Whether it is in a queue. */
    boolean queued;

    /** What it waits for besides its turn; a queue's owner says what it means. */
    boolean claims;

    /** Whether it looks by itself now and then; a queue's owner says what for. */
    boolean watches;

    Waiter() {}

    /** Begins a wait of the calling thread. */
    void begin(boolean mayBeInterrupted, long timeoutNanos) {
        beginWait(mayBeInterrupted, timeoutNanos);
        thread = Thread.currentThread();
        claims = false;
        watches = false;
        STATE.setOpaque(this, WAITING); // published by the guard
    }

    /** Forgets the thread, so that the node does not keep it. */
    void end() {
        thread = null;
    }

    long threadId() {
        return waitingThread().threadId();
    }

    private Thread waitingThread() {
        Thread waiting = thread;
        if (waiting == null) {
            throw new AssertionError("a node that nobody waits with");
        }
        return waiting;
    }

    boolean is(int wanted) {
        SchedulePoint.reach();
        // acquire: pairs with the release of tell; what the other did before is visible.
        return (int) STATE.getAcquire(this) == wanted;
    }

    /** Called under the guard by the waiting thread before it sleeps again. */
    void waitAgain() {
        STATE.setOpaque(this, WAITING);
    }

    /**
     * Tells the waiting thread what has become of it; called under the guard, or by who took it out
     * of the queue.
     *
     * @return the thread, to be unparked when the guard is released
     */
    Thread tell(int news) {
        Thread waiting = waitingThread();
        SchedulePoint.reach();
        STATE.setRelease(this, news); // release: pairs with the acquire in is
        return waiting;
    }

    /**
     * Tells and wakes all of a chain that left its queue; called without the guard, so that no
     * kernel call is made under it. One that claims is granted what it waits for, the others are
     * woken.
     */
    static void tellAll(@Nullable Waiter chain) {
        Waiter node = chain;
        while (node != null) {
            Waiter following = node.next; // before it is told: then it may serve another wait
            node.next = null;
            LockSupport.unpark(node.tell(node.claims ? GRANTED : WOKEN));
            node = following;
        }
    }

    /** Waits for the news that somebody who took the node out of its queue is about to tell. */
    void awaitBeingTold() {
        for (int turn = 0; is(WAITING); turn++) {
            Polling.pauseAwake(turn);
        }
    }

    /**
     * Sleeps until told something, or {@code nanos} at most; false if the patience ended before.
     */
    boolean awaitNews(Object blocker, long nanos) {
        if (is(WAITING) && !isOver()) {
            sleep(blocker, nanos);
        }
        return !is(WAITING) || !isOver();
    }

    /** Sleeps until told something; false if the patience ended before. */
    boolean awaitNews(Object blocker) {
        while (is(WAITING)) {
            if (isOver()) {
                return false;
            }
            sleep(blocker, SLEEP_NANOS);
        }
        return true;
    }
}
