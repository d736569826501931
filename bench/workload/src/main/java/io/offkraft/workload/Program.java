// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

/**
 * What a workload does with an allocator: so many threads, so many blocks, and the phases of one
 * round.
 *
 * <p>A round begins and ends with no block live.
 */
abstract class Program {
    /** The smallest block of any workload: it holds its owner's word. */
    static final int SMALLEST_BYTES = Long.BYTES;

    /** Blocks' numbers are given out in such units: tables by number then share no cache line. */
    private static final int SLOTS_UNIT = 64;

    private final int threads;
    private final int slotsEach;

    /** A program of {@code threads} threads, with {@code slotsEach} numbers of blocks for each. */
    Program(int threads, int slotsEach) {
        this.threads = threads;
        this.slotsEach = (slotsEach + SLOTS_UNIT - 1) & -SLOTS_UNIT;
    }

    /**
     * Returns the size of the blocks that take a random half of the allocator's memory beforehand,
     * where it is one region; 0 if nothing is taken.
     */
    long takenBlockBytes() {
        return 0;
    }

    final int threads() {
        return threads;
    }

    final int slotsEach() {
        return slotsEach;
    }

    final int slots() {
        return Math.multiplyExact(threads, slotsEach);
    }

    /**
     * Runs one round.
     *
     * @param operationsEach blocks to be allocated by each thread that allocates, more or less
     */
    abstract void round(Stage stage, int operationsEach);
}
