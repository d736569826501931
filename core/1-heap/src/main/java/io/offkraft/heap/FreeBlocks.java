// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * Which blocks of a {@link BlockPool} are free, by their numbers, and in which order they are
 * taken.
 */
sealed interface FreeBlocks permits LockedFreeBlocks, SharedFreeBlocks {
    /** Takes the block that was given back last; -1 if none is free, which is counted. */
    int takeOrMinus1();

    /** The same for up to {@code count} blocks, 1 or more; returns how many. */
    int take(BlockPool pool, long[] into, int from, int count);

    /** Gives a block back; returns whether it was taken. */
    boolean tryGive(int index);

    /**
     * Gives back {@code count} blocks, or none if one of them is none, or is free. The array is
     * read once, so that it does not matter if another thread writes to it.
     *
     * @return how many come before the first wrong one; {@code count} if none is
     */
    int giveOrFirstWrong(BlockPool pool, long[] addresses, int from, int count);

    /** Returns how many blocks are free. */
    int available();

    /** Returns how many calls got fewer blocks than they asked for. */
    long refusals();
}
