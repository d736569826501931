// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A test-and-test-and-set lock (Rudolph and Segall, 1984) that spins while that may help, then
 * yields, then sleeps.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual.
 *
 * <p><b>Progress:</b> blocking and unfair: who comes last may be first. A waiter that sleeps
 * notices a free lock at the latest when its sleep of at most a millisecond is over, as nobody
 * wakes it.
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

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(SpinLock.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // accessed through STATE only
    private int state;

    /** Makes a free lock. */
    public SpinLock() {}

    @Override
    public void lock() {
        SchedulePoint.reach();
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
        // acquire: pairs with the release in unlock. Strong: a free lock must not be reported as
        // held.
        return (int) STATE.getOpaque(this) == FREE
                && (int) STATE.compareAndExchangeAcquire(this, FREE, HELD) == FREE;
    }

    @Override
    public void unlock() {
        assert isLocked() : "unlock of a lock that nobody holds";
        SchedulePoint.reach();
        STATE.setRelease(
                this,
                FREE); // release: pairs with the acquire in lock and tryLock; publishes the section
    }

    @Override
    public boolean isLocked() {
        return (int) STATE.getOpaque(this) == HELD; // opaque: a hint
    }

    /** Out of line, so that {@link #lock} stays small enough to be inlined everywhere. */
    private void lockSlow() {
        Polling.lock(this);
    }

    @Override
    public String toString() {
        return isLocked() ? "SpinLock[held]" : "SpinLock[free]";
    }
}
