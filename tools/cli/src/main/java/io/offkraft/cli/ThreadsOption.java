// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** {@code --threads}: what commands that replay have in common. */
final class ThreadsOption {
    private static final int MAX_THREADS = 1024;

    private ThreadsOption() {}

    /** Returns the number that was typed; null for {@code recorded}. */
    static @Nullable Integer countOrNull(String threads, CommandLine command) {
        if (threads.equals("recorded")) {
            return null;
        }
        try {
            int count = Integer.parseInt(threads);
            if (count >= 1 && count <= MAX_THREADS) {
                return count;
            }
        } catch (NumberFormatException _) {
            // said below, as for a number out of range
        }
        throw new ParameterException(
                command,
                "--threads must be recorded or in [1, %d]: %s".formatted(MAX_THREADS, threads));
    }
}
