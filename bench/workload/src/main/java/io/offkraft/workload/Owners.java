// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import io.offkraft.workload.allocator.Blocks;

/**
 * Who owns which block: a word for each, which also stands at both ends of the block.
 *
 * <p>Two blocks that overlap, or a block that somebody writes to who does not own it, differ from
 * their words when they are freed.
 *
 * <p><b>Thread safety:</b> as {@link Blocks}: different blocks, from any thread.
 */
final class Owners {
    private static final long NOBODY = 0;

    /**
     * Where the first slot's entries lie in all tables: not where an array's length is, which every
     * thread reads at each access, in a cache line that the owner of the slot would write.
     */
    private static final int FIRST = 64;

    private final Blocks blocks;
    private final long[] words;
    private final int[] sizes;

    Owners(Blocks blocks, int slots) {
        this.blocks = blocks;
        this.words = new long[tableSize(slots)];
        this.sizes = new int[tableSize(slots)];
    }

    /** Returns how large a table must be that has places for so many slots. */
    static int tableSize(int slots) {
        return Math.addExact(FIRST, slots);
    }

    private static int place(int slot) {
        return FIRST + slot;
    }

    /** Allocates block {@code slot} for the owner known by {@code word}, which is not 0. */
    void allocate(int slot, int sizeBytes, long word) {
        if (words[place(slot)] != NOBODY) {
            throw new IllegalStateException("block %d is live".formatted(slot));
        }
        if (!blocks.allocate(place(slot), sizeBytes, 0)) {
            throw new NoMemoryException(sizeBytes);
        }
        words[place(slot)] = word;
        sizes[place(slot)] = sizeBytes;
        blocks.storeLong(place(slot), 0, word);
        int last = lastWord(sizeBytes);
        if (last > 0) {
            blocks.storeLong(place(slot), last, ~word);
        }
    }

    /** Frees block {@code slot}, which must be as its owner left it; returns its size. */
    int free(int slot) {
        long word = words[place(slot)];
        int sizeBytes = sizes[place(slot)];
        if (word == NOBODY) {
            throw new IllegalStateException("block %d is not live".formatted(slot));
        }
        check(slot, 0, word, blocks.loadLong(place(slot), 0));
        int last = lastWord(sizeBytes);
        if (last > 0) {
            check(slot, last, ~word, blocks.loadLong(place(slot), last));
        }
        words[place(slot)] = NOBODY;
        blocks.free(place(slot));
        return sizeBytes;
    }

    boolean isLive(int slot) {
        return words[place(slot)] != NOBODY;
    }

    int slots() {
        return words.length - FIRST;
    }

    /** Writes to the first word of block {@code slot}. */
    void storeFirst(int slot, long value) {
        blocks.storeLong(place(slot), 0, value);
    }

    long word(int slot) {
        return words[place(slot)];
    }

    /** Returns where the last whole word of a block begins; 0 if it has but one. */
    private static int lastWord(int sizeBytes) {
        return (sizeBytes - Long.BYTES) & -Long.BYTES;
    }

    private void check(int slot, int offset, long written, long found) {
        if (found != written) {
            throw new IntegrityException(
                    ("block %d of %d bytes does not hold its owner's word %016x at offset %d but"
                                    + " %016x: another block overlaps it, or it was written to"
                                    + " after its free")
                            .formatted(slot, sizes[place(slot)], written, offset, found));
        }
    }
}
