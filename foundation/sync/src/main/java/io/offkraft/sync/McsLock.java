// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A queue lock (Mellor-Crummey and Scott, 1991): each waiter spins on a node of its own, so a
 * release disturbs one waiter and not all of them. A word in front, as in Linux's qspinlock, keeps
 * the uncontended way short.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual.
 *
 * <p><b>Progress:</b> blocking. First in, first out among waiters while there is a CPU for each; if
 * not, a running thread may overtake a sleeping one for some milliseconds. A waiter whose wait was
 * interrupted or timed out leaves the queue at once.
 *
 * <p><b>Memory effects:</b> see {@link ExclusiveLock}. An acquisition that waits allocates a node
 * of some 32 bytes.
 *
 * <p><b>Failure:</b> none is detected without the validator.
 */
public final class McsLock extends QueuedLock {
    /*
     * The queue
     *   tail is the last node; a newcomer swaps itself in and links itself behind the one that was
     *   there. It is the heir when it swapped in at an empty queue, or when its predecessor says so.
     *   The lock itself is the word of QueuedLock: a node leaves the queue when its thread has the
     *   lock, not when it gives it back, so nothing of the queue is needed to unlock.
     *
     * A node that gives up
     *   is marked, and stays until its predecessor passes the turn on, which skips it. Marking and
     *   passing exclude each other by atomic changes of the node's state.
     */

    private static final int WAITING = 0;
    private static final int CALLED = 1;
    private static final int ASLEEP = 2;
    private static final int GONE = 3;

    /** The longest sleep is a millisecond, doubled so often. */
    private static final int SLEEP_DOUBLINGS = 6;

    private static final VarHandle TAIL;
    private static final VarHandle FIRST;
    private static final VarHandle NEXT;
    private static final VarHandle NODE_STATE;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            TAIL = lookup.findVarHandle(McsLock.class, "tail", Node.class);
            FIRST = lookup.findVarHandle(McsLock.class, "first", Node.class);
            NEXT = lookup.findVarHandle(Node.class, "next", Node.class);
            NODE_STATE = lookup.findVarHandle(Node.class, "nodeState", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final class Node {
        final Thread thread = Thread.currentThread();

        @SuppressWarnings("unused") // accessed through NODE_STATE only
        private int nodeState;

        @SuppressWarnings("unused") // accessed through NEXT only
        private @Nullable Node next;
    }

    @SuppressWarnings("unused") // accessed through TAIL only
    private @Nullable Node tail;

    @SuppressWarnings("unused") // accessed through FIRST only
    private @Nullable Node first;

    /** Makes a free lock. */
    public McsLock() {}

    @Override
    boolean acquireQueued(Patience patience) {
        Node node = new Node();
        SchedulePoint.reach();
        SharedAtomics.count();
        // Both ways: publishes the node, and sees all of the predecessor.
        Node predecessor = (Node) TAIL.getAndSet(this, node);
        if (predecessor != null) {
            SchedulePoint.reach();
            NEXT.setRelease(predecessor, node); // release: pairs with the acquire in nextOf
            Waited waited = awaitTurn(node, patience);
            if (waited != Waited.IN_TURN) {
                return waited == Waited.GRANT_TAKEN;
            }
        }
        FIRST.setOpaque(this, node);
        boolean acquired = acquireAsHeir(patience);
        FIRST.setOpaque(this, null); // else it would hold all nodes that come after, for ever
        passTurn(node);
        return acquired;
    }

    private Waited awaitTurn(Node node, Patience patience) {
        int untaken = 0;
        int sleeps = 0;
        // An heir with a grant is no waiter any more.
        int turn = isCrowded() && !isGranted() ? Polling.SPINS : 0;
        int state = WAITING;
        while (true) {
            SchedulePoint.reach();
            // acquire: pairs with the swap in passTurn.
            if ((int) NODE_STATE.getAcquire(node) == CALLED) {
                return Waited.IN_TURN;
            }
            if (patience.isOver()) {
                SharedAtomics.count();
                // Either this or passTurn is first. If this is, the turn skips the node.
                return NODE_STATE.compareAndSet(node, state, GONE) ? Waited.OVER : Waited.IN_TURN;
            }
            if (turn < Polling.SPINS) {
                Polling.pauseAwake(turn++);
                untaken = isGranted() ? untaken + 1 : 0;
            } else if (untaken == UNTAKEN_MAX && takeGrant()) {
                SharedAtomics.count();
                if (!NODE_STATE.compareAndSet(node, state, GONE)) { // as above
                    passTurn(node);
                }
                return Waited.GRANT_TAKEN;
            } else if (state == ASLEEP || tellAsleep(node)) {
                state = ASLEEP;
                untaken = 0;
                // passTurn wakes who is ASLEEP, and a wake-up is not lost, so the sleep may be
                // long.
                // That it ends at all is for wake-ups that something else of this thread's has
                // eaten.
                patience.sleep(
                        this, Polling.SLEEP_NANOS_MAX << Math.min(sleeps++, SLEEP_DOUBLINGS));
            }
        }
    }

    private static boolean tellAsleep(Node node) {
        SharedAtomics.count();
        return NODE_STATE.compareAndSet(
                node, WAITING, ASLEEP); // both ways: before or after passTurn
    }

    /** Makes the next one that still waits the heir; {@code node} leaves the queue. */
    private void passTurn(Node node) {
        Node leaving = node;
        while (true) {
            Node next = nextOf(leaving);
            if (next == null) {
                return;
            }
            SchedulePoint.reach();
            SharedAtomics.count();
            // release: what the caller did before. Pairs with the acquire in awaitTurn. Who is GONE
            // does not look any more.
            int state = (int) NODE_STATE.getAndSet(next, CALLED);
            if (state == ASLEEP) {
                LockSupport.unpark(next.thread);
            }
            if (state != GONE) {
                return;
            }
            leaving = next;
        }
    }

    /**
     * Returns who comes after {@code node}; {@code null} if nobody does, and then the queue is
     * empty.
     */
    private @Nullable Node nextOf(Node node) {
        SchedulePoint.reach();
        Node next = (Node) NEXT.getAcquire(node); // acquire: pairs with the release of the link
        if (next == null) {
            SharedAtomics.count();
            // Release: whoever swaps in after this finds an empty queue, and is the heir.
            if (TAIL.compareAndSet(this, node, null)) {
                return null;
            }
        }
        // Somebody has swapped in and is about to link itself.
        for (int turn = 0; next == null; turn++) {
            Polling.pauseAwake(turn);
            SchedulePoint.reach();
            next = (Node) NEXT.getAcquire(node);
        }
        return next;
    }

    @Override
    boolean isCrowded() {
        int count = 0;
        // opaque: a hint, taken while the queue changes. No node is used for anything but counting.
        for (Node node = (Node) FIRST.getOpaque(this);
                node != null && count < Polling.CPUS;
                node = (Node) NEXT.getOpaque(node)) {
            count++;
        }
        return count >= Polling.CPUS;
    }
}
