// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

/**
 * What one round of a workload came to.
 *
 * @param nanos from the moment all threads were let go until the last was done; of several phases
 *     the sum
 * @param operations blocks that were allocated, and freed
 * @param javaHeapBytes what the threads that took part allocated on the Java heap meanwhile;
 *     virtual threads' own, and what they are made of, is not in it
 */
public record Measured(long nanos, long operations, long javaHeapBytes) {
    /** Returns how many blocks were allocated and freed in a second, by all threads together. */
    public double operationsPerSecond() {
        return operations * 1e9 / Math.max(1, nanos);
    }
}
