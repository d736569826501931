// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * A test-and-test-and-set spin lock (Rudolph and Segall, 1984) that stops burning its CPU when the
 * wait gets long.
 *
 * <p><b>Thread safety:</b> any platform or virtual thread.
 *
 * <p><b>Progress:</b> blocking, not fair. A waiter spins for about a microsecond, then lets other
 * threads run, then parks for short, growing times: a holder that lost its CPU gets it back from
 * its own waiters.
 *
 * <p><b>Memory effects:</b> unlocking happens before the next locking.
 */
public final class SpinLock implements ExclusiveLock {
    /*
     * Waiting. Spinning pays while the holder runs on another CPU: critical sections here take tens of nanoseconds. When
     * the holder was preempted, spinning only keeps it from running; so after SPINS reads the waiter yields, and after
     * YIELDS yields it parks. It parks for a time and not until it is woken: then unlock need not look for waiters,
     * and stays a plain store on x86. A wake-up can't be lost, for none is sent.
     */
    private static final int SPINS = 128;
    private static final int YIELDS = 32;
    private static final long PARK_NANOS_MIN = 20_000;
    private static final long PARK_NANOS_MAX = 1_000_000;

    private static final int FREE = 0;
    private static final int HELD = 1;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(SpinLock.class, "state", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    @SuppressWarnings("unused") // reached through STATE
    private int state;

    /** Makes a free lock. */
    public SpinLock() {}

    @Override
    public void lock() {
        if (!casAcquire()) {
            lockSlow();
        }
    }

    @Override
    public boolean tryLock() {
        return loadOpaque() == FREE && casAcquire();
    }

    @Override
    public void unlock() {
        // Release: pairs with the compare-and-set in casAcquire; what the holder wrote is visible
        // to the next one.
        STATE.setRelease(this, FREE);
    }

    @Override
    public boolean isLocked() {
        return loadOpaque() == HELD;
    }

    @SuppressWarnings(
            "ThreadPriorityCheck") // yielding is no ordering here: it lets a preempted holder run
    private void lockSlow() {
        long parkNanos = PARK_NANOS_MIN;
        for (int attempt = 0; ; attempt++) {
            // Test before test-and-set: waiters share the line and take it for themselves only when
            // it looks free.
            if (loadOpaque() == FREE && casAcquire()) {
                return;
            }
            if (attempt < SPINS) {
                Thread.onSpinWait();
            } else if (attempt < SPINS + YIELDS) {
                Thread.yield();
            } else {
                LockSupport.parkNanos(this, parkNanos);
                parkNanos = Math.min(PARK_NANOS_MAX, 2 * parkNanos);
            }
        }
    }

    private int loadOpaque() {
        // Opaque is enough: the value only decides whether to try; the compare-and-set orders.
        return (int) STATE.getOpaque(this);
    }

    private boolean casAcquire() {
        // Acquire and more: pairs with the release in unlock. Compiles to one lock cmpxchg on x86.
        return STATE.compareAndSet(this, FREE, HELD);
    }
}
