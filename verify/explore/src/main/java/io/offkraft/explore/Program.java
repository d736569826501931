// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import java.util.List;

/**
 * A few threads on fresh state, and what must hold when all of them have ended.
 *
 * <p>What they do must depend on nothing but the order of their steps: no clock but that of {@code
 * SchedulePoint}, no random numbers, no identity hash, no thread started outside the explorer.
 *
 * @param threads what each thread does; what it throws fails the schedule
 * @param check asked when all have ended; what it throws fails the schedule
 */
public record Program(List<Runnable> threads, Runnable check) {
    /** Threads are bits of an int. */
    static final int THREADS_MAX = 30;

    /**
     * Makes a program.
     *
     * @throws IllegalArgumentException if there are none, or more than 30 threads
     */
    public Program {
        threads = List.copyOf(threads);
        if (threads.isEmpty() || threads.size() > THREADS_MAX) {
            throw new IllegalArgumentException(
                    "threads must be 1 to " + THREADS_MAX + ": " + threads.size());
        }
    }

    /** Returns a program of these threads that checks nothing at its end. */
    public static Program of(Runnable... threads) {
        return new Program(List.of(threads), () -> {});
    }

    /** Returns the same threads with {@code endCheck} at their end. */
    public Program check(Runnable endCheck) {
        return new Program(threads, endCheck);
    }
}
