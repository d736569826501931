// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A counting semaphore.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual; a virtual one that waits gives its
 * carrier free. Handlers of interrupts may {@link #tryAcquire()} and {@link #releaseIsr()}.
 *
 * <p><b>Progress:</b> blocking. A token that is released wakes the thread that waits longest, and
 * that one only. With nobody waiting, one compare-and-set. A semaphore that is not first in, first
 * out lets threads that run overtake one that is being woken, for a millisecond or so; then the
 * next token is handed to it.
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
     * wait and that none of them is on its way. QUEUED is changed under the guard only, and while it
     * is set there is no token: then acquiring means queueing, and releasing means waking, both
     * under the guard.
     *
     * A waiter that is woken leaves the queue and tries for a token like others; while it is on its
     * way, they acquire and release the short way. Back under the guard, with a token or first in
     * the queue again, it sees to the next (summon). So whenever a waiter sleeps, either QUEUED is
     * set, or as many others are on their way as there are tokens, or the guard's holder sees to it.
     *
     * A waiter that claims is not woken to try but handed a token: one that has been overtaken for
     * too long, or each, if the semaphore is first in, first out. Those are first
     * in the queue, but for some that were woken and overtaken after them.
     *
     * Ordering: released by a compare-and-set with release, acquired by one with acquire; a handed
     * token by the state of the waiter's node.
     */

    private static final long QUEUED = 1L << 32;

    /** So long may a waiter be overtaken after it was woken first. */
    private static final long OVERTAKEN_NANOS_MAX = 1_000_000;

    /** Turns that a waiter spins before it queues; only if nobody else waits. */
    private static final int SPINS = Math.min(4, Polling.SPINS);

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

    private final boolean firstInFirstOut;
    private final IsrDrain guard = new IsrDrain(this::give);

    // The guard's:
    private final WaiterList waiters = new WaiterList();
    private final WaiterList summoned = new WaiterList();
    private int onTheWay;

    /**
     * Makes a semaphore whose tokens go to who comes first: threads that run may overtake one that
     * is being woken, for a millisecond or so.
     *
     * @param tokens how many there are at first, 0 or more
     */
    public Semaphore(int tokens) {
        this(tokens, false);
    }

    /**
     * Makes a semaphore.
     *
     * @param tokens how many there are at first, 0 or more
     * @param firstInFirstOut whether a token goes to who waits longest, always. Each token then
     *     waits for a thread to wake up as long as threads wait, which costs much throughput
     */
    public Semaphore(int tokens, boolean firstInFirstOut) {
        if (tokens < 0) {
            throw new IllegalArgumentException("tokens must be 0 or more: " + tokens);
        }
        this.firstInFirstOut = firstInFirstOut;
        state = tokens;
    }

    /** Takes a token, waiting as long as it takes. */
    public void acquire() {
        BlockingCheck.mayBlock("Semaphore");
        if (!tryAcquire() && !acquiredBySpinning()) {
            Waiter node = queueUp(false, Long.MAX_VALUE);
            if (node != null) {
                await(node);
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
        Waiter node = acquiredBySpinning() ? null : queueUp(true, timeoutNanos);
        if (node == null) {
            return true;
        }
        boolean acquired = await(node);
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
            SharedAtomics.count();
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
            SharedAtomics.count();
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
                chain = give(count);
            } finally {
                guard.unlock();
            }
            Waiter.tellAll(chain);
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
            SharedAtomics.count();
            // release: pairs with the acquire of who takes the token.
            if (STATE.weakCompareAndSet(this, now, now + count)) {
                return true;
            }
        }
    }

    /** Under the guard: hands tokens to those who claim, adds the rest, and wakes those for it. */
    private @Nullable Waiter give(int count) {
        int left = count;
        if (isQueued()) {
            for (Waiter first = waiters.first();
                    left > 0 && first != null && first.claims;
                    left--) {
                summon(first);
                first = waiters.first();
            }
            if (left > 0 || waiters.isEmpty()) {
                clearQueued();
            }
        }
        addUnlessQueued(left);
        return summonAll();
    }

    private boolean isQueued() {
        SchedulePoint.reach();
        return ((long) STATE.getOpaque(this) & QUEUED) != 0; // opaque: the guard orders
    }

    private void summon(Waiter first) {
        waiters.remove(first);
        summoned.addLast(first);
    }

    /**
     * Under the guard: has those woken for whom there are tokens, or the next release come here.
     */
    private @Nullable Waiter summonAll() {
        while (true) {
            Waiter first = waiters.first();
            SchedulePoint.reach();
            long now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
            if (first == null || (now & QUEUED) != 0) {
                break;
            }
            if (now == 0 && (onTheWay == 0 || first.claims)) {
                SharedAtomics.count();
                // Both ways: from here on whoever releases comes through the guard.
                if (STATE.weakCompareAndSet(this, now, QUEUED)) {
                    break;
                }
            } else if (first.claims) {
                SharedAtomics.count();
                if (STATE.weakCompareAndSet(this, now, now - 1)) { // acquire, for the waiter
                    summon(first);
                }
            } else if (onTheWay < now) {
                onTheWay++;
                summon(first);
            } else {
                break; // one that is on its way sees to the rest
            }
        }
        return summoned.pollAll();
    }

    /** Under the guard. */
    private void clearQueued() {
        long now;
        do {
            SchedulePoint.reach();
            now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
            SharedAtomics.count();
        } while (!STATE.weakCompareAndSet(this, now, now & ~QUEUED));
    }

    private boolean acquiredBySpinning() {
        for (int turn = 0; turn < SPINS && !firstInFirstOut; turn++) {
            if ((long) STATE.getOpaque(this) == QUEUED) { // others sleep already
                return false;
            }
            Polling.pauseAwake(turn);
            if (tryAcquire()) {
                return true;
            }
        }
        return false;
    }

    /** Returns the caller's node in the queue; null if it got a token after all. */
    private @Nullable Waiter queueUp(boolean interruptible, long timeoutNanos) {
        Waiter node = null;
        Waiter chain = null;
        guard.lock();
        try {
            if (!tryAcquire()) {
                node = waiters.take(interruptible, timeoutNanos);
                node.claims = firstInFirstOut;
                waiters.addLast(node);
                chain = summonAll();
            }
        } finally {
            guard.unlock();
        }
        Waiter.tellAll(chain);
        return node;
    }

    /** Returns whether the caller got a token; its node is in no queue then. */
    private boolean await(Waiter node) {
        long wokenSince = 0;
        while (true) {
            boolean goesOn = node.awaitNews(this);
            if (!goesOn && leave(node)) {
                return false;
            }
            if (node.is(Waiter.GRANTED)) {
                return true;
            }
            boolean acquired = goesOn && acquiredOnTheWay();
            long now = SchedulePoint.nanoTime();
            wokenSince = wokenSince == 0 ? now : wokenSince;
            guard.lock();
            onTheWay--;
            acquired = acquired || tryAcquire();
            if (!acquired && goesOn) {
                node.claims = now - wokenSince > OVERTAKEN_NANOS_MAX;
                node.waitAgain();
                waiters.addFirst(node);
            }
            Waiter chain = summonAll();
            guard.unlock();
            Waiter.tellAll(chain);
            if (acquired || !goesOn) {
                return acquired;
            }
        }
    }

    private boolean acquiredOnTheWay() {
        for (int turn = 0; turn < SPINS; turn++) {
            if (tryAcquire()) {
                return true;
            }
            Polling.pauseAwake(turn);
        }
        return false;
    }

    /** Returns whether the node left the queue; if not, it was taken out and told something. */
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
