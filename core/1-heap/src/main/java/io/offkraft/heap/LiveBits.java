// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static io.offkraft.word.RawMemory.loadLongPlain;
import static io.offkraft.word.RawMemory.storeLongPlain;

import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;

/**
 * A bit for every 16 bytes of the heap, outside of them: set where a block of a size class begins
 * that a caller holds.
 *
 * <p>So whether an address may be freed is one look, whatever the size class, with no division: of
 * free memory, of the inside of a block and of what no block was cut from the bit is clear. Blocks
 * that were freed without the guard keep it until they are collected; see {@link PageMap#isAway}.
 *
 * <p>A word stands for a quarter of a page, so it is of one slab. It is written with the guard of
 * the slab's stripe, and read by any thread: who was given a block sees the bit of it set, since it
 * was set before.
 */
final class LiveBits {
    /** So many bytes have a byte of bits. */
    static final int BYTES_PER_BYTE = SizeClasses.GRANULE_BYTES * Byte.SIZE;

    private static final int GRANULE_SHIFT = 4;
    private static final int WORD_SHIFT = GRANULE_SHIFT + 6;
    private static final int GRANULE_MASK = SizeClasses.GRANULE_BYTES - 1;

    /** Where the word of address 0 would be. */
    private final long origin;

    /** For the addresses from {@code base}, a page's, on, over zeroed memory at {@code address}. */
    LiveBits(long address, long base) {
        origin = address - (base >>> WORD_SHIFT) * Long.BYTES;
    }

    /** Returns what to tell {@link #isSet}, {@link #set} and {@link #clear}. */
    long origin() {
        return origin;
    }

    /** Returns whether a live block begins at {@code pointer}, which is one of the heap's. */
    static boolean isSet(long origin, long pointer) {
        return (pointer & GRANULE_MASK) == 0
                && (loadLongPlain(at(origin, pointer)) & bit(pointer)) != 0;
    }

    /** With the guard: a block is handed out. */
    static void set(long origin, long pointer) {
        long at = at(origin, pointer);
        storeLongPlain(at, loadLongPlain(at) | bit(pointer));
    }

    /** With the guard: a block was given back. */
    static void clear(long origin, long pointer) {
        long at = at(origin, pointer);
        storeLongPlain(at, loadLongPlain(at) & ~bit(pointer));
    }

    /** No block begins on {@code pages} pages from {@code pointer} on, which are the caller's. */
    void clearPages(long pointer, long pages) {
        RawMemory.zero(at(origin, pointer), pages << (PageOrder.PAGE_SHIFT - WORD_SHIFT + 3));
    }

    private static long at(long origin, long pointer) {
        return origin + (pointer >>> WORD_SHIFT) * Long.BYTES;
    }

    private static long bit(long pointer) {
        return 1L << (pointer >>> GRANULE_SHIFT); // the shift counts modulo 64
    }
}
