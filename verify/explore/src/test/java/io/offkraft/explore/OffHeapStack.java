// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import io.offkraft.word.RawMemory;

/**
 * A stack of the numbers 1, 2, … in off-heap words (Treiber, 1986): one word for the top, one a
 * number for what is under it. Without tags it suffers from ABA.
 */
final class OffHeapStack {
    private final long address;
    private final long tagUnit;

    OffHeapStack(long address, boolean tagged) {
        this.address = address;
        tagUnit = tagged ? 1L << 32 : 0;
    }

    void push(long number) {
        while (true) {
            long top = RawMemory.loadLongAcquire(address);
            RawMemory.storeLongRelease(under(number), numberOf(top));
            if (RawMemory.casLongAcqRel(address, top, next(top, number))) {
                return;
            }
        }
    }

    /** Returns 0 if it is empty. */
    long pop() {
        while (true) {
            long top = RawMemory.loadLongAcquire(address);
            long number = numberOf(top);
            if (number == 0) {
                return 0;
            }
            long below = RawMemory.loadLongAcquire(under(number));
            if (RawMemory.casLongAcqRel(address, top, next(top, below))) {
                return number;
            }
        }
    }

    private long next(long top, long number) {
        return (top & ~0xffff_ffffL) + tagUnit + number;
    }

    private static long numberOf(long top) {
        return top & 0xffff_ffffL;
    }

    private long under(long number) {
        return address + (number * Long.BYTES);
    }
}
