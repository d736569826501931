// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.word;

/**
 * Arithmetic of page orders: order {@code k} is a run of {@code 2^k} pages, aligned to itself.
 *
 * <p>A base page is {@link #PAGE_BYTES} on both supported processors (x86-64; aarch64 with 4 KiB
 * pages).
 */
public final class PageOrder {
    /** Log2 of {@link #PAGE_BYTES}. */
    public static final int PAGE_SHIFT = 12;

    /** Bytes in a base page. */
    public static final long PAGE_BYTES = 1L << PAGE_SHIFT;

    private PageOrder() {}

    /**
     * Returns the smallest order whose block holds {@code pages} pages; {@code pages} is in [1,
     * 2^62].
     */
    public static int covering(long pages) {
        assert pages >= 1 && pages <= 1L << 62 : pages;
        return Long.SIZE - Long.numberOfLeadingZeros(pages - 1);
    }

    /**
     * Returns the largest order whose block fits into {@code pages} pages; {@code pages} is
     * positive.
     */
    public static int fitting(long pages) {
        assert pages >= 1 : pages;
        return Long.SIZE - 1 - Long.numberOfLeadingZeros(pages);
    }

    /** Returns the pages of a block of {@code order}. */
    public static long pages(int order) {
        return 1L << order;
    }

    /**
     * Returns the pages that hold {@code bytes} bytes, rounded up; {@code bytes} is not negative.
     */
    public static long pagesHolding(long bytes) {
        assert bytes >= 0 : bytes;
        return (bytes >>> PAGE_SHIFT) + ((bytes & (PAGE_BYTES - 1)) == 0 ? 0 : 1);
    }
}
