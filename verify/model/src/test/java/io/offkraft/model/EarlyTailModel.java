// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/** An SPSC ring that moves its tail before the value is there: must be rejected. */
public class EarlyTailModel {
    private static final int CAPACITY = 2;

    private final int[] values = {-2, -2};
    private volatile long tail;
    private volatile long head;

    @Operation(nonParallelGroup = "putters")
    public boolean offer(@Param(gen = IntGen.class) int value) {
        long position = tail;
        if (position - head == CAPACITY) {
            return false;
        }
        tail = position + 1;
        values[(int) position % CAPACITY] = value;
        return true;
    }

    @Operation(nonParallelGroup = "takers")
    public long poll() {
        long position = head;
        if (position == tail) {
            return -1;
        }
        int value = values[(int) position % CAPACITY];
        head = position + 1;
        return value;
    }
}
