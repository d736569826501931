// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import io.offkraft.word.SchedulePoint;

/**
 * One wait for readers to leave, who wake nobody: spin for as long as a short section takes, then
 * offer the CPU, then sleep, longer and longer.
 *
 * <p>Interrupts do not end it: the status is off meanwhile, since a thread that has it does not
 * sleep, and {@link #conclude} gives it back.
 */
final class GraceWait {
    private static final int SPINS = Runtime.getRuntime().availableProcessors() == 1 ? 0 : 64;
    private static final int FIRST_SLEEP = SPINS + 8;
    private static final long SLEEP_NANOS_MIN = 50_000;
    private static final long SLEEP_NANOS_MAX = 1_000_000;

    private final long timeoutNanos;
    private final long began;
    private int turn;
    private long sleepNanos = SLEEP_NANOS_MIN;
    private boolean interrupted;

    /** Begins a wait; {@link Long#MAX_VALUE} is no time-out. */
    GraceWait(long timeoutNanos) {
        this.timeoutNanos = timeoutNanos;
        began = timeoutNanos == Long.MAX_VALUE ? 0 : SchedulePoint.nanoTime();
    }

    /** Waits as long as is right after one more look in vain; false, at once, if time is over. */
    boolean pause(Object blocker) {
        long left =
                timeoutNanos == Long.MAX_VALUE
                        ? Long.MAX_VALUE
                        : timeoutNanos - (SchedulePoint.nanoTime() - began);
        if (left <= 0) {
            return false;
        }
        if (turn < FIRST_SLEEP) {
            if (turn < SPINS) {
                SchedulePoint.spin();
            } else {
                SchedulePoint.offerCpu();
            }
            turn++;
        } else {
            interrupted |= Thread.interrupted();
            SchedulePoint.parkNanos(blocker, Math.min(left, sleepNanos));
            sleepNanos = Math.min(2 * sleepNanos, SLEEP_NANOS_MAX);
        }
        return true;
    }

    /** Ends the wait. */
    void conclude() {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
