// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

/**
 * Which of up to 32 pages are taken, whether a place has reserved the others, and how many blocks
 * were handed out of them: as one word that is changed by compare-and-set.
 *
 * <p>Transitions return the new word. A word of 0, as fresh memory reads, has nothing taken.
 */
final class PageWord {
    /*
     *   63      62      33     32      31     0
     *  [ odd |   takes    | RESERVED |  taken  ]
     *
     * taken     a bit a page that is in a block, or in the hands of a thread.
     * RESERVED  a place has the word: its free pages count as used in the chunk, and whoever finds them may take them and
     *           put them back without a look at the chunk. Not RESERVED: who takes has raised the chunk's counter before.
     * takes     how often a block was handed out of the word; odd, and a number beside, carry on (PageBits).
     *
     * Taking and counting in the same step makes exact statistics free, and a word that is what it was is one in which
     * nothing happened: each take changes it, and each free until the next take.
     */
    /** Log2 of the pages in a word. */
    static final int SHIFT = 5;

    static final int PAGES = 1 << SHIFT;

    private static final long TAKEN_MASK = (1L << PAGES) - 1;
    private static final long RESERVED = 1L << PAGES;
    private static final int TAKES_SHIFT = PAGES + 1;
    private static final long ONE_TAKE = 1L << TAKES_SHIFT;

    /** The bits that count; one more says whether it came round an odd number of times. */
    private static final int COUNT_BITS = Long.SIZE - 1 - TAKES_SHIFT;

    private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;

    /** Bits at multiples of 2^index. */
    private static final long[] ALIGNED = {
        0xFFFF_FFFFL, 0x5555_5555L, 0x1111_1111L, 0x0101_0101L, 0x0001_0001L, 1L
    };

    private PageWord() {}

    static long taken(long word) {
        return word & TAKEN_MASK;
    }

    static boolean isReserved(long word) {
        return (word & RESERVED) != 0;
    }

    static long reserved(long word) {
        return word | RESERVED;
    }

    static long unreserved(long word) {
        return word & ~RESERVED;
    }

    /** The pages of {@code mask} are taken, to be handed out as one block. */
    static long handedOut(long word, long mask) {
        return (word | mask) + ONE_TAKE;
    }

    /** Returns whether {@code word} is one after whose take the count came round. */
    static boolean cameRound(long word) {
        return (word >>> TAKES_SHIFT & COUNT_MASK) == 0;
    }

    /**
     * Returns how many blocks were handed out.
     *
     * @param rounds how often the count came round, as far as that was noted: one may be under way
     */
    static long takes(long word, long rounds) {
        long odd = word >>> (TAKES_SHIFT + COUNT_BITS);
        long all = rounds + ((rounds & 1) ^ odd);
        return (all << COUNT_BITS) + (word >>> TAKES_SHIFT & COUNT_MASK);
    }

    /**
     * Returns the lowest multiple of 2^{@code align}, at most the pages of a word, from which on so
     * many bits of {@code free} are set; or 64.
     */
    static int position(long free, int pages, int align) {
        if (pages == 1 && align == 0) {
            return Long.numberOfTrailingZeros(free);
        }
        long runs = free; // bit p: the bits from p on, as many as length says, are set
        for (int length = 1; length < pages; ) {
            int more = Math.min(length, pages - length);
            runs &= runs >>> more;
            length += more;
        }
        return Long.numberOfTrailingZeros(runs & ALIGNED[align]);
    }
}
