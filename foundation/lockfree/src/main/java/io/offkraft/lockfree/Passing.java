// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import io.offkraft.word.SchedulePoint;

/** Waiting for another thread that is a few steps from letting the caller pass. */
final class Passing {
    /** Turns awake: some microseconds. After that the other has been preempted, most likely. */
    private static final int SPINS = Runtime.getRuntime().availableProcessors() == 1 ? 0 : 64;

    private Passing() {}

    /** Waits as long as is right after {@code turn} looks in vain. */
    static void await(int turn) {
        if (turn < SPINS) {
            SchedulePoint.spin();
        } else {
            SchedulePoint.offerCpu();
        }
    }
}
