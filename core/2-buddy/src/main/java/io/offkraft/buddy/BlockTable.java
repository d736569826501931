// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.word.RawMemory.casLongAcqRel;
import static io.offkraft.word.RawMemory.loadLongAcquire;
import static io.offkraft.word.RawMemory.loadShortPlain;
import static io.offkraft.word.RawMemory.storeShortPlain;

import io.offkraft.word.SchedulePoint;

/**
 * Which pages begin an allocated block, and how long that block is: 16 bits a page, outside the
 * pages.
 *
 * <p>Indexes are pages counted from the region's first. Guarded by the allocator's lock; in {@link
 * SharedRegion} without one, a word is its block's: who was handed the block writes it, and {@link
 * #tryEnd} takes it away.
 */
final class BlockTable {
    /*
     *   15 14                0
     *  [H |  length in pages  ]   H = 1: a block begins here
     *
     * A length of 15 set bits says that the block is longer than the field holds; then the words of its second and
     * third page, which begin no block of their own, carry 15 bits each with H = 0, low half first. All words of pages
     * that begin no block are zero otherwise. So "is this the beginning of a block of n pages?" is one load, whatever
     * n is, and the table takes 2 bytes of each 4 096: 0.05 %.
     */
    static final int BYTES_PER_PAGE = Short.BYTES;

    /** The longest block that can be recorded: 2^30 - 1 pages. */
    static final long MAX_PAGES = (1L << 30) - 1;

    private static final long WORD_MASK = 0xFFFF;
    private static final int HEAD = 0x8000;
    private static final int LENGTH_MASK = 0x7FFF;
    private static final int LENGTH_BITS = 15;

    /** Blocks below need one word. */
    static final int SHORT_PAGES = LENGTH_MASK;

    private final long address;

    BlockTable(long address) {
        this.address = address;
    }

    /** Returns the pages of the block that begins at {@code index}, or 0 if none does. */
    long lengthOr0(long index) {
        int word = word(index);
        if ((word & HEAD) == 0) {
            return 0;
        }
        int length = word & LENGTH_MASK;
        return length != LENGTH_MASK
                ? length
                : word(index + 1) | ((long) word(index + 2) << LENGTH_BITS);
    }

    /** Records that a block of {@code pages} pages begins at {@code index}. */
    void begin(long index, long pages) {
        assert pages > 0 && pages <= MAX_PAGES : pages;
        assert word(index) == 0 : index;
        if (pages < LENGTH_MASK) {
            setWord(index, HEAD | (int) pages);
        } else {
            setWord(index, HEAD | LENGTH_MASK);
            setWord(index + 1, (int) pages & LENGTH_MASK);
            setWord(index + 2, (int) (pages >>> LENGTH_BITS));
        }
    }

    /** Records that the block which began at {@code index} is no more. */
    void end(long index) {
        assert (word(index) & HEAD) != 0 : index;
        if ((word(index) & LENGTH_MASK) == LENGTH_MASK) {
            setWord(index + 1, 0);
            setWord(index + 2, 0);
        }
        setWord(index, 0);
    }

    /**
     * Does {@link #end} if a block of {@code pages} pages, fewer than {@link #SHORT_PAGES}, begins
     * at {@code index}.
     *
     * @return whether it did
     */
    boolean tryEndShort(long index, long pages) {
        return tryEndShortAt(entry(index), pages);
    }

    /** The same for who knows where the word is. */
    static boolean tryEndShortAt(long entry, long pages) {
        if (loadShortPlain(entry) != (short) (HEAD | pages)) {
            return false;
        }
        SchedulePoint.reach(); // without a lock another thread may look before this one has cleared
        storeShortPlain(entry, (short) 0);
        return true;
    }

    /** Returns where the word of {@code index} is. */
    long entry(long index) {
        return address + index * BYTES_PER_PAGE;
    }

    /** Does {@link #begin} for fewer than {@link #SHORT_PAGES} pages. */
    void beginShort(long index, long pages) {
        beginShortAt(entry(index), pages);
    }

    /** The same for who knows where the word is. */
    static void beginShortAt(long entry, long pages) {
        assert pages > 0 && pages < SHORT_PAGES : pages;
        assert loadShortPlain(entry) == 0 : entry;
        storeShortPlain(entry, (short) (HEAD | pages));
    }

    /**
     * Records that the block of {@code pages} pages which began at {@code index} is no more;
     * without the allocator's lock: of several threads that try, one does it.
     *
     * @return whether such a block began there
     */
    boolean tryEnd(long index, long pages) {
        int expected = HEAD | (int) Math.min(pages, LENGTH_MASK);
        if (pages >= LENGTH_MASK && lengthOr0(index) != pages) {
            return false;
        }
        long address = this.address + index * BYTES_PER_PAGE;
        long word = address & -Long.BYTES;
        int shift = (int) (address - word) * Byte.SIZE; // both processors are little-endian
        for (; ; ) {
            long seen = loadLongAcquire(word);
            if ((int) (seen >>> shift & WORD_MASK) != expected) {
                return false;
            }
            // acquire-release: who ends a block has seen it begin, and nobody else ends it. The
            // neighbours' words may be stored meanwhile: then this fails and looks again.
            if (casLongAcqRel(word, seen, seen & ~(WORD_MASK << shift))) {
                break;
            }
        }
        if (pages >= LENGTH_MASK) {
            setWord(index + 1, 0);
            setWord(index + 2, 0);
        }
        return true;
    }

    /**
     * Returns where the block that holds page {@code index} begins, or -1 if the page is in no
     * block.
     *
     * <p>Takes a step a page: for partial frees and for naming misuse, not for the hot path.
     */
    long beginOfBlockOrMinus1(long index) {
        for (long begin = index; begin >= 0; begin--) {
            if ((word(begin) & HEAD) != 0) {
                return begin + lengthOr0(begin) > index ? begin : -1;
            }
        }
        return -1;
    }

    /** Returns how many blocks begin in {@code [start, end)}. */
    long count(long start, long end) {
        long count = 0;
        for (long index = start; index < end; index++) {
            count += word(index) >>> LENGTH_BITS;
        }
        return count;
    }

    private int word(long index) {
        return Short.toUnsignedInt(loadShortPlain(address + index * BYTES_PER_PAGE));
    }

    private void setWord(long index, int word) {
        storeShortPlain(address + index * BYTES_PER_PAGE, (short) word);
    }
}
