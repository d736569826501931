// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A counting semaphore.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual; a virtual one that waits gives its
 * carrier free. Handlers of interrupts may {@link #tryAcquire()} and {@link #releaseIsr()}.
 *
 * <p><b>Progress:</b> blocking. First in, first out: a token that is released goes to the thread
 * that waits longest, and wakes that one only. With nobody waiting, one compare-and-set.
 *
 * <p><b>Memory effects:</b> what a thread did before it released is visible to whoever acquires
 * later. A wait allocates nothing, unless more wait than ever before.
 *
 * <p><b>Failure:</b> {@link IllegalArgumentException} for a negative count, {@link
 * ArithmeticException} for more than 2^31 - 1 tokens, {@link LockUsageException} for an interrupt
 * handler that wants to wait; nothing changes.
 */
public final class Semaphore {
    /*
     * The word: how many tokens there are, and above them a bit (QUEUED) that says that threads
     * wait. QUEUED is changed under the guard only, and while it is set there is no token: then
     * acquiring means queueing, and releasing means handing over, both under the guard.
     *
     * Ordering: released by a compare-and-set with release, acquired by one with acquire; a handed
     * token by the state of the waiter's node.
     */

    private static final long QUEUED = 1L << 32;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Semaphore.class, "state", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // accessed through STATE only
    private long state;

    private final WaiterList waiters = new WaiterList();
    private final IsrDrain guard = new IsrDrain(this::handOver, Waiter.GRANTED);

    /**
     * Makes a semaphore.
     *
     * @param tokens how many there are at first, 0 or more
     */
    public Semaphore(int tokens) {
        if (tokens < 0) {
            throw new IllegalArgumentException("tokens must be 0 or more: " + tokens);
        }
        state = tokens;
    }

    /** Takes a token, waiting as long as it takes. */
    public void acquire() {
        BlockingCheck.mayBlock("Semaphore");
        if (!tryAcquire()) {
            Waiter node = queueUp(false, Long.MAX_VALUE);
            if (node != null) {
                node.awaitNews(this);
                node.concludeEndless();
                recycle(node);
            }
        }
    }

    /**
     * Takes a token, waiting for at most {@code timeoutNanos}.
     *
     * @param timeoutNanos 0 or less is a single try, {@link Long#MAX_VALUE} as long as it takes
     * @return whether a token was taken
     * @throws InterruptedException if the thread was interrupted before or while waiting; no token
     *     was taken then
     */
    public boolean tryAcquire(long timeoutNanos) throws InterruptedException {
        Patience.throwIfInterrupted();
        if (timeoutNanos > 0) {
            BlockingCheck.mayBlock("Semaphore");
        }
        if (tryAcquire()) {
            return true;
        }
        if (timeoutNanos <= 0) {
            return false;
        }
        Waiter node = queueUp(true, timeoutNanos);
        if (node == null) {
            return true;
        }
        boolean acquired = node.awaitNews(this) || !leave(node);
        try {
            return node.conclude(acquired);
        } finally {
            recycle(node);
        }
    }

    /** As {@link #acquire()}, unless the thread is interrupted. */
    public void acquireInterruptibly() throws InterruptedException {
        tryAcquire(Long.MAX_VALUE);
    }

    /** Takes a token if there is one. */
    public boolean tryAcquire() {
        while (true) {
            SchedulePoint.reach();
            long now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
            if ((now & ~QUEUED) == 0) {
                return false;
            }
            // acquire: pairs with the release of the token.
            if (STATE.weakCompareAndSet(this, now, now - 1)) {
                return true;
            }
        }
    }

    /** Takes all tokens that there are, and returns how many. */
    public int takeAll() {
        while (true) {
            SchedulePoint.reach();
            long now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
            // acquire: pairs with the release of the tokens.
            if (STATE.weakCompareAndSet(this, now, now & QUEUED)) {
                return (int) (now & ~QUEUED);
            }
        }
    }

    /** Gives a token back. */
    public void release() {
        release(1);
    }

    /** Gives {@code count} tokens back. */
    public void release(int count) {
        if (!addUnlessQueued(checked(count))) {
            Waiter chain;
            guard.lock();
            try {
                chain = handOver(count);
            } finally {
                guard.unlock();
            }
            Waiter.tellAll(chain, Waiter.GRANTED);
        }
    }

    /** As {@link #release()}, for interrupt handlers: neither waits nor allocates. */
    public void releaseIsr() {
        if (!addUnlessQueued(1)) {
            guard.ask(1);
        }
    }

    private static int checked(int count) {
        if (count < 0) {
            throw new IllegalArgumentException("count must be 0 or more: " + count);
        }
        return count;
    }

    private boolean addUnlessQueued(int count) {
        while (true) {
            SchedulePoint.reach();
            long now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
            if ((now & QUEUED) != 0) {
                return false;
            }
            if (now + count > Integer.MAX_VALUE) {
                throw new ArithmeticException(
                        now + " tokens and " + count + " more are too many: at most 2147483647");
            }
            // release: pairs with the acquire of who takes the token.
            if (STATE.weakCompareAndSet(this, now, now + count)) {
                return true;
            }
        }
    }

    /** Under the guard: gives tokens to those who wait, a chain to be told, and keeps the rest. */
    private @Nullable Waiter handOver(int count) {
        int waiting = waiters.size();
        Waiter chain = waiters.pollFirst(count);
        if (waiters.isEmpty()) {
            clearQueued();
        }
        if (count > waiting) {
            addUnlessQueued(count - waiting);
        }
        return chain;
    }

    /** Under the guard. */
    private void clearQueued() {
        long now;
        do {
            SchedulePoint.reach();
            now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
        } while (!STATE.weakCompareAndSet(this, now, now & ~QUEUED));
    }

    /** Returns the caller's node in the queue; null if it got a token after all. */
    private @Nullable Waiter queueUp(boolean interruptible, long timeoutNanos) {
        guard.lock();
        try {
            while (true) {
                if (tryAcquire()) {
                    return null;
                }
                SchedulePoint.reach();
                long now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
                // Both ways: from here on whoever releases comes through the guard.
                if ((now & ~QUEUED) == 0 && STATE.weakCompareAndSet(this, now, now | QUEUED)) {
                    Waiter node = waiters.take(interruptible, timeoutNanos);
                    waiters.addLast(node);
                    return node;
                }
            }
        } finally {
            guard.unlock();
        }
    }

    /** Returns whether the node left the queue; if not, it was handed a token before. */
    private boolean leave(Waiter node) {
        guard.lock();
        boolean left = node.queued;
        if (left) {
            waiters.remove(node);
            if (waiters.isEmpty()) {
                clearQueued();
            }
        }
        guard.unlock();
        if (!left) {
            node.awaitBeingTold();
        }
        return left;
    }

    private void recycle(Waiter node) {
        guard.lock();
        waiters.giveBack(node);
        guard.unlock();
    }

    /** Returns how many tokens there are: a hint, stale when read. */
    public int available() {
        return (int) ((long) STATE.getOpaque(this) & ~QUEUED); // opaque: a hint
    }

    @Override
    public String toString() {
        return "Semaphore[" + available() + "]";
    }
}
