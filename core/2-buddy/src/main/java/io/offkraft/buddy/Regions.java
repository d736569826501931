// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.word.PageOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The regions of an allocator, by address, disjoint; guarded by the allocator's lock. */
final class Regions {
    private Region[] sorted = {};

    /** Returns the regions from the lowest address up; not to be changed. */
    Region[] all() {
        return sorted;
    }

    /** Returns a region that shares a page with {@code [firstPage, endPage)}, or null. */
    @Nullable Region overlapping(long firstPage, long endPage) {
        for (Region region : sorted) {
            if (region.firstPage < endPage && firstPage < region.endPage) {
                return region;
            }
        }
        return null;
    }

    /** Returns the region that holds {@code address}, or null. */
    @Nullable Region holding(long address) {
        long page = address >>> PageOrder.PAGE_SHIFT;
        for (Region region : sorted) {
            if (region.holds(page)) {
                return region;
            }
        }
        return null;
    }

    /** Returns the lowest region that has a merged free page, or null. */
    @Nullable Region firstWithFreePagesOrNull() {
        for (Region region : sorted) {
            if (region.freePages() > 0) {
                return region;
            }
        }
        return null;
    }

    void add(Region added) {
        Region[] larger = new Region[sorted.length + 1];
        int at = 0;
        while (at < sorted.length && sorted[at].firstPage < added.firstPage) {
            larger[at] = sorted[at];
            at++;
        }
        larger[at] = added;
        System.arraycopy(sorted, at, larger, at + 1, sorted.length - at);
        sorted = larger;
    }

    boolean any() {
        return sorted.length > 0;
    }

    Region last() {
        return sorted[sorted.length - 1];
    }

    /** Puts all regions into {@code other}. */
    void moveTo(Regions other) {
        for (Region region : sorted) {
            other.add(region);
        }
        sorted = new Region[0];
    }

    void removeLast() {
        sorted = Arrays.copyOf(sorted, sorted.length - 1);
    }

    long pages() {
        long pages = 0;
        for (Region region : sorted) {
            pages += region.pages();
        }
        return pages;
    }

    long freePages() {
        long pages = 0;
        for (Region region : sorted) {
            pages += region.freePages();
        }
        return pages;
    }

    long committedPages() {
        long pages = 0;
        for (Region region : sorted) {
            pages += region.chunks == null ? 0 : region.chunks.committedPages();
        }
        return pages;
    }

    long retainedPages() {
        long pages = 0;
        for (Region region : sorted) {
            pages += region.chunks == null ? 0 : region.chunks.retainedPages();
        }
        return pages;
    }

    /**
     * Returns whether there is memory that could be given back, now or after some time: whole
     * chunks, or also pages of chunks in use.
     */
    boolean anyForDecay(boolean pagesToo) {
        for (Region region : sorted) {
            CommitChunks chunks = region.chunks;
            if (chunks != null && (chunks.retainedPages() > 0 || (pagesToo && chunks.ages.any()))) {
                return true;
            }
        }
        return false;
    }

    /** Returns whether a request for {@code order} finds room without a chunk being opened. */
    boolean fitsInUse(int order) {
        for (Region region : sorted) {
            int found = region.fittingOrder(order);
            if (found < Long.SIZE) {
                return region.isInUse(found);
            }
        }
        return false;
    }

    long freeBlocks(int order) {
        long blocks = 0;
        for (Region region : sorted) {
            blocks += region.freeBlocks(order);
        }
        return blocks;
    }

    /** Returns the largest order with a free block, or -1. */
    int largestFreeOrder() {
        int order = -1;
        for (Region region : sorted) {
            order = Math.max(order, region.largestFreeOrder());
        }
        return order;
    }
}
