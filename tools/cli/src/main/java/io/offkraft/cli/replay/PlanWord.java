// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import io.offkraft.cli.trace.Operation;
import io.offkraft.cli.trace.Trace;

/**
 * One call of a plan, all but its object, packed into a word.
 *
 * <pre>
 *  63   58    57       56     55   54    50 49 48 47            0
 * +-------+--------+-------+------+--------+-----+---------------+
 * |   0   | publish| await | touch| align  |code | size in bytes |
 * +-------+--------+-------+------+--------+-----+---------------+
 * </pre>
 */
final class PlanWord {
    static final int MALLOC = 0;
    static final int CALLOC = 1;
    static final int FREE = 2;
    static final int REALLOC = 3;

    private static final int CODE_SHIFT = Trace.MAX_SIZE_BITS + 1;
    private static final int CODE_BITS = 2;
    private static final int ALIGN_SHIFT = CODE_SHIFT + CODE_BITS;
    private static final int ALIGN_BITS = 5;
    private static final int FLAG_SHIFT = ALIGN_SHIFT + ALIGN_BITS;
    private static final long TOUCH = 1L << FLAG_SHIFT;
    private static final long AWAIT = TOUCH << 1;
    private static final long PUBLISH = AWAIT << 1;

    static {
        assert Trace.MAX_ALIGN_LOG2 < 1 << ALIGN_BITS;
        assert Operation.values().length == 1 << CODE_BITS;
    }

    private PlanWord() {}

    /**
     * Returns the word of a call; {@code grows} tells whether the block has bytes afterwards that
     * it had not before.
     */
    static long of(Operation operation, long sizeBytes, int alignLog2, boolean grows) {
        int code =
                switch (operation) {
                    case MALLOC -> MALLOC;
                    case CALLOC -> CALLOC;
                    case FREE -> FREE;
                    case REALLOC -> REALLOC;
                };
        return sizeBytes
                | (long) code << CODE_SHIFT
                | (long) alignLog2 << ALIGN_SHIFT
                | (grows ? TOUCH : 0);
    }

    /** Returns the word with the duty to wait for another thread's call on the same object. */
    static long awaiting(long word) {
        return word | AWAIT;
    }

    /** Returns the word with the duty to tell another thread that the call is done. */
    static long publishing(long word) {
        return word | PUBLISH;
    }

    static int code(long word) {
        return (int) (word >>> CODE_SHIFT) & (1 << CODE_BITS) - 1;
    }

    static long sizeBytes(long word) {
        return word & (1L << CODE_SHIFT) - 1;
    }

    static int alignLog2(long word) {
        return (int) (word >>> ALIGN_SHIFT) & (1 << ALIGN_BITS) - 1;
    }

    static boolean touches(long word) {
        return (word & TOUCH) != 0;
    }

    static boolean awaits(long word) {
        return (word & AWAIT) != 0;
    }

    static boolean publishes(long word) {
        return (word & PUBLISH) != 0;
    }
}
