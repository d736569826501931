// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import io.offkraft.word.Alignment;
import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;

/**
 * A bounded queue of lines in raw memory: any thread puts, any thread takes, none waits and none
 * allocates.
 *
 * <p>Vyukov, "Bounded MPMC queue" (2010): a ring of slots, each with a sequence number that says
 * whose turn it is.
 *
 * <p><b>Progress:</b> not lock-free in the strict sense: a thread that stops between claiming a
 * slot and publishing it makes that slot, and in time the ring, unusable until it goes on. Nobody
 * waits for it: {@link #offer} and {@link #pollOrMinus1} then return false.
 */
final class LineRing {
    /*
     * For the slot of position p (p modulo the slots):
     *
     *   sequence = p              empty, to be filled by the putter that claims position p
     *   sequence = p + 1          filled, to be emptied by the taker that claims position p
     *   sequence = p + slots      empty again, for the next round
     *
     * A claim is a compare-and-set of the position; filling and emptying happen between claim and the store of the next
     * sequence number. That store is a release, and pairs with the acquire load by which the next user of the slot finds
     * that it is its turn: so the bytes of a line are read only after they were all written, and overwritten only after
     * they were all read.
     */
    private static final int SEQUENCE = 0;
    private static final int LENGTH = 8;
    private static final int BYTES = 16;

    private static final int CACHE_LINE = 64;

    private final int slotBytes;
    private final int slots;
    private final long slotAddress;
    private final long putAddress;
    private final long takeAddress;

    /**
     * Makes an empty ring of {@code slots} slots, a power of two from 2 up, for lines of {@code
     * maxBytes} bytes.
     */
    LineRing(int slots, int maxBytes) {
        assert Alignment.isPowerOfTwo(slots) && slots >= 2 : slots;
        this.slots = slots;
        slotBytes = (int) Alignment.alignUp(BYTES + maxBytes, CACHE_LINE);
        long memory =
                Arena.global()
                        .allocate(4L * CACHE_LINE + (long) slots * slotBytes, CACHE_LINE)
                        .address();
        putAddress = memory;
        takeAddress =
                memory + 2 * CACHE_LINE; // apart from the other: a pair of lines is fetched at once
        slotAddress = memory + 4 * CACHE_LINE;
        for (int slot = 0; slot < slots; slot++) {
            RawMemory.storeLongRelease(slot(slot) + SEQUENCE, slot);
        }
    }

    /** Puts a copy of the line at the end; returns false if the ring is full. */
    boolean offer(long source, int bytes) {
        for (; ; ) {
            // acquire: a stale position only makes the sequence below not fit
            long position = RawMemory.loadLongAcquire(putAddress);
            long slot = slot(position);
            long turn = RawMemory.loadLongAcquire(slot + SEQUENCE) - position;
            if (turn < 0) {
                return false;
            }
            if (turn == 0 && RawMemory.casLongAcqRel(putAddress, position, position + 1)) {
                RawMemory.storeIntPlain(slot + LENGTH, bytes);
                RawMemory.copy(source, slot + BYTES, bytes);
                // release: pairs with the acquire in poll; publishes length and bytes
                RawMemory.storeLongRelease(slot + SEQUENCE, position + 1);
                return true;
            }
        }
    }

    /**
     * Moves the line at the front to {@code target}; returns its length, or -1 if there is none.
     */
    int pollOrMinus1(long target) {
        for (; ; ) {
            long position = RawMemory.loadLongAcquire(takeAddress);
            long slot = slot(position);
            long turn = RawMemory.loadLongAcquire(slot + SEQUENCE) - (position + 1);
            if (turn < 0) {
                return -1;
            }
            if (turn == 0 && RawMemory.casLongAcqRel(takeAddress, position, position + 1)) {
                int bytes = RawMemory.loadIntPlain(slot + LENGTH);
                if (target != 0) {
                    RawMemory.copy(slot + BYTES, target, bytes);
                }
                // release: pairs with the acquire in offer of the next round; the bytes were read
                RawMemory.storeLongRelease(slot + SEQUENCE, position + slots);
                return bytes;
            }
        }
    }

    /** Removes the line at the front without reading it; returns whether there was one. */
    boolean discardOldest() {
        return pollOrMinus1(0) >= 0;
    }

    /** Returns whether there is a line at the front at this moment. */
    boolean hasLine() {
        long position = RawMemory.loadLongAcquire(takeAddress);
        return RawMemory.loadLongAcquire(slot(position) + SEQUENCE) - (position + 1) >= 0;
    }

    private long slot(long position) {
        return slotAddress + (position & (slots - 1)) * slotBytes;
    }
}
