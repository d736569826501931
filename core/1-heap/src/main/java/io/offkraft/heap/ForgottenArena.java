// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import org.jspecify.annotations.Nullable;

/**
 * An arena that became unreachable before it was closed.
 *
 * @param kind which
 * @param bytes how many bytes of blocks it had taken
 * @param site where it was opened, or null if that was not {@linkplain HeapArenas#watchForgotten
 *     noted}
 */
public record ForgottenArena(Kind kind, long bytes, @Nullable Throwable site) {
    /** The kinds of arenas that must be closed. */
    public enum Kind {
        /** For one thread. */
        CONFINED,
        /** For all threads. */
        SHARED
    }

    @Override
    public String toString() {
        return "a %s arena with %d bytes was never closed"
                .formatted(kind == Kind.CONFINED ? "confined" : "shared", bytes);
    }
}
