// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress;

import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A line of memory off the heap for one state of a litmus test.
 *
 * <p>Slots are handed out in turn. A slot comes round again only after {@link #SLOTS} others, and a
 * run keeps far fewer states at a time.
 */
public final class OffHeapSlot {
    private static final int SLOTS = 1 << 19;
    private static final int SLOT_BYTES = 64;
    private static final long BASE =
            Arena.global().allocate((long) SLOTS * SLOT_BYTES, SLOT_BYTES).address();
    private static final AtomicLong NEXT = new AtomicLong();

    private OffHeapSlot() {}

    /** Returns the address of the next slot, filled with zeros. */
    public static long nextAddress() {
        final long address = BASE + NEXT.getAndIncrement() % SLOTS * SLOT_BYTES;
        RawMemory.fill(address, SLOT_BYTES, (byte) 0);
        return address;
    }
}
