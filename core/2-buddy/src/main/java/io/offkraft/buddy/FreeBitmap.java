// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.word.RawMemory.loadLongPlain;
import static io.offkraft.word.RawMemory.storeLongPlain;

/**
 * A set of small numbers in raw memory that finds its smallest member in a step a level.
 *
 * <p>Guarded by the allocator's lock: every access is plain.
 */
final class FreeBitmap {
    /*
     * Level 0 holds a bit a number. A bit of level n+1 says that the word of level n at its index is not zero. The
     * last level is one word.
     *
     *   level 2  [                    1 ]
     *   level 1  [ 0 … 1 0 ][ 0 … 0 0 ] …        one bit a word below
     *   level 0  [..][..][01..][..][..][..] …     one bit a number
     *
     * Memory that was never written reads as zero, so an empty set costs no resident page, and find, set and clear
     * touch one word a level at most: 5 levels cover 2^30 pages (4 TiB).
     *
     * The words of a level lie in records of 128 bytes: all 16 words of a record, one after the other, or, where a
     * OrderBitmaps has several sets share them, a power of two of them.
     */
    private static final int WORD_SHIFT = 6;

    static final int RECORD_SHIFT = 7;
    private static final int WORDS_SHIFT_ALONE = RECORD_SHIFT - 3;

    private final long bits;
    private final long leafAddress;
    private final long[] levelAddress;
    private final int wordsShift;
    private final long wordsMask;

    /** Makes an empty set over zeroed memory of {@link #bytes(long)} bytes at {@code address}. */
    FreeBitmap(long address, long bits) {
        this(bits, addresses(address, bits), WORDS_SHIFT_ALONE);
    }

    /**
     * Makes an empty set over zeroed records.
     *
     * @param levelAddress where its words in the first record of each level begin
     * @param wordsShift it has 2 to this words of each record
     */
    FreeBitmap(long bits, long[] levelAddress, int wordsShift) {
        assert bits > 0 && levelAddress.length == levels(bits) : bits;
        this.bits = bits;
        this.levelAddress = levelAddress.clone();
        leafAddress = levelAddress[0];
        this.wordsShift = wordsShift;
        wordsMask = (1L << wordsShift) - 1;
    }

    private static long[] addresses(long address, long bits) {
        long[] addresses = new long[levels(bits)];
        long next = address;
        long words = bits;
        for (int level = 0; level < addresses.length; level++) {
            addresses[level] = next;
            words = wordsFor(words);
            next += words * Long.BYTES;
        }
        return addresses;
    }

    /** Returns the bytes that a set of the numbers {@code [0, bits)} takes. */
    static long bytes(long bits) {
        long bytes = 0;
        long words = bits;
        do {
            words = wordsFor(words);
            bytes += words * Long.BYTES;
        } while (words > 1);
        return bytes;
    }

    /** Returns whether {@code number} is a member; numbers outside the range are not. */
    boolean contains(long number) {
        return number >= 0
                && number < bits
                && (loadLongPlain(wordAddress(leafAddress, number)) >>> number & 1) != 0;
    }

    /** Adds {@code number}, which is not a member. */
    void add(long number) {
        assert number >= 0 && number < bits && !contains(number) : number;
        long index = number;
        for (long level : levelAddress) {
            long address = wordAddress(level, index);
            long word = loadLongPlain(address);
            storeLongPlain(address, word | (1L << index));
            if (word != 0) {
                return; // the levels above know of this word already
            }
            index >>>= WORD_SHIFT;
        }
    }

    /** Removes {@code number}, which is a member. */
    void remove(long number) {
        assert contains(number) : number;
        long index = number;
        for (long level : levelAddress) {
            long address = wordAddress(level, index);
            long word = loadLongPlain(address) & ~(1L << index);
            storeLongPlain(address, word);
            if (word != 0) {
                return; // the word still has members: the levels above stay as they are
            }
            index >>>= WORD_SHIFT;
        }
    }

    /**
     * Removes the members of {@code [from, from + count)}, part of which may lie outside the range
     * of the set; {@code count} is at most 64.
     *
     * @return a bit each, that of {@code from} lowest
     */
    long take(long from, int count) {
        long end = Math.min(bits, from + count);
        long taken = 0;
        for (long index = Math.max(0, from); index < end; ) {
            long wordEnd = Math.min(end, (index | (Long.SIZE - 1)) + 1);
            long inside = (-1L >>> (index - wordEnd)) << index; // shifts count modulo 64
            long address = wordAddress(leafAddress, index);
            long word = loadLongPlain(address);
            if ((word & inside) != 0) {
                taken |= ((word & inside) >>> index) << (index - from);
                storeLongPlain(address, word & ~inside);
                if ((word & ~inside) == 0) {
                    removeAbove(index >>> WORD_SHIFT);
                }
            }
            index = wordEnd;
        }
        return taken;
    }

    private void removeAbove(long number) {
        long index = number;
        for (int level = 1; level < levelAddress.length; level++) {
            long address = wordAddress(levelAddress[level], index);
            long word = loadLongPlain(address) & ~(1L << index);
            storeLongPlain(address, word);
            if (word != 0) {
                return;
            }
            index >>>= WORD_SHIFT;
        }
    }

    /** Returns whether there is no member. */
    boolean isEmpty() {
        return loadLongPlain(levelAddress[levelAddress.length - 1]) == 0;
    }

    /** Returns the smallest member, or -1. */
    long firstOrMinus1() {
        long index = 0;
        for (int level = levelAddress.length - 1; level >= 0; level--) {
            long word = loadLongPlain(wordAt(levelAddress[level], index));
            if (word == 0) {
                return -1; // only at the top: lower words are not zero when a bit above says so
            }
            index = (index << WORD_SHIFT) + Long.numberOfTrailingZeros(word);
        }
        return index;
    }

    /** Returns the smallest member that is at least {@code number}, or -1. */
    long firstFromOrMinus1(long number) {
        for (long index = Math.max(0, number); index < bits; ) {
            long word = loadLongPlain(wordAddress(leafAddress, index)) >>> index;
            if (word != 0) {
                return index + Long.numberOfTrailingZeros(word);
            }
            index = (index | (Long.SIZE - 1)) + 1;
        }
        return -1;
    }

    /** Checks that every level tells the truth of the one below. */
    void validate() {
        long words = wordsFor(bits);
        for (int level = 0; level + 1 < levelAddress.length; level++) {
            for (long word = 0; word < words; word++) {
                boolean any = loadLongPlain(wordAt(levelAddress[level], word)) != 0;
                long above = loadLongPlain(wordAddress(levelAddress[level + 1], word));
                if (any != ((above >>> word & 1) != 0)) {
                    throw new AssertionError("summary of word " + word + " of level " + level);
                }
            }
            words = wordsFor(words);
        }
    }

    private long wordAddress(long level, long index) {
        return wordAt(level, index >>> WORD_SHIFT);
    }

    private long wordAt(long level, long word) {
        return level + (word >>> wordsShift << RECORD_SHIFT) + (word & wordsMask) * Long.BYTES;
    }

    static long wordsFor(long bits) {
        return (bits + Long.SIZE - 1) >>> WORD_SHIFT;
    }

    static int levels(long bits) {
        int levels = 0;
        long words = bits;
        do {
            words = wordsFor(words);
            levels++;
        } while (words > 1);
        return levels;
    }
}
