// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import org.jspecify.annotations.Nullable;

/** Whether this machine is one that Offkraft runs on. */
final class HostSystem {
    /** The same number in glibc and musl. */
    private static final int SC_PAGESIZE = 30;

    /** What is wrong, or null; constant, so that the compiled check is none. */
    private static final @Nullable String PROBLEM = problemOrNull();

    private HostSystem() {}

    /** Throws {@link UnsupportedOperationException} with one clear line if it is not. */
    static void check() {
        if (PROBLEM != null) {
            throw new UnsupportedOperationException(PROBLEM);
        }
    }

    /** Returns whether the processor is an x86-64, whose numbers of system calls are its own. */
    static boolean isX86() {
        return System.getProperty("os.arch").equals("amd64");
    }

    private static @Nullable String problemOrNull() {
        String problem =
                problemOrNull(System.getProperty("os.name"), System.getProperty("os.arch"));
        return problem != null ? problem : problemOrNull(basePageBytes());
    }

    static @Nullable String problemOrNull(String system, String processor) {
        boolean known =
                system.equals("Linux")
                        && (processor.equals("amd64") || processor.equals("aarch64"));
        return known
                ? null
                : "Offkraft runs on Linux on x86-64 and aarch64, not on %s on %s"
                        .formatted(system, processor);
    }

    /** An aarch64 kernel may be built with pages of 16 or 64 KiB. */
    static @Nullable String problemOrNull(long basePageBytes) {
        return basePageBytes == PageSizes.BASE_BYTES
                ? null
                : "Offkraft runs on kernels with pages of %d bytes; this one has %d"
                        .formatted(PageSizes.BASE_BYTES, basePageBytes);
    }

    private static long basePageBytes() {
        try {
            return (long)
                    NativeFunctions.plain("sysconf", JAVA_LONG, JAVA_INT).invokeExact(SC_PAGESIZE);
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }
}
