// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

/**
 * What was explored without a failure.
 *
 * @param schedules how many schedules were run
 * @param steps how often a thread came to a hook, in all of them
 * @param nanos how long it took
 */
public record Exploration(long schedules, long steps, long nanos) {
    /** Returns how long a schedule took on average, in nanoseconds. */
    public double nanosPerSchedule() {
        return (double) nanos / schedules;
    }
}
