// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;

/**
 * How one wait goes on and what may end it early: nothing, an interrupt, or a time-out. Belongs to
 * the waiting thread and does not outlive the wait.
 *
 * <p>A wait that nothing ends keeps the interrupt status off meanwhile, since a thread that has it
 * does not sleep in {@code parkNanos} and would burn its CPU; an interrupt that arrives during a
 * sleep only cuts it short. {@link #conclude} gives the status back.
 */
final class Patience {
    private final boolean interruptible;
    private final long timeoutNanos;
    private final long began;
    private boolean interrupted;

    private Patience(boolean interruptible, long timeoutNanos) {
        this.interruptible = interruptible;
        this.timeoutNanos = timeoutNanos;
        began = timeoutNanos == Long.MAX_VALUE ? 0 : SchedulePoint.nanoTime();
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
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        return new Patience(true, timeoutNanos);
    }

    /** Returns whether the wait must end now. */
    boolean isOver() {
        if (!interruptible) {
            return false;
        }
        if (Thread.interrupted()) {
            interrupted = true;
        }
        return interrupted || leftNanos() <= 0;
    }

    /**
     * Sleeps until unparked, for at most {@code nanos}, and not beyond the time-out.
     *
     * @param blocker what is waited for, as thread dumps show it
     */
    void sleep(Object blocker, long nanos) {
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
    boolean conclude(boolean acquired) throws InterruptedException {
        if (interrupted && !acquired) {
            throw new InterruptedException();
        }
        concludeEndless();
        return acquired;
    }

    /** Ends a wait that got what it waited for. */
    void concludeEndless() {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private long leftNanos() {
        return timeoutNanos == Long.MAX_VALUE
                ? Long.MAX_VALUE
                : timeoutNanos - (SchedulePoint.nanoTime() - began);
    }
}
