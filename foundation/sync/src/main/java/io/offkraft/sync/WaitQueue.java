// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Threads that wait until something is true, and are woken by whoever made it true: the wait queue
 * of Unix kernels ({@code wait_event} and {@code wake_up} of Linux).
 *
 * <pre>{@code
 * queue.await(() -> ring.poll() ...);   // asks again each time it is woken
 *
 * ring.offer(x);                        // makes it true, then
 * queue.wakeOne();                      // wakes one that waits
 * }</pre>
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual; a virtual one that waits gives its
 * carrier free. Handlers of interrupts may {@link #wakeIsr()}.
 *
 * <p><b>Progress:</b> blocking; first in, first out. Each wake-up is for a waiter of its own:
 * waking one twice wakes two, even before the first has run. A wake-up whose waiter has given up
 * meanwhile goes on to the next. What is asked runs in the waiting thread, without any lock.
 *
 * <p><b>Memory effects:</b> what a thread did before it woke is visible to what the waiter asks
 * after. A wait allocates nothing, unless more wait than ever before.
 *
 * <p><b>Failure:</b> {@link LockUsageException} for an interrupt handler that wants to wait. What
 * the question throws ends the wait.
 */
public final class WaitQueue {
    /*
     * No wake-up is lost
     *   Waiter: stand in the queue, then ask. Waker: make it true, then look at the queue. Both
     *   have a full fence between, so at least one sees the other.
     */

    private static final VarHandle WAITING;

    static {
        try {
            WAITING = MethodHandles.lookup().findVarHandle(WaitQueue.class, "waiting", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final WaiterList waiters = new WaiterList();
    private final IsrDrain guard = new IsrDrain(this::takeFirst);

    /** The length of the queue, for those without the guard. */
    @SuppressWarnings("unused") // accessed through WAITING only
    private int waiting;

    /** Makes an empty queue. */
    public WaitQueue() {}

    /** Waits until {@code question} is answered with yes. */
    public void await(BooleanSupplier question) {
        if (!question.getAsBoolean()) {
            Waiter node = join(false, Long.MAX_VALUE);
            try {
                awaitYes(node, question);
            } finally {
                node.concludeEndless();
                recycle(node);
            }
        }
    }

    /**
     * Waits until {@code question} is answered with yes, for at most {@code timeoutNanos}.
     *
     * @param timeoutNanos 0 or less asks once, {@link Long#MAX_VALUE} waits as long as it takes
     * @return whether it was
     * @throws InterruptedException if the thread was interrupted before or while waiting
     */
    public boolean await(BooleanSupplier question, long timeoutNanos) throws InterruptedException {
        Patience.throwIfInterrupted();
        if (question.getAsBoolean()) {
            return true;
        }
        if (timeoutNanos <= 0) {
            return false;
        }
        Waiter node = join(true, timeoutNanos);
        boolean yes = awaitYes(node, question);
        try {
            return node.conclude(yes);
        } finally {
            recycle(node);
        }
    }

    private boolean awaitYes(Waiter node, BooleanSupplier question) {
        boolean yes = false;
        boolean used = false; // whether the last wake-up is the reason of the answer
        try {
            yes = question.getAsBoolean(); // again, now that it stands in the queue
            while (!yes && node.awaitNews(this)) {
                yes = question.getAsBoolean();
                used = yes;
                if (!yes) {
                    rejoin(node);
                    yes = question.getAsBoolean();
                }
            }
            return yes;
        } finally {
            leave(node, used);
        }
    }

    private Waiter join(boolean interruptible, long timeoutNanos) {
        BlockingCheck.mayBlock("WaitQueue");
        guard.lock();
        Waiter node = waiters.take(interruptible, timeoutNanos);
        waiters.addLast(node);
        publishLength();
        guard.unlock();
        return node;
    }

    /** In front: it has waited longest. */
    private void rejoin(Waiter node) {
        guard.lock();
        node.waitAgain();
        waiters.addFirst(node);
        publishLength();
        guard.unlock();
    }

    /** Takes the node out; if it was woken, and the wake-up not used, wakes the next one. */
    private void leave(Waiter node, boolean used) {
        guard.lock();
        boolean woken = !node.queued;
        if (!woken) {
            waiters.remove(node);
            publishLength();
        }
        guard.unlock();
        if (woken) {
            node.awaitBeingTold();
            if (!used) {
                wakeOne();
            }
        }
    }

    private void recycle(Waiter node) {
        guard.lock();
        waiters.giveBack(node);
        guard.unlock();
    }

    /** Under the guard. */
    private void publishLength() {
        SchedulePoint.reach();
        SharedAtomics.count();
        WAITING.setVolatile(this, waiters.size()); // full: before the question is asked
    }

    private boolean isEmpty() {
        SharedAtomics.count();
        VarHandle.fullFence(); // what the caller made true, before the look; pairs with the above
        SchedulePoint.reach();
        return (int) WAITING.getVolatile(this) == 0;
    }

    /**
     * Wakes the thread that waits longest.
     *
     * @return whether there was one
     */
    public boolean wakeOne() {
        if (isEmpty()) {
            return false;
        }
        guard.lock();
        Waiter woken = takeFirst(1);
        guard.unlock();
        boolean any = woken != null;
        Waiter.tellAll(woken);
        return any;
    }

    /**
     * Wakes all that wait.
     *
     * @return how many that were
     */
    public int wakeAll() {
        if (isEmpty()) {
            return 0;
        }
        guard.lock();
        int count = waiters.size();
        Waiter woken = takeFirst(count);
        guard.unlock();
        Waiter.tellAll(woken);
        return count;
    }

    /** As {@link #wakeOne()}, for interrupt handlers: neither waits nor allocates. */
    public void wakeIsr() {
        if (!isEmpty()) {
            guard.ask(1);
        }
    }

    /** Under the guard: returns a chain of those to tell. */
    private @Nullable Waiter takeFirst(int count) {
        Waiter chain = waiters.pollFirst(count);
        publishLength();
        return chain;
    }

    /** Returns how many threads wait: a hint, stale when read. */
    public int waiting() {
        return (int) WAITING.getOpaque(this); // opaque: a hint
    }
}
