// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

/** Random numbers from a seed: SplitMix64 (Steele, Lea and Flood, 2014). */
final class Chance {
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private long state;

    Chance(long seed) {
        state = seed;
    }

    /** Returns the seed of the schedule number {@code index} of an exploration. */
    static long seedOf(long seed, long index) {
        return mix(seed + (index * GOLDEN));
    }

    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** Returns where the sequence is, to come back to by {@link #rewind}. */
    long position() {
        return state;
    }

    void rewind(long position) {
        state = position;
    }

    private long next() {
        state += GOLDEN;
        return mix(state);
    }

    /** Returns a number in [0, bound). */
    int below(int bound) {
        return (int) (((next() >>> 32) * bound) >>> 32);
    }

    boolean oneIn(int count) {
        return below(count) == 0;
    }

    /** Returns one of the bits of {@code mask}, as its index. */
    int bitOf(int mask) {
        int rest = mask;
        for (int skipped = below(Integer.bitCount(mask)); skipped > 0; skipped--) {
            rest &= rest - 1;
        }
        return Integer.numberOfTrailingZeros(rest);
    }
}
