// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One contiguous run of pages and what is free of it, by the binary buddy rule.
 *
 * <p>Knowlton, "A Fast Storage Allocator" (1965): a block of order k is 2^k pages aligned to
 * itself; its buddy is the other half of the block of order k+1 that holds both; two free buddies
 * are always merged. Free blocks are kept by address, not by age: an allocation takes the lowest
 * block of the smallest order that fits, and a single page, if {@link AtHand} is on, the lowest one
 * there is, which keeps the high end of the region whole.
 *
 * <p>Pages are numbered from address 0. Guarded by the allocator's lock, except what {@link
 * CommitChunks} says.
 */
final class Region {
    /** Orders that a region can have: blocks of up to 2^29 pages (2 TiB). */
    static final int MAX_ORDER = 29;

    private static final int GROUP_ORDER = 6;
    private static final int HUGE_ORDER = 9;
    private static final int GROUP_PAGES = 1 << GROUP_ORDER;

    final long firstPage;
    final long endPage;
    final BlockTable blocks;
    final @Nullable CommitChunks chunks;
    final long metadata;
    private final int maxOrder;
    private final FreeBitmap[] freeOfOrder;
    private final long[] freeBlocks;
    private long orderMask;
    private long freePages;
    private boolean pagesUnmapped;

    /**
     * Whether nothing became free since the block was handed out that {@link KeptBlock} knows, if
     * it is one of this region.
     */
    boolean nothingFreed;

    private Region(long firstPage, long endPage, long metadata, @Nullable CommitChunks chunks) {
        this.firstPage = firstPage;
        this.endPage = endPage;
        this.metadata = metadata;
        this.chunks = chunks;
        maxOrder = maxOrder(endPage - firstPage);
        freeBlocks = new long[maxOrder + 1];
        OrderBitmaps bitmaps = bitmaps(firstPage, endPage);
        freeOfOrder = bitmaps.at(metadata);
        blocks = new BlockTable(metadata + bitmaps.bytes());
    }

    /**
     * Makes a region of memory that is there, with nothing free yet.
     *
     * @param metadata zeroed memory of {@link #metadataBytes} bytes
     */
    static Region ofMemory(long firstPage, long endPage, long metadata) {
        return new Region(firstPage, endPage, metadata, null);
    }

    /**
     * Makes a region that gets memory from the builder's space in chunks as the builder says, with
     * nothing free yet.
     */
    static Region onDemand(long firstPage, long endPage, long metadata, BuddyBuilder builder) {
        long chunkMetadata = metadata + ownMetadataBytes(firstPage, endPage);
        return new Region(
                firstPage,
                endPage,
                metadata,
                new CommitChunks(builder, firstPage, endPage, chunkMetadata));
    }

    /**
     * Returns the bytes of metadata of a region; {@code chunkOrder} is -1 where memory is not on
     * demand.
     */
    static long metadataBytes(long firstPage, long endPage, int chunkOrder) {
        long own = ownMetadataBytes(firstPage, endPage);
        return chunkOrder < 0
                ? own
                : own + CommitChunks.metadataBytes(chunkOrder, firstPage, endPage);
    }

    private static long ownMetadataBytes(long firstPage, long endPage) {
        long bytes = (endPage - firstPage) * BlockTable.BYTES_PER_PAGE;
        return Alignment.alignUp(bytes + bitmaps(firstPage, endPage).bytes(), Long.BYTES);
    }

    /**
     * Unmaps the metadata, and the pages if they are the allocator's own. The region is not used
     * any more.
     */
    void unmap(VirtualAddressSpace space) {
        if (chunks != null && !pagesUnmapped) {
            unmapPages(space);
            pagesUnmapped =
                    true; // should the kernel refuse the next call, and the caller try again
        }
        unmapMetadata(space);
    }

    /** Unmaps the pages only. The region is not used any more. */
    void unmapPages(VirtualAddressSpace space) {
        space.unmap(firstPage << PageOrder.PAGE_SHIFT, pages() << PageOrder.PAGE_SHIFT);
    }

