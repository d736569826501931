// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

/** The CPUs of the machine. */
public final class Cpus {
    private Cpus() {}

    /** Returns how many CPUs the calling thread may run on at this moment. */
    public static int available() {
        return SystemCalls.linux().affinity().size();
    }

    /**
     * Returns the CPU that the calling thread ran on at some moment of the call: a hint, for the
     * thread may have been moved since. A virtual thread gets its carrier's.
     */
    public static int current() {
        return SystemCalls.linux().currentCpu();
    }
}
