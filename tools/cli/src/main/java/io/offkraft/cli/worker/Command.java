// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

/**
 * What a worker can be told after its {@link Setup}: one a line, answered by one {@link Reply}
 * each.
 */
enum Command {
    /** Replay once with everything checked; answers with the verdict. */
    VERIFY,
    /**
     * Replay once on a fresh allocator; answers with the growth of the resident set. Once in a
     * worker's life.
     */
    FOOTPRINT,
    /**
     * Open the allocator that is timed, and replay until code and allocator have reached their
     * steady state.
     */
    WARM_UP,
    /** Replay once more on it; answers with the time. */
    TIME,
    /** Count what happens to Offkraft's locks in a round; answers with figures by lock class. */
    LOCKS
}