    /** Unmaps the metadata only. The region is not used any more. */
    void unmapMetadata(VirtualAddressSpace space) {
        space.unmap(metadata, mappedMetadataBytes());
    }

    /** Returns the bytes of metadata in whole pages. */
    long mappedMetadataBytes() {
        long bytes = metadataBytes(firstPage, endPage, chunks == null ? -1 : chunks.order);
        return Alignment.alignUp(bytes, PageOrder.PAGE_BYTES);
    }

    long pages() {
        return endPage - firstPage;
    }

    long freePages() {
        return freePages;
    }

    long freeBlocks(int order) {
        return order <= maxOrder ? freeBlocks[order] : 0;
    }

    boolean holds(long page) {
        return page >= firstPage && page < endPage;
    }

    /** Returns the largest order with a free block, or -1. */
    int largestFreeOrder() {
        return Long.SIZE - 1 - Long.numberOfLeadingZeros(orderMask);
    }

    /**
     * Returns whether a block of {@code order}, which may be 64, lies in a chunk that is in use.
     */
    boolean isInUse(int order) {
        return order < (chunks == null ? Long.SIZE : chunks.order);
    }

    /**
     * Returns the order of the block that a request for {@code order} would be taken from, or 64.
     */
    int fittingOrder(int order) {
        return order > maxOrder
                ? Long.SIZE
                : Long.numberOfTrailingZeros(orderMask >>> order << order);
    }

    /**
     * Returns the free block of a chunk in use that lies lowest; of memory without chunks, one
     * smaller than a huge page, if there is one. Or {@link FreeBlock#NONE}.
     */
    long lowestInUse() {
        long orders = orderMask & ((1L << (chunks == null ? HUGE_ORDER : chunks.order)) - 1);
        if (orders == 0) {
            return chunks != null || orderMask == 0
                    ? FreeBlock.NONE
                    : lowestOf(Long.numberOfTrailingZeros(orderMask));
        }
        long lowest = Long.MAX_VALUE;
        for (; orders != 0; orders &= orders - 1) {
            lowest = Math.min(lowest, lowestOf(Long.numberOfTrailingZeros(orders)));
        }
        return lowest;
    }

    private long lowestOf(int order) {
        long page = (freeOfOrder[order].firstOrMinus1() + (firstPage >> order)) << order;
        return FreeBlock.of(page, order);
    }

    /**
     * Takes what is free, in chunks in use, of 64 aligned pages.
     *
     * @param lowest what {@link #lowestInUse} returned, one of those pages
     * @return a bit a page that was taken
     */
    long takeGroup(long lowest) {
        long start = FreeBlock.page(lowest) & -GROUP_PAGES;
        if (FreeBlock.order(lowest) >= GROUP_ORDER) {
            split(start, GROUP_ORDER, FreeBlock.order(lowest)); // all of it lies in one block
            return -1;
        }
        int limit = chunks == null ? GROUP_ORDER : Math.min(GROUP_ORDER, chunks.order);
        long pages = 0;
        for (long left = orderMask & ((1L << limit) - 1); left != 0; left &= left - 1) {
            pages |= takeOfGroup(start, Long.numberOfTrailingZeros(left));
        }
        return pages;
    }

    private long takeOfGroup(long start, int order) {
        long taken =
                freeOfOrder[order].take(
                        (start >> order) - (firstPage >> order), GROUP_PAGES >> order);
        int blocks = Long.bitCount(taken);
        freePages -= (long) blocks << order;
        freeBlocks[order] -= blocks;
        if (freeBlocks[order] == 0) {
            orderMask &= ~(1L << order);
        }
        return order == 0 ? taken : pagesOf(taken, order);
    }

    private static long pagesOf(long blocks, int order) {
        long pages = 0;
        for (long left = blocks; left != 0; left &= left - 1) {
            pages |= ((1L << (1 << order)) - 1) << (Long.numberOfTrailingZeros(left) << order);
        }
        return pages;
    }

