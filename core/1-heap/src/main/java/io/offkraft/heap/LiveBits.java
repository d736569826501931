// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static io.offkraft.word.RawMemory.casLongAcqRel;
import static io.offkraft.word.RawMemory.loadLongAcquire;
import static io.offkraft.word.RawMemory.loadLongPlain;
import static io.offkraft.word.RawMemory.storeLongPlain;

import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;

/**
 * Two bits for every 16 bytes of the heap, outside of them, which differ where a block of a size
 * class begins that a caller holds.
 *
 * <p>So whether an address may be freed is one look, whatever the size class, with no division: of
 * free memory, of the inside of a block and of what no block was cut from the two are the same.
 *
 * <p>One of them is turned with the guard of the slab's stripe, when a block is handed out or given
 * back; the other one by who frees it without. So the stripe need not undo what others did, and of
 * what both write there is a word each; the two words of a KiB lie side by side, so that it is one
 * cache line that the block's state goes to and fro in.
 *
 * <p>A KiB is of one slab. The bits are read by any thread: who was given a block sees that they
 * differ, since they did before.
 */
final class LiveBits {
    private static final int GRANULE_SHIFT = 4;
    private static final int GRANULE_MASK = SizeClasses.GRANULE_BYTES - 1;
    private static final int KIB_SHIFT = GRANULE_SHIFT + 6;

    /** Of each KiB: a word of bits that are turned with the guard, and one of the others. */
    private static final int PAIR_SHIFT = 4;

    private static final int PAIR_MASK = (1 << PAIR_SHIFT) - 1;
    private static final int OTHERS = Long.BYTES;

    /** So many bytes have a byte of bits. */
    static final int BYTES_PER_BYTE = 1 << (KIB_SHIFT - PAIR_SHIFT);

    /** Where the words of address 0 would be. */
    private final long origin;

    /** For the addresses from {@code base}, a page's, on, over zeroed memory at {@code address}. */
    LiveBits(long address, long base) {
        origin = address - (base >>> (KIB_SHIFT - PAIR_SHIFT));
    }

    /** Returns what {@link #isSet} and those like it are to be told. */
    long origin() {
        return origin;
    }

    /** Returns whether a live block begins at {@code pointer}, which is one of the heap's. */
    static boolean isSet(long origin, long pointer) {
        long at = at(origin, pointer);
        return (pointer & GRANULE_MASK) == 0
                && ((loadLongPlain(at) ^ loadLongPlain(at + OTHERS)) & bit(pointer)) != 0;
    }

    /**
     * With the guard: a free block is handed out; returns whether it was free.
     *
     * <p>It is not where its owner and another thread have freed it at the same moment, as each has
     * turned its bit. Then it is free after this, and must not be handed out: the other thread's
     * parcel brings it.
     */
    static boolean trySet(long origin, long pointer) {
        long at = at(origin, pointer);
        long word = loadLongPlain(at);
        long turned = word ^ bit(pointer);
        storeLongPlain(at, turned);
        return ((turned ^ loadLongPlain(at + OTHERS)) & bit(pointer)) != 0;
    }

    /** With the guard: a block is given back that is live. */
    static void clear(long origin, long pointer) {
        long at = at(origin, pointer);
        storeLongPlain(at, loadLongPlain(at) ^ bit(pointer));
    }

    /**
     * Without the guard: a block is given back, if it is live; returns whether it was.
     *
     * <p>The compare-and-set releases what the caller did to the block; that is acquired by who
     * opens the parcel that it comes back in ({@link ParcelStack}). The word of the others is read
     * first, and again by the compare-and-set: if it is the same, no other thread has freed the
     * block between the two. The other word may change meanwhile only if the owner frees the block
     * at the same moment, or hands it out once more: see {@link #trySet}.
     */
    static boolean tryClearUnguarded(long origin, long pointer) {
        if ((pointer & GRANULE_MASK) != 0) {
            return false;
        }
        long at = at(origin, pointer);
        long bit = bit(pointer);
        long others;
        do {
            others = loadLongAcquire(at + OTHERS);
            if (((loadLongPlain(at) ^ others) & bit) == 0) {
                return false;
            }
        } while (!casLongAcqRel(at + OTHERS, others, others ^ bit));
        return true;
    }

    /** Returns whether a live block begins on any of {@code pages} pages, of one slab. */
    boolean isAnySet(long pointer, int pages) {
        long end = at(origin, pointer + ((long) pages << PageOrder.PAGE_SHIFT));
        for (long at = at(origin, pointer); at < end; at += 1 << PAIR_SHIFT) {
            if (loadLongPlain(at) != loadLongPlain(at + OTHERS)) {
                return true;
            }
        }
        return false;
    }

    /** No block begins on {@code pages} pages from {@code pointer} on, which are the caller's. */
    void clearPages(long pointer, long pages) {
        long bytes = pages << PageOrder.PAGE_SHIFT;
        RawMemory.zero(at(origin, pointer), bytes / BYTES_PER_BYTE);
    }

    private static long at(long origin, long pointer) {
        return origin + (pointer >>> (KIB_SHIFT - PAIR_SHIFT) & ~(long) PAIR_MASK);
    }

    private static long bit(long pointer) {
        return 1L << (pointer >>> GRANULE_SHIFT); // the shift counts modulo 64
    }
}
