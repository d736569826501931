// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;

/**
 * How one wait goes on and what may end it early: nothing, an interrupt, or a time-out. Belongs to
 * the waiting thread and does not outlive the wait, or is begun again.
 *
 * <p>A wait that nothing ends keeps the interrupt status off meanwhile, since a thread that has it
 * does not sleep in {@code parkNanos} and would burn its CPU; an interrupt that arrives during a
 * sleep only cuts it short. {@link #conclude} gives the status back.
 */
sealed class Patience permits Waiter {
    private boolean interruptible;
    private long timeoutNanos;
    private long began;
    private boolean interrupted;

    Patience() {}

    private Patience(boolean interruptible, long timeoutNanos) {
        beginWait(interruptible, timeoutNanos);
    }

    /** Begins a wait; {@link Long#MAX_VALUE} is no time-out. */
    final void beginWait(boolean mayBeInterrupted, long nanos) {
        interruptible = mayBeInterrupted;
        timeoutNanos = nanos;
        began = nanos == Long.MAX_VALUE ? 0 : SchedulePoint.nanoTime();
        interrupted = false;
    }

    /** Nothing ends the wait. */
    static Patience endless() {
        return new Patience(false, Long.MAX_VALUE);
    }

    /**
     * An interrupt ends the wait.
     *
     * @throws InterruptedException if the thread was interrupted before
     */
    static Patience interruptible() throws InterruptedException {
        return timed(Long.MAX_VALUE);
    }

    /**
     * An interrupt or the end of {@code timeoutNanos} ends the wait.
     *
     * @throws InterruptedException if the thread was interrupted before
     */
    static Patience timed(long timeoutNanos) throws InterruptedException {
        throwIfInterrupted();
        return new Patience(true, timeoutNanos);
    }

    static void throwIfInterrupted() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    /** Returns whether the wait must end now. */
    final boolean isOver() {
        if (interruptible && Thread.interrupted()) {
            interrupted = true;
        }
        return (interruptible && interrupted) || leftNanos() <= 0;
    }

    /**
     * Sleeps until unparked, for at most {@code nanos}, and not beyond the time-out.
     *
     * @param blocker what is waited for, as thread dumps show it
     */
    final void sleep(Object blocker, long nanos) {
        // An interruptible wait looks at its status in isOver.
        if (!interruptible) {
            interrupted |= Thread.interrupted();
        }
        long left = leftNanos();
        if (left > 0) {
            SchedulePoint.parkNanos(blocker, Math.min(nanos, left));
        }
    }

    /**
     * Ends the wait.
     *
     * @param acquired whether it got what it waited for
     * @return the same
     * @throws InterruptedException if not, because of an interrupt
     */
    final boolean conclude(boolean acquired) throws InterruptedException {
        if (interrupted && !acquired) {
            throw new InterruptedException();
        }
        concludeEndless();
        return acquired;
    }

    /** Ends a wait that got what it waited for. */
    final void concludeEndless() {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns how long is left; at most 0 when the time is over. */
    final long leftNanos() {
        return timeoutNanos == Long.MAX_VALUE
                ? Long.MAX_VALUE
                : timeoutNanos - (SchedulePoint.nanoTime() - began);
    }
}
