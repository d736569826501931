// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What a verification has found: all of it counted, the first few described, a line each.
 *
 * <p><b>Thread safety:</b> any thread. It is called where something is wrong, so a lock is good
 * enough.
 */
final class Findings {
    /** The kinds that are counted apart. */
    enum Kind {
        /** Two live blocks share bytes. */
        OVERLAP,
        /** A block's content, its zeroes or its address are not what the program was promised. */
        CORRUPTION,
        /** The allocator rejected a correct call. */
        MISUSE,
        /** The allocator counts blocks as live that were freed. */
        LEAK
    }

    /**
     * Descriptions that are given; the rest is counted only, because one fault tends to show in
     * every block.
     */
    static final int MAX_DESCRIBED = 10;

    private final Consumer<String> lines;
    private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);
    private int described;

    /** Creates an empty set that gives its descriptions to {@code lines}. */
    Findings(Consumer<String> lines) {
        this.lines = lines;
    }

    /** Counts one finding of {@code kind}; {@code description} says what, in one line. */
    synchronized void add(Kind kind, String description) {
        add(kind, 1, description);
    }

    /** Counts {@code number} findings of {@code kind} that one description covers. */
    synchronized void add(Kind kind, long number, String description) {
        counts.merge(kind, number, Long::sum);
        if (described < MAX_DESCRIBED) {
            lines.accept(kind.name().toLowerCase(Locale.ROOT) + ": " + description);
        } else if (described == MAX_DESCRIBED) {
            lines.accept("more was found; only the first " + MAX_DESCRIBED + " are described");
        }
        described++;
    }

    /** Returns the number of findings of {@code kind}. */
    synchronized long count(Kind kind) {
        return counts.getOrDefault(kind, 0L);
    }
}
