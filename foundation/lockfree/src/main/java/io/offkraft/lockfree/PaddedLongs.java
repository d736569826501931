// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

/**
 * Where longs must lie in an array so that no two of them share a cache line, and how many places
 * there are by default.
 *
 * <p>Whatever the address of the array is: words that are {@link #STRIDE_BYTES} apart are on
 * different lines of 64 bytes, and on different pairs of lines, which some processors fetch
 * together. A stride before the first and after the last keeps the neighbours of the array away.
 */
final class PaddedLongs {
    /** From a word to the next. */
    static final int STRIDE_BYTES = 128;

    /** {@link #STRIDE_BYTES} in longs, as a power of two. */
    static final int STRIDE_SHIFT = 4;

    /** More places than CPUs at work help nobody: 128 KiB of words are enough. */
    static final int PLACES_MAX = 1024;

    private static final int CPUS = Runtime.getRuntime().availableProcessors();

    static {
        assert STRIDE_BYTES == Long.BYTES << STRIDE_SHIFT;
    }

    private PaddedLongs() {}

    /** Returns an array for so many words, all 0. */
    static long[] of(int words) {
        return new long[(words + 2) << STRIDE_SHIFT];
    }

    /** Returns the index of word {@code number}, from 0 on. */
    static int index(int number) {
        return (number + 1) << STRIDE_SHIFT;
    }

    /** Returns a place for each CPU: a power of two. */
    static int placesByCpu() {
        return placesFor(CPUS);
    }

    /**
     * Returns places enough that threads, told apart by their ids, seldom meet: a power of two, 4 a
     * CPU and 8 at least.
     */
    static int placesByThread() {
        return placesFor(Math.max(8, 4 * CPUS));
    }

    /** Returns the power of two that is at least {@code count}, at most {@link #PLACES_MAX}. */
    static int placesFor(int count) {
        return count >= PLACES_MAX ? PLACES_MAX : Integer.highestOneBit(2 * count - 1);
    }

    /**
     * Returns {@code places} if there may be so many.
     *
     * @throws IllegalArgumentException if it is not a power of two up to {@link #PLACES_MAX}
     */
    static int checked(int places) {
        if (places < 1 || places > PLACES_MAX || Integer.bitCount(places) != 1) {
            throw new IllegalArgumentException(
                    "places must be a power of two in [1, " + PLACES_MAX + "]: " + places);
        }
        return places;
    }
}