    /**
     * Takes a block of at least {@code order} out of the free ones, or returns {@link
     * FreeBlock#NONE}.
     *
     * <p>The block is of exactly that order, or, where a chunk must be committed first, of the
     * chunk order: the caller commits it and gives back what it does not need.
     */
    long take(int order) {
        long candidates = order > maxOrder ? 0 : orderMask >>> order;
        if (candidates == 0) {
            return FreeBlock.NONE;
        }
        int found = order + Long.numberOfTrailingZeros(candidates);
        if (chunks != null && order <= chunks.order && found >= chunks.order) {
            // A chunk must be opened. One that has memory already spares a system call and the
            // faults of a new one.
            long retained = chunks.firstRetainedOrMinus1();
            if (retained >= 0) {
                carve(retained, chunks.order);
                return FreeBlock.of(retained, chunks.order);
            }
        }
        long page = (freeOfOrder[found].firstOrMinus1() + (firstPage >> found)) << found;
        remove(page, found);
        int wanted =
                chunks != null && found >= chunks.order ? Math.max(order, chunks.order) : order;
        for (int half = found - 1; half >= wanted; half--) {
            insert(page + (1L << half), half);
        }
        if (chunks != null && wanted >= chunks.order) {
            chunks.taken(page, page + (1L << wanted));
        }
        return FreeBlock.of(page, wanted);
    }

    /** Takes exactly the block of {@code order} at {@code page}, all of whose pages are free. */
    void carve(long page, int order) {
        int holding = order;
        while (!isFree(page & -(1L << holding), holding)) {
            holding++;
            assert holding <= maxOrder : page;
        }
        split(page, order, holding);
    }

    /** Takes a block out of the free one of order {@code holding} that it lies in. */
    private void split(long page, int order, int holding) {
        remove(page & -(1L << holding), holding);
        for (int half = holding - 1; half >= order; half--) {
            insert((page & -(1L << half)) ^ (1L << half), half);
        }
        if (chunks != null) {
            chunks.taken(page, page + (1L << order));
        }
    }

    /**
     * Takes the free blocks from {@code page} on, which must be the first behind an allocated
     * block, until {@code wantedEnd} is reached.
     *
     * @return the page behind the last block taken, at least {@code wantedEnd}; or -1, with nothing
     *     changed
     */
    long takeFollowing(long page, long wantedEnd) {
        long end = page;
        while (end < wantedEnd) {
            int order = orderOfFreeBlockOrMinus1(end);
            if (order < 0) {
                return -1;
            }
            end += 1L << order;
        }
        for (long next = page; next < end; ) {
            int order = orderOfFreeBlockOrMinus1(next);
            remove(next, order);
            next += 1L << order;
        }
        if (chunks != null) {
            chunks.taken(page, end);
        }
        return end;
    }

    /**
     * Makes {@code [start, end)} free, merging each piece with its buddies as far as they are free.
     */
    void free(long start, long end, int epoch) {
        for (long page = start; page < end; ) {
            int order = largestPiece(page, end);
            freePiece(page, order, epoch);
            page += 1L << order;
        }
    }

    /**
     * Makes a block free that was taken out only to work on its pages; when they became free is not
     * forgotten.
     */
    void putBack(long block, int epoch) {
        merge(FreeBlock.page(block), FreeBlock.order(block), epoch);
    }

    /** Checks the invariants: see the messages. */
    void validate() {
        long pages = 0;
        for (int order = 0; order <= maxOrder; order++) {
            FreeBitmap free = freeOfOrder[order];
            free.validate();
            long blocksOfOrder = 0;
            long base = firstPage >> order;
            for (long n = free.firstFromOrMinus1(0); n >= 0; n = free.firstFromOrMinus1(n + 1)) {
                long page = (n + base) << order;
                check(page >= firstPage && page + (1L << order) <= endPage, "inside", page, order);
                check(!isFree(page ^ (1L << order), order), "buddies merged", page, order);
                check(
                        blocks.beginOfBlockOrMinus1(page - firstPage) < 0,
                        "not in a block",
                        page,
                        order);
                blocksOfOrder++;
                pages += 1L << order;
            }
            check(blocksOfOrder == freeBlocks[order], "count", blocksOfOrder, order);
            check((orderMask >>> order & 1) == (blocksOfOrder > 0 ? 1 : 0), "order mask", 0, order);
        }
        check(pages == freePages, "free pages", pages, 0);
    }

