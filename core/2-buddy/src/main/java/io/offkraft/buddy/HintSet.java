// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.word.RawMemory.casLongAcqRel;
import static io.offkraft.word.RawMemory.loadLongAcquire;

/**
 * A set of small numbers in raw memory that says where to look first.
 *
 * <p>It is a hint: a member may be missing while the thread that adds or removes it, or a neighbour
 * of it, is under way, and who must be sure looks everywhere. Whoever removes a number looks
 * afterwards whether it belongs in after all, and adds it again; so nothing is missing once nobody
 * is under way.
 *
 * <p><b>Thread safety:</b> any thread. <b>Progress:</b> lock-free. <b>Memory effects:</b> none that
 * may be relied on but the order of its own words.
 */
final class HintSet {
    /*
     * As in FreeBitmap, a bit of level n+1 says that the word of level n at its index is not zero. add sets from the
     * leaf up. remove clears from the leaf up while words become zero, and looks at each word again after the bit above
     * was cleared: an add that came between saw the bit above still set.
     */
    private static final int WORD_SHIFT = 6;

    private final long bits;
    private final long[] levelAddress;

    /** Makes an empty set over zeroed memory of {@link FreeBitmap#bytes} bytes. */
    HintSet(long address, long bits) {
        this.bits = bits;
        int levels = 0;
        for (long words = bits; levels == 0 || words > 1; levels++) {
            words = wordsFor(words);
        }
        levelAddress = new long[levels];
        long next = address;
        long words = bits;
        for (int level = 0; level < levels; level++) {
            levelAddress[level] = next;
            words = wordsFor(words);
            next += words * Long.BYTES;
        }
    }

    /** Adds {@code number} if it is not a member. */
    void add(long number) {
        if (!contains(0, number)) {
            addFrom(0, number);
        }
    }

    boolean contains(long number) {
        return contains(0, number);
    }

    /** Returns whether there is no member. */
    boolean isEmpty() {
        return loadLongAcquire(levelAddress[levelAddress.length - 1]) == 0;
    }

    /** Removes {@code number}. */
    void remove(long number) {
        long index = number;
        for (int level = 0; level < levelAddress.length; level++) {
            long left = clear(level, index);
            if (level > 0 && loadLongAcquire(wordAddress(level - 1, index << WORD_SHIFT)) != 0) {
                addFrom(level, index); // somebody added below while we cleared here
                return;
            }
            if (left != 0) {
                return;
            }
            index >>>= WORD_SHIFT;
        }
    }

    /** Returns the smallest member that is at least {@code number}, or -1. */
    long firstFromOrMinus1(long number) {
        return number < bits ? firstFromOrMinus1(0, number) : -1;
    }

    private long firstFromOrMinus1(int level, long index) {
        long word = loadLongAcquire(wordAddress(level, index)) >>> index;
        if (word != 0) {
            return index + Long.numberOfTrailingZeros(word);
        }
        if (level + 1 == levelAddress.length) {
            return -1;
        }
        for (long next = (index >>> WORD_SHIFT) + 1; next < wordsOf(level); next++) {
            next = firstFromOrMinus1(level + 1, next);
            if (next < 0) {
                return -1;
            }
            word = loadLongAcquire(wordAddress(level, next << WORD_SHIFT));
            if (word != 0) {
                return (next << WORD_SHIFT) + Long.numberOfTrailingZeros(word);
            }
        }
        return -1;
    }

    private void addFrom(int first, long number) {
        long index = number;
        for (int level = first; level < levelAddress.length; level++) {
            long address = wordAddress(level, index);
            long bit = 1L << index;
            for (long word = loadLongAcquire(address); (word & bit) == 0; ) {
                // acquire-release: pairs with the compare-and-set in clear of the same word
                if (casLongAcqRel(address, word, word | bit)) {
                    break;
                }
                word = loadLongAcquire(address);
            }
            index >>>= WORD_SHIFT;
        }
    }

    /** Returns the word without the bit. */
    private long clear(int level, long index) {
        long address = wordAddress(level, index);
        long bit = 1L << index;
        for (; ; ) {
            long word = loadLongAcquire(address);
            // acquire-release: pairs with the compare-and-set in addFrom of the same word
            if ((word & bit) == 0 || casLongAcqRel(address, word, word & ~bit)) {
                return word & ~bit;
            }
        }
    }

    private boolean contains(int level, long index) {
        return (loadLongAcquire(wordAddress(level, index)) >>> index & 1) != 0;
    }

    private long wordAddress(int level, long index) {
        return levelAddress[level] + (index >>> WORD_SHIFT) * Long.BYTES;
    }

    private long wordsOf(int level) {
        return wordsFor(((bits - 1) >>> (WORD_SHIFT * level)) + 1);
    }

    private static long wordsFor(long bits) {
        return (bits + Long.SIZE - 1) >>> WORD_SHIFT;
    }
}
