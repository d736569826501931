// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import io.offkraft.word.SchedulePoint;

/** Waiting for other threads without a lock: for one that is in the way, or to be in nobody's. */
final class Passing {
    /** Turns awake: some microseconds. After that the other has been preempted, most likely. */
    private static final int SPINS = Runtime.getRuntime().availableProcessors() == 1 ? 0 : 64;

    /**
     * Pauses after the first compare-and-set in vain, some 0.2 microseconds; each time they are
     * twice as many. The thread that won goes on with the lines in its cache meanwhile, which for a
     * crowd is several times faster than to send them to and fro for each operation.
     */
    private static final int FIRST_PAUSES = 16;

    /** So many doublings at most: some 3 microseconds. */
    private static final int DOUBLINGS_MAX = 4;

    private Passing() {}

    /**
     * Leaves the lines to the others for a moment, after {@code failures} times, 0 for the first,
     * another thread was faster.
     */
    static void yieldLines(int failures) {
        // No access to a shared word: nothing that a schedule could put between.
        for (int pauses = FIRST_PAUSES << Math.min(failures, DOUBLINGS_MAX); pauses > 0; pauses--) {
            Thread.onSpinWait();
        }
    }

    /** Waits as long as is right after {@code turn} looks in vain. */
    static void await(int turn) {
        if (turn < SPINS) {
            SchedulePoint.spin();
        } else {
            SchedulePoint.offerCpu();
        }
    }
}
