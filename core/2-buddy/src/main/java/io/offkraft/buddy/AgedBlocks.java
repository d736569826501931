// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.platform.SystemCallException;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;
import java.util.function.BooleanSupplier;

/**
 * The free blocks of a group of pages that carry memory for long enough, out of the free blocks
 * while it is given back.
 *
 * <p>{@link #take} and {@link #putBack} are called with the allocator's lock, {@link #discard} in
 * between without it.
 */
final class AgedBlocks {
    /** Free buddies are merged, so of two neighbours at most one is free on its own. */
    private static final int MAX_BLOCKS = PageAges.GROUP_PAGES / 2;

    private final Region region;
    private final PageAges ages;
    private final long group;
    private final int epoch;
    private final int minAge;
    private final long[] blocks = new long[MAX_BLOCKS];
    private int count;

    /** The highest age of a page that stays free and is not due, or {@link PageAges#CLEAN}. */
    private int oldestLeft = PageAges.CLEAN;

    private int calls;
    private long pages;

    private AgedBlocks(Region region, PageAges ages, long group, int epoch, int minAge) {
        this.region = region;
        this.ages = ages;
        this.group = group;
        this.epoch = epoch;
        this.minAge = minAge;
    }

    /** Takes the free blocks with a page of {@code minAge} epochs or more. */
    static AgedBlocks take(Region region, CommitChunks chunks, long group, int epoch, int minAge) {
        AgedBlocks taken = new AgedBlocks(region, chunks.ages, group, epoch, minAge);
        chunks.ages.forget(group);
        long start = Math.max(region.firstPage, group << PageAges.GROUP_ORDER);
        long end = Math.min(region.endPage, (group + 1) << PageAges.GROUP_ORDER);
        int around = region.orderOfFreeBlockAroundOrMinus1(start);
        if (around > PageAges.GROUP_ORDER) {
            if (around < chunks.order) {
                taken.takeIfDue(start, PageAges.GROUP_ORDER);
            }
            return taken; // else chunks that are wholly free: they decay as such
        }
        for (long page = start; page < end; ) {
            int order = region.orderOfFreeBlockOrMinus1(page);
            if (order < 0) {
                page += Math.max(1, region.blocks.lengthOr0(page - region.firstPage));
            } else {
                if (order < chunks.order) {
                    taken.takeIfDue(page, order);
                }
                page += 1L << order;
            }
        }
        return taken;
    }

    /** Returns whether there are no blocks: nothing is to be given back. */
    boolean isEmpty() {
        return count == 0;
    }

    /** After {@link #putBack}: returns whether the memory of all that was due is gone. */
    boolean isDone() {
        return oldestLeft < minAge;
    }

    /** Returns the system calls that gave memory back. */
    int calls() {
        return calls;
    }

    /** Returns the pages whose memory was given back. */
    long pages() {
        return pages;
    }

    /**
     * Gives the memory of the pages that are due back, a system call a run.
     *
     * @param stop asked between the calls whether to leave it at that
     * @throws SystemCallException if the kernel refuses; what was not reached stays as it was
     */
    void discard(VirtualAddressSpace space, BooleanSupplier stop) {
        long start = 0;
        long end = 0;
        for (int n = 0; n < count; n++) {
            for (long page = FreeBlock.page(blocks[n]);
                    page < FreeBlock.endPage(blocks[n]);
                    page++) {
                if (ages.age(page, epoch) >= minAge) {
                    if (page != end) {
                        discardRun(space, start, end);
                        if (calls > 0 && stop.getAsBoolean()) {
                            return;
                        }
                        start = page;
                    }
                    end = page + 1;
                }
            }
        }
        discardRun(space, start, end);
    }

    private void discardRun(VirtualAddressSpace space, long start, long end) {
        if (start < end) {
            space.discard(start << PageOrder.PAGE_SHIFT, (end - start) << PageOrder.PAGE_SHIFT);
            ages.cleaned(start, end);
            calls++;
            pages += end - start;
        }
    }

    /** Makes the blocks free again. What was not given back of them is as old as before. */
    void putBack() {
        for (int n = 0; n < count; n++) {
            for (long page = FreeBlock.page(blocks[n]);
                    page < FreeBlock.endPage(blocks[n]);
                    page++) {
                oldestLeft = Math.max(oldestLeft, ages.age(page, epoch));
            }
            region.putBack(blocks[n], epoch);
        }
        if (oldestLeft != PageAges.CLEAN) {
            ages.keep(group, epoch - oldestLeft);
        }
    }

    private void takeIfDue(long start, int order) {
        int oldest = PageAges.CLEAN;
        for (long page = start; page < start + (1L << order); page++) {
            oldest = Math.max(oldest, ages.age(page, epoch));
        }
        if (oldest >= minAge) {
            region.carve(start, order);
            blocks[count++] = FreeBlock.of(start, order);
        } else {
            oldestLeft = Math.max(oldestLeft, oldest);
        }
    }
}
