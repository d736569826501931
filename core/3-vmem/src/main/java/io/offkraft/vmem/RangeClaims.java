// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import java.util.Arrays;

/**
 * The ranges of a space that calls are busy with: between its first look and its last change, a
 * call has its range for itself.
 *
 * <p>As many as there are threads in the space at a time, so a list is the right structure. Guarded
 * by the space's lock, which is not held while a call makes its system calls.
 */
final class RangeClaims {
    private static final int INITIAL_CAPACITY = 8;

    private long[] starts = new long[INITIAL_CAPACITY];
    private long[] ends = new long[INITIAL_CAPACITY];
    private int count;

    /** Claims {@code [start, end)}; false if a part of it is claimed. */
    boolean tryClaim(long start, long end) {
        if (endOfOverlapOrMinus1(start, end) >= 0) {
            return false;
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
        }
        starts[count] = start;
        ends[count] = end;
        count++;
        return true;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Gives up the claim of {@code [start, end)}. */
    void release(long start, long end) {
        for (int i = 0; i < count; i++) {
            if (starts[i] == start && ends[i] == end) {
                count--;
                starts[i] = starts[count];
                ends[i] = ends[count];
                return;
            }
        }
        throw new IllegalStateException("[0x%x, 0x%x) is not claimed".formatted(start, end));
    }

    /** Returns where a claim ends that overlaps {@code [start, end)}, or -1 if none does. */
    long endOfOverlapOrMinus1(long start, long end) {
        for (int i = 0; i < count; i++) {
            if (starts[i] < end && start < ends[i]) {
                return ends[i];
            }
        }
        return -1;
    }
}
