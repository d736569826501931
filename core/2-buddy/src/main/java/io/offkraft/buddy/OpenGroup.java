// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.word.PageOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * 64 aligned pages, some of which are at hand: see {@link AtHand}. At the ends of a region they may
 * be fewer. Guarded as that is.
 */
final class OpenGroup {
    private static final int SHIFT = 6;
    private static final int MOST_PAGES = 1 << SHIFT;

    /** The address of its first page. */
    private long first;

    /** How many pages it has; 0 if this is not open. */
    private long pages;

    /** What is at hand: a bit a page, that of the first one lowest. */
    private long free;

    /** What a user has given back since the group was opened; some of it may be taken again. */
    private long freed;

    /** Where the block table has the first page. */
    private long tableEntry;

    private @Nullable Region region;

    /** Returns the number of the group that {@code address} lies in, counted from address 0. */
    static long numberAt(long address) {
        return address >>> (SHIFT + PageOrder.PAGE_SHIFT);
    }

    /**
     * Begins with a group of which nothing is at hand.
     *
     * @param page any of the group, and of the region
     */
    void open(Region of, long page) {
        long start = page & -MOST_PAGES;
        long firstPage = Math.max(start, of.firstPage);
        first = firstPage << PageOrder.PAGE_SHIFT;
        pages = Math.min(start + MOST_PAGES, of.endPage) - firstPage;
        free = 0;
        freed = 0;
        tableEntry = of.blocks.entry(firstPage - of.firstPage);
        region = of;
    }

    /**
     * Takes what is free of the group out of the merged blocks.
     *
     * @param lowest the lowest free block, one of the group
     */
    void gather(long lowest) {
        long missing = firstPage() & (MOST_PAGES - 1); // at the beginning of a region
        free = Objects.requireNonNull(region).takeGroup(lowest) >>> missing;
    }

    /** Nothing is at hand any more. */
    void close() {
        pages = 0;
        free = 0;
    }

    boolean isEmpty() {
        return free == 0;
    }

    /** Returns the number of this group. */
    long number() {
        return numberAt(first);
    }

    private long firstPage() {
        return first >>> PageOrder.PAGE_SHIFT;
    }

    /** Hands out the lowest page, if there is one; returns its address, or 0. */
    long takeOr0() {
        long left = free;
        if (left == 0) {
            return 0;
        }
        long place = Long.numberOfTrailingZeros(left);
        free = left & (left - 1);
        BlockTable.beginShortAt(tableEntry + place * BlockTable.BYTES_PER_PAGE, 1);
        return first + (place << PageOrder.PAGE_SHIFT);
    }

    /**
     * Takes the page at {@code address} back.
     *
     * @return whether it did: whether it is one of the group, and was handed out
     */
    boolean tryKeep(long address) {
        long place = Long.rotateRight(address - first, PageOrder.PAGE_SHIFT); // huge inside of one
        if (Long.compareUnsigned(place, pages) >= 0
                || !BlockTable.tryEndShortAt(tableEntry + place * BlockTable.BYTES_PER_PAGE, 1)) {
            return false;
        }
        free |= 1L << place;
        freed |= 1L << place;
        return true;
    }

    /** Gives back to the merged blocks what is at hand, a run of pages as one block. */
    void putBack(int epoch) {
        if (free == 0) {
            return;
        }
        Region of = Objects.requireNonNull(region);
        long start = firstPage();
        for (long left = free & freed; left != 0; left = withoutRun(left)) {
            int begin = Long.numberOfTrailingZeros(left);
            of.free(start + begin, start + endOfRun(left, begin), epoch);
        }
        for (long left = free & ~freed; left != 0; left = withoutRun(left)) {
            int begin = Long.numberOfTrailingZeros(left);
            of.rejoin(start + begin, start + endOfRun(left, begin), epoch);
        }
        free = 0;
    }

    /** Returns the position behind the run of set bits that begins at {@code first}. */
    private static int endOfRun(long bits, int first) {
        return first + Long.numberOfTrailingZeros(~(bits >>> first));
    }

    /** Returns the bits without the lowest run: adding its lowest bit carries through it. */
    private static long withoutRun(long bits) {
        return bits & (bits + (bits & -bits));
    }
}