    @Override
    public String toString() {
        return "region [0x%x, 0x%x)"
                .formatted(firstPage << PageOrder.PAGE_SHIFT, endPage << PageOrder.PAGE_SHIFT);
    }

    private void freePiece(long page, int order, int epoch) {
        if (chunks != null && order < chunks.order) {
            chunks.ages.freed(page, page + (1L << order), epoch);
        }
        merge(page, order, epoch);
    }

    private void merge(long start, int startOrder, int epoch) {
        long page = start;
        int order = startOrder;
        nothingFreed = false;
        markChunksFreed(page, order, epoch);
        while (order < maxOrder && isFree(page ^ (1L << order), order)) {
            remove(page ^ (1L << order), order);
            page &= ~(1L << order);
            order++;
            if (chunks != null && order == chunks.order) {
                chunks.freed(page, epoch);
            }
        }
        insert(page, order);
    }

    private void markChunksFreed(long page, int order, int epoch) {
        if (chunks != null && order >= chunks.order) {
            for (long next = page; next < page + (1L << order); next += 1L << chunks.order) {
                chunks.freed(next, epoch);
            }
        }
    }

    private int largestPiece(long page, long end) {
        int fitting = Math.min(maxOrder, PageOrder.fitting(end - page));
        return Math.min(fitting, Long.numberOfTrailingZeros(page));
    }

    /** Returns the order of the free block that begins at {@code page}, or -1. */
    int orderOfFreeBlockOrMinus1(long page) {
        for (int order = Math.min(maxOrder, Long.numberOfTrailingZeros(page));
                order >= 0;
                order--) {
            if (isFree(page, order)) {
                return order;
            }
        }
        return -1;
    }

    /**
     * Returns the order of the free block that holds {@code page} and is larger than a group of
     * {@link PageAges}, or -1.
     */
    int orderOfFreeBlockAroundOrMinus1(long page) {
        for (int order = PageAges.GROUP_ORDER + 1; order <= maxOrder; order++) {
            if (isFree(page & -(1L << order), order)) {
                return order;
            }
        }
        return -1;
    }

    private boolean isFree(long page, int order) {
        return order <= maxOrder
                && freeOfOrder[order].contains((page >> order) - (firstPage >> order));
    }

    private void insert(long page, int order) {
        freeOfOrder[order].add((page >> order) - (firstPage >> order));
        freeBlocks[order]++;
        freePages += 1L << order;
        orderMask |= 1L << order;
    }

    private void remove(long page, int order) {
        freeOfOrder[order].remove((page >> order) - (firstPage >> order));
        freePages -= 1L << order;
        if (--freeBlocks[order] == 0) {
            orderMask &= ~(1L << order);
        }
    }

    /**
     * Makes pages free that were taken out with {@link #takeGroup} and not used; when they became
     * free is not forgotten.
     */
    void rejoin(long start, long end, int epoch) {
        if (chunks != null) {
            chunks.ages.rejoin(start, end, epoch);
        }
        for (long page = start; page < end; ) {
            int order = largestPiece(page, end);
            merge(page, order, epoch);
            page += 1L << order;
        }
    }

    private static void check(boolean holds, String invariant, long page, int order) {
        if (!holds) {
            throw new AssertionError(invariant + ": page " + page + ", order " + order);
        }
    }

    private static int maxOrder(long pages) {
        return Math.min(MAX_ORDER, PageOrder.fitting(pages));
    }

    private static OrderBitmaps bitmaps(long firstPage, long endPage) {
        long[] bits = new long[maxOrder(endPage - firstPage) + 1];
        Arrays.setAll(bits, order -> bitsOfOrder(firstPage, endPage, order));
        return new OrderBitmaps(bits);
    }

    private static long bitsOfOrder(long firstPage, long endPage, int order) {
        return ((endPage - 1) >> order) - (firstPage >> order) + 1;
    }
}
