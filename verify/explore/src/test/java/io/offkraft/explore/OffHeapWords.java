// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;

/** A few words outside the Java heap, the same for all schedules. */
final class OffHeapWords {
    private static final int COUNT = 64;
    private static final long ADDRESS =
            Arena.global().allocate((long) COUNT * Long.BYTES, Long.BYTES).address();

    private OffHeapWords() {}

    /** Returns the address of the first of 64 words, all 0. */
    static long zeroed() {
        RawMemory.zero(ADDRESS, (long) COUNT * Long.BYTES);
        return ADDRESS;
    }
}
