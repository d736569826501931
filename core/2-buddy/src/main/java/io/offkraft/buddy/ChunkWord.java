// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

/**
 * What {@link SharedRegion} knows of a chunk, as one word that is changed by compare-and-set.
 *
 * <p>Transitions return the new word. A word of 0, as fresh memory reads, is a chunk without memory
 * of which nothing is used.
 */
final class ChunkWord {
    /*
     *    63          32 31    22    21       20    19      0
     *   [   epoch      |  0    | COMMITTED | HELD |  used   ]
     *
     *            open (HELD while the kernel is asked)
     *   EMPTY ───────────────────────────────────────► in use ──┐ used > 0, or HELD: all of it is one block's
     *     ▲                                              ▲  │   │
     *     │ decommit (HELD meanwhile)           taken    │  ▼   │
     *     └──────────────────────────────────────── retained    │ used = 0, COMMITTED, epoch = since when
     *
     * used   pages that are taken, about to be, or free in a word that is reserved: raised before a bit is set, lowered after it was
     *        cleared. So whoever raised it finds as many clear bits, and a chunk with used = 0 has none set.
     * HELD   the whole chunk belongs to one thread or block, which alone changes the word; no bit is set.
     */
    private static final long USED_MASK = (1L << 20) - 1;
    private static final long HELD = 1L << 20;
    private static final long COMMITTED = 1L << 21;
    private static final int EPOCH_SHIFT = 32;

    /** A chunk without memory. */
    static final long EMPTY = 0;

    private ChunkWord() {}

    /** Returns the pages that are taken, in a chunk that is not held. */
    static long used(long word) {
        return word & USED_MASK;
    }

    static boolean isHeld(long word) {
        return (word & HELD) != 0;
    }

    static boolean isCommitted(long word) {
        return (word & COMMITTED) != 0;
    }

    /** Returns whether nothing of the chunk is taken, whether it carries memory or not. */
    static boolean isWhole(long word) {
        return (word & (USED_MASK | HELD)) == 0;
    }

    /** Returns whether nothing of the chunk is taken and it carries memory. */
    static boolean isRetained(long word) {
        return (word & (USED_MASK | HELD | COMMITTED)) == COMMITTED;
    }

    /** Returns the epoch in which a retained chunk became so. */
    static int epoch(long word) {
        return (int) (word >>> EPOCH_SHIFT);
    }

    /** Returns how many pages can be taken of a chunk of {@code chunkPages} without the kernel. */
    static long free(long word, long chunkPages) {
        return (word & (HELD | COMMITTED)) == COMMITTED ? chunkPages - used(word) : 0;
    }

    static long taken(long word, long pages) {
        return word + pages;
    }

    /** The pages are free again; if they were the last ones, since {@code epoch}. */
    static long given(long word, long pages, int epoch) {
        long left = used(word) - pages;
        assert left >= 0 && !isHeld(word) : Long.toHexString(word);
        return left == 0 ? retained(epoch) : word - pages;
    }

    static long held(long word) {
        return (word & COMMITTED) | HELD;
    }

    static long heldCommitted() {
        return COMMITTED | HELD;
    }

    static long retained(int epoch) {
        return COMMITTED | ((long) epoch << EPOCH_SHIFT);
    }

    static long committedWith(long usedPages) {
        return COMMITTED | usedPages;
    }
}
