// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * Tells when something has been run often enough to be timed: when it has not become faster for a
 * while, or that took very long.
 *
 * <p>The while is one of this process's CPU time. By the clock it would say nothing about a process
 * that had no CPU, and who warms up side by side with others often has none.
 */
final class WarmUp {
    /** A go is better than the best before if it takes at most this part of its time. */
    private static final double IMPROVEMENT = 0.97;

    /** It takes so many times as long as one waits for an improvement, at most. */
    private static final int PATIENCES = 4;

    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private final long patienceNanos;
    private final long begin = PROCESS.getProcessCpuTime();
    private long improved = begin;
    private double bestNanos = Double.MAX_VALUE; // whoever disturbs only makes it more

    /** Begins; {@code patienceNanos} is how long one waits for an improvement. */
    WarmUp(long patienceNanos) {
        this.patienceNanos = patienceNanos;
    }

    /** Notes how long a unit of the work took this time. */
    void note(double nanos) {
        if (nanos < bestNanos * IMPROVEMENT) {
            bestNanos = nanos;
            improved = PROCESS.getProcessCpuTime();
        }
    }

    /** Returns the shortest time that was noted, or one hardly longer. */
    double bestNanos() {
        return bestNanos;
    }

    /** Returns whether it may become faster. */
    boolean goesOn() {
        long now = PROCESS.getProcessCpuTime();
        return now - improved < patienceNanos && now - begin < PATIENCES * patienceNanos;
    }
}
