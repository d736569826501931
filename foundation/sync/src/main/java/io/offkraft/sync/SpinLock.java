// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A test-and-test-and-set lock (Rudolph and Segall, 1984) that spins while that may help, then
 * yields, then sleeps.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual.
 *
 * <p><b>Progress:</b> blocking and unfair: who comes last may be first, for some milliseconds. A
 * waiter that sleeps notices a free lock at the latest when its sleep of at most a millisecond is
 * over, as nobody wakes it.
 *
 * <p><b>Memory effects:</b> locking acquires, unlocking releases; see {@link ExclusiveLock}.
 *
 * <p><b>Failure:</b> none is detected. A waiting thread that is interrupted goes on waiting and
 * keeps its interrupt status.
 */
public final class SpinLock implements ExclusiveLock {
    /*
     * Idea
     *   One word. A waiter reads it (the line stays shared among the waiters) and tries the
     *   compare-and-set, which takes the line away from the holder, only once it has seen the lock
     *   free. Between two reads it pauses longer and longer, so that a crowd does not fetch the
     *   line in step when the lock is released.
     *
     * Who has waited for long
     *   A thread that unlocks and locks again has the line in its cache, and nearly always wins
     *   against one that has yet to fetch it. So a waiter that has been passed over for
     *   milliseconds says so in a second word, which lies on the same line, and looks without a
     *   pause; who unlocks and sees that stands back for a moment. Both words are hints: a look
     *   that comes too early or too late costs the waiter another round. It looks for some
     *   microseconds only, as it may be the holder's CPU on which it does.
     *
     * Why it does not spin for ever
     *   See Polling. unlock stays one store and never calls the kernel.
     *
     * Ordering
     *   unlock (release store of FREE)  ->  lock or tryLock that reads it (acquire compare-and-set)
     *   makes all accesses of one critical section happen before those of the next. Acquire
     *   suffices on the way in: accesses before lock() may sink into the section, none of the
     *   section may rise out of it. An opaque look at the word before a compare-and-set decides
     *   nothing but whether it is worth trying.
     */

    private static final int FREE = 0;
    private static final int HELD = 1;

    /** So long may a waiter be passed over before it asks others to stand back. */
    private static final long PASSED_OVER_NANOS_MAX = 15_000_000;

    /** Looks of a waiter that others stand back for: some microseconds. */
    private static final int URGENT_LOOKS = Polling.SPINS == 0 ? 0 : 200;

    /** Looks of one that stands back for it: a few microseconds. */
    private static final int COURTEOUS_LOOKS = 100;

    private static final VarHandle STATE;
    private static final VarHandle URGENT;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            STATE = lookup.findVarHandle(SpinLock.class, "state", int.class);
            URGENT = lookup.findVarHandle(SpinLock.class, "urgent", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // accessed through STATE only
    private int state;

    /** Whether a waiter has been passed over for long. */
    private boolean urgent;

    /** Makes a free lock. */
    public SpinLock() {}

    @Override
    public void lock() {
        SchedulePoint.reach();
        SharedAtomics.count();
        // acquire: pairs with the release in unlock. Weak, as lockSlow repairs a spurious failure.
        if (!STATE.weakCompareAndSetAcquire(this, FREE, HELD)) {
            lockSlow();
        }
    }

    @Override
    public boolean tryLock() {
        SchedulePoint.reach();
        // opaque: a look that spares the line of a held lock; no order needed as nothing is read on
        // its account.
        if ((int) STATE.getOpaque(this) != FREE) {
            return false;
        }
        SharedAtomics.count();
        // acquire: pairs with the release in unlock. Strong: a free lock must not be reported as
        // held.
        return (int) STATE.compareAndExchangeAcquire(this, FREE, HELD) == FREE;
    }

    @Override
    public void unlock() {
        assert isLocked() : "unlock of a lock that nobody holds";
        SchedulePoint.reach();
        // release: pairs with the acquire in lock and tryLock; publishes the section
        STATE.setRelease(this, FREE);
        if (urgent) { // plain: a hint
            standBack();
        }
    }

    private void standBack() {
        for (int looks = 0; looks < COURTEOUS_LOOKS; looks++) {
            if (isLocked()) {
                return;
            }
            SchedulePoint.spin();
        }
        URGENT.setOpaque(this, false); // whoever asked has lost its CPU: once is enough
    }

    @Override
    public boolean isLocked() {
        return (int) STATE.getOpaque(this) == HELD; // opaque: a hint
    }

    /** Out of line, so that {@link #lock} stays small enough to be inlined everywhere. */
    private void lockSlow() {
        Patience patience = Patience.endless();
        acquire(patience);
        patience.concludeEndless();
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        Patience patience = Patience.interruptible();
        patience.conclude(acquire(patience));
    }

    @Override
    public boolean tryLock(long timeoutNanos) throws InterruptedException {
        Patience patience = Patience.timed(timeoutNanos);
        return patience.conclude(acquire(patience));
    }

    private boolean acquire(Patience patience) {
        long sleptSince = 0;
        for (int turn = 0; !tryLock(); turn++) {
            if (patience.isOver()) {
                return false;
            }
            if (turn >= Polling.FIRST_SLEEP) {
                long now = SchedulePoint.nanoTime();
                sleptSince = turn == Polling.FIRST_SLEEP ? now : sleptSince;
                if (now - sleptSince > PASSED_OVER_NANOS_MAX && acquireUrgently()) {
                    return true;
                }
            }
            Polling.pause(this, turn, patience);
        }
        return true;
    }

    private boolean acquireUrgently() {
        URGENT.setOpaque(this, true); // a hint for unlock
        boolean acquired = false;
        for (int looks = 0; looks < URGENT_LOOKS && !acquired; looks++) {
            SchedulePoint.spin();
            acquired = tryLock();
        }
        URGENT.setOpaque(this, false); // of others that wait as long, too: they say it again
        return acquired;
    }

    @Override
    public String toString() {
        return isLocked() ? "SpinLock[held]" : "SpinLock[free]";
    }
}
