// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/** Vyukov's ring as published, full or empty by the slot alone: must be rejected. */
public class SlotRingModel {
    private static final int CAPACITY = 2;

    private final AtomicLongArray sequences = new AtomicLongArray(new long[] {0, 1});
    private final int[] values = new int[CAPACITY];
    private final AtomicLong tail = new AtomicLong();
    private final AtomicLong head = new AtomicLong();

    @Operation
    public boolean offer(@Param(gen = IntGen.class) int value) {
        while (true) {
            long position = tail.get();
            int slot = (int) position % CAPACITY;
            long ahead = sequences.get(slot) - position;
            if (ahead < 0) {
                return false;
            }
            if (ahead == 0 && tail.compareAndSet(position, position + 1)) {
                values[slot] = value;
                sequences.set(slot, position + 1);
                return true;
            }
        }
    }

    @Operation
    public long poll() {
        while (true) {
            long position = head.get();
            int slot = (int) position % CAPACITY;
            long ahead = sequences.get(slot) - (position + 1);
            if (ahead < 0) {
                return -1;
            }
            if (ahead == 0 && head.compareAndSet(position, position + 1)) {
                int value = values[slot];
                sequences.set(slot, position + CAPACITY);
                return value;
            }
        }
    }
}
