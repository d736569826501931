// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

/** What a ring's capacity must be. */
final class RingCapacity {
    /** With one slot alone, "filled" and "empty again" would have the same sequence number. */
    private static final int MIN = 2;

    private RingCapacity() {}

    /**
     * Returns {@code capacity}.
     *
     * @throws IllegalArgumentException unless it is a power of two from 2 to {@code max}
     */
    static int checked(int capacity, int max) {
        if (capacity < MIN || capacity > max || Integer.bitCount(capacity) != 1) {
            throw new IllegalArgumentException(
                    "capacity must be a power of two in [%d, %d]: %d"
                            .formatted(MIN, max, capacity));
        }
        return capacity;
    }
}
