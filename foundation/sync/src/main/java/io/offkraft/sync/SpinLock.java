// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

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
     *   The holder may have been preempted, or be a virtual thread without a carrier: then spinning
     *   only keeps the CPU from it. After SPIN_ROUNDS the waiter offers its CPU (YIELDS times),
     *   after that it sleeps. There is no queue of sleepers, so unlock stays one store and never
     *   calls the kernel, and no wake-up can be lost; the price is the bounded oversleep.
     *
     * Ordering
     *   unlock (release store of FREE)  ->  lock or tryLock that reads it (acquire compare-and-set)
     *   makes all accesses of one critical section happen before those of the next. Acquire
     *   suffices on the way in: accesses before lock() may sink into the section, none of the
     *   section may rise out of it. An opaque look at the word before a compare-and-set decides
     *   nothing but whether it is worth trying.
     *
     * A waiter may eat an unpark meant for something else that its thread waits for. That is
     * allowed: whoever parks looks at what it waits for before it parks again.
     */

    /** The longest sleep between two looks at the lock, in nanoseconds. */
    private static final long PARK_NANOS_MAX = 1_000_000;

    private static final long PARK_NANOS_MIN = 50_000;

    /**
     * Rounds of 1, 2, 4, … pauses. A few microseconds together: longer than any section that makes
     * no system call.
     */
    private static final int SPIN_ROUNDS = Runtime.getRuntime().availableProcessors() == 1 ? 0 : 8;

    private static final int YIELDS = 16;

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
        // acquire: pairs with the release in unlock. Weak, as lockSlow repairs a spurious failure.
        if (!STATE.weakCompareAndSetAcquire(this, FREE, HELD)) {
            lockSlow();
        }
    }

    @Override
    public boolean tryLock() {
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
        if (!lockedBySpinning() && !lockedByYielding()) {
            lockByParking();
        }
    }

    private boolean lockedBySpinning() {
        for (int round = 0; round < SPIN_ROUNDS; round++) {
            for (int pauses = 1 << round; pauses > 0; pauses--) {
                Thread.onSpinWait();
            }
            if (tryLock()) {
                return true;
            }
        }
        return false;
    }

    @SuppressWarnings("ThreadPriorityCheck") // correct without; it lets a preempted holder run
    private boolean lockedByYielding() {
        for (int yields = 0; yields < YIELDS; yields++) {
            Thread.yield();
            if (tryLock()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Sleeps between tries until one succeeds: bounded only by the holder.
     *
     * <p>The interrupt status is taken off meanwhile, since a thread that has it does not sleep in
     * {@code parkNanos} and would burn its CPU. An interrupt that arrives during a sleep only cuts
     * it short.
     */
    private void lockByParking() {
        boolean interrupted = false;
        for (long nanos = PARK_NANOS_MIN; !tryLock(); nanos = Math.min(2 * nanos, PARK_NANOS_MAX)) {
            interrupted |= Thread.interrupted();
            LockSupport.parkNanos(this, nanos);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return isLocked() ? "SpinLock[held]" : "SpinLock[free]";
    }
}
