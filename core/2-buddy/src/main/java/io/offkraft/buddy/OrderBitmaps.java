// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import java.util.Arrays;

/**
 * Where the sets of free blocks of all orders lie: what belongs to the same memory side by side.
 *
 * <p>One set after the other, each would have pages of its own, of which a small heap in a large
 * region needs a few words each: a dozen pages resident for nothing else. So four orders share
 * records, in which each has half of the words of the one before, for the same memory: 8, 4, 2 and
 * 1. And first come the levels that are short.
 */
final class OrderBitmaps {
    private static final int GROUP = 4;
    private static final int WORDS_SHIFT = GROUP - 1;

    /** Where the words of each order of a group begin in a record; one word is left over. */
    private static final int[] OFFSETS = {0, 64, 96, 112};

    private final long[] bits;
    private final long[][] offsets;
    private final long bytes;

    /**
     * Lays out sets of the numbers below {@code bits[order]}, each about half of the one before.
     */
    OrderBitmaps(long[] bits) {
        this.bits = bits.clone();
        offsets = new long[bits.length][];
        Arrays.setAll(offsets, order -> new long[FreeBitmap.levels(bits[order])]);
        long next = 0;
        for (int level = offsets[0].length - 1; level >= 0; level--) {
            for (int first = 0; first < bits.length; first += GROUP) {
                next += placeGroup(first, level, next);
            }
        }
        bytes = next;
    }

    /** Places a level of up to four orders; returns the bytes that it takes. */
    private long placeGroup(int first, int level, long at) {
        long records = 0;
        for (int order = first; order < Math.min(bits.length, first + GROUP); order++) {
            if (level < offsets[order].length) {
                offsets[order][level] = at + OFFSETS[order - first];
                long words = words(bits[order], level);
                int shift = wordsShift(order);
                records = Math.max(records, (words + (1L << shift) - 1) >>> shift);
            }
        }
        return records << FreeBitmap.RECORD_SHIFT;
    }

    private static int wordsShift(int order) {
        return WORDS_SHIFT - order % GROUP;
    }

    private static long words(long bits, int level) {
        long words = FreeBitmap.wordsFor(bits);
        for (int below = 0; below < level; below++) {
            words = FreeBitmap.wordsFor(words);
        }
        return words;
    }

    /** Returns the bytes that all of them take. */
    long bytes() {
        return bytes;
    }

    /** Makes the sets, which are empty, over zeroed memory at {@code address}. */
    FreeBitmap[] at(long address) {
        FreeBitmap[] sets = new FreeBitmap[bits.length];
        for (int order = 0; order < sets.length; order++) {
            long[] levels = Arrays.stream(offsets[order]).map(offset -> address + offset).toArray();
            sets[order] = new FreeBitmap(bits[order], levels, wordsShift(order));
        }
        return sets;
    }
}
