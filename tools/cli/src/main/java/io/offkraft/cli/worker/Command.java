// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

/**
 * What a worker can be told after a {@link Setup}: one a line, answered by one {@link Reply} each.
 */
enum Command {
    /**
     * Replay once with everything checked, or end a workload and check that no block is lost;
     * answers with the verdict.
     */
    VERIFY,
    /**
     * Run one round on a fresh allocator; answers with the growth of the resident set. Once in a
     * worker's life.
     */
    FOOTPRINT,
    /**
     * Open the allocator that is timed, and run rounds until code and allocator have reached their
     * steady state.
     */
    WARM_UP,
    /** Run one round more on it; answers with the time. */
    TIME,
    /**
     * Count what happens to Offkraft's locks in a round of a replay; answers with figures by lock
     * class.
     */
    LOCKS
}
