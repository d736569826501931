// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits until the JIT compiler has nothing to do: its threads would take time from those that are
 * timed.
 *
 * <p>There is no event for it; rest is when the time spent compiling stands still. It is a matter
 * of precision, not of correctness, so the wait is bounded.
 */
final class CompilerRest {
    private static final long STILL_NANOS = 50_000_000;
    private static final int LOOKS_MAX = 40;

    private CompilerRest() {}

    static void await() {
        CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
        long before = -1;
        for (int look = 0; look < LOOKS_MAX; look++) {
            long spent = compiler.getTotalCompilationTime();
            if (spent == before) {
                return;
            }
            before = spent;
            LockSupport.parkNanos(STILL_NANOS);
        }
    }
}
