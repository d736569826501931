// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.SchedulePoint;

/**
 * One wait for what other threads end by themselves, soon, without telling: offers the CPU a few
 * times, then sleeps. Sleeping is not only for their sake: virtual threads that only yield keep
 * those from their carriers that were woken from a sleep.
 */
final class Waiting {
    private static final int TURNS_AWAKE = 4;
    private static final long SLEEP_NANOS = 50_000;

    private int turns;
    private boolean interrupted;

    /** Waits a little. An interrupt is kept for the {@link #end}: it would end every sleep. */
    void pause() {
        if (turns < TURNS_AWAKE) {
            turns++;
            SchedulePoint.offerCpu();
        } else {
            interrupted |= Thread.interrupted();
            SchedulePoint.parkNanos(this, SLEEP_NANOS);
        }
    }

    void end() {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
