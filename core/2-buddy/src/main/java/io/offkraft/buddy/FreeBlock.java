// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

/**
 * A free block as one word: its first page and its order. Pages are numbered from address 0, below
 * 2^51.
 */
final class FreeBlock {
    /** No block. */
    static final long NONE = -1;

    private static final int ORDER_BITS = 6;
    private static final long ORDER_MASK = (1L << ORDER_BITS) - 1;

    private FreeBlock() {}

    static long of(long page, int order) {
        return (page << ORDER_BITS) | order;
    }

    static long page(long block) {
        return block >>> ORDER_BITS;
    }

    static int order(long block) {
        return (int) (block & ORDER_MASK);
    }

    /** Returns the page behind the block. */
    static long endPage(long block) {
        return page(block) + (1L << order(block));
    }
}
