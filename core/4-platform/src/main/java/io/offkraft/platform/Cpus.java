// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The CPUs of the machine, and which of them a thread may run on.
 *
 * <p><b>Thread safety:</b> every method, from any thread.
 *
 * <p><b>Failure:</b> {@link SystemCallException} as of {@link SystemCalls}.
 */
public final class Cpus {
    private static final Path ONLINE = Path.of("/sys/devices/system/cpu/online");

    private Cpus() {}

    /**
     * Returns the CPUs that the kernel schedules on. They may come and go, and a process need not
     * be allowed on all of them: see {@link #allowed}.
     *
     * @throws UncheckedIOException if the kernel does not show them
     */
    public static CpuSet online() {
        try {
            return CpuSet.ofList(Files.readString(ONLINE));
        } catch (IOException unreadable) {
            throw new UncheckedIOException("can't read " + ONLINE, unreadable);
        }
    }

    /** Returns the CPUs that the calling thread may run on at this moment. */
    public static CpuSet allowed() {
        return SystemCalls.linux().affinity();
    }

    /** Returns how many CPUs the calling thread may run on at this moment. */
    public static int available() {
        return allowed().size();
    }

    /**
     * Returns the CPU that the calling thread ran on at some moment of the call: a hint, for the
     * thread may have been moved since. A virtual thread gets its carrier's.
     */
    public static int current() {
        return SystemCalls.linux().currentCpu();
    }

    /**
     * Binds the calling platform thread to one CPU, on which it runs when the call returns. Threads
     * that it starts from then on inherit the binding, as Linux has it.
     *
     * @throws WrongThreadException if called by a virtual thread
     */
    public static void bindCurrentThread(int cpu) {
        SystemCalls.linux().setAffinity(CpuSet.of(cpu));
    }
}
