// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.word;

/** Arithmetic of alignments that are powers of two. All values are treated as unsigned. */
public final class Alignment {
    private Alignment() {}

    /** Returns whether {@code value} is a power of two; 0 is not. */
    public static boolean isPowerOfTwo(long value) {
        return Long.bitCount(value) == 1;
    }

    /** Returns whether {@code value} is a multiple of {@code alignment}, a power of two. */
    public static boolean isAligned(long value, long alignment) {
        assert isPowerOfTwo(alignment) : alignment;
        return (value & (alignment - 1)) == 0;
    }

    /**
     * Returns the largest multiple of {@code alignment}, a power of two, that is not above {@code
     * value}.
     */
    public static long alignDown(long value, long alignment) {
        assert isPowerOfTwo(alignment) : alignment;
        return value & -alignment;
    }

    /**
     * Returns the smallest multiple of {@code alignment}, a power of two, that is not below {@code
     * value}; 0 if there is none in 64 bits.
     */
    public static long alignUp(long value, long alignment) {
        assert isPowerOfTwo(alignment) : alignment;
        return (value + alignment - 1) & -alignment;
    }
}
