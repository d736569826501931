// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.config.Contention;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/**
 * Blocks of pages out of one region of a page allocator of Offkraft's.
 *
 * <p>Words are not stored in the pages, but in a table with a word for each half page of the
 * region. Who manages pages does not touch them, and first and last words of large blocks, all in
 * the same few sets of the processor's cache, would cost more than the allocator.
 */
final class PageBlocks implements Blocks {
    private static final long REGION_BYTES = 1L << 30;
    private static final long SEED = 1;
    private static final int HALF_PAGE_SHIFT = PageOrder.PAGE_SHIFT - 1;

    /** Half pages whose words are exchanged with each other, and those of a cache line. */
    private static final int SPREAD = 512;

    private static final int LINE_WORDS = 8;

    private final VirtualAddressSpace space = VirtualAddressSpace.reserve(2 * REGION_BYTES);
    private final BuddyAllocator buddy;
    private final long region;
    private final long[] words = new long[(int) (REGION_BYTES >>> HALF_PAGE_SHIFT)];
    private final long[] addresses;
    private final long[] pages;
    private long taken;

    private PageBlocks(int objects, Contention contention, boolean pagesAtHand) {
        // No decay: chunks keep their memory, so that no system call is measured.
        buddy =
                BuddyAllocator.builder(space)
                        .contention(contention)
                        .pagesAtHand(pagesAtHand)
                        .decay(Duration.ofDays(1))
                        .build();
        region = buddy.addReserved(REGION_BYTES);
        addresses = new long[objects];
        pages = new long[objects];
    }

    static PageBlocks low(int objects) {
        return new PageBlocks(objects, Contention.LOW, true);
    }

    static PageBlocks high(int objects) {
        return new PageBlocks(objects, Contention.HIGH, true);
    }

    static PageBlocks highWithoutPagesAtHand(int objects) {
        return new PageBlocks(objects, Contention.HIGH, false);
    }

    @Override
    public boolean allocate(int object, long sizeBytes, int alignLog2) {
        long count = PageOrder.pagesHolding(Math.max(sizeBytes, 1));
        long address = buddy.palloc(count, Math.max(0, alignLog2 - PageOrder.PAGE_SHIFT));
        addresses[object] = address;
        pages[object] = count;
        return address != 0;
    }

    @Override
    public boolean allocateZeroed(int object, long sizeBytes) {
        if (!allocate(object, sizeBytes, 0)) {
            return false;
        }
        RawMemory.zero(addresses[object], sizeBytes);
        return true;
    }

    @Override
    public boolean reallocate(int object, long sizeBytes) {
        long before = addresses[object];
        long pagesBefore = pages[object];
        if (!allocate(object, sizeBytes, 0)) {
            addresses[object] = before;
            pages[object] = pagesBefore;
            return false;
        }
        long kept = Math.min(pagesBefore, pages[object]);
        RawMemory.copy(before, addresses[object], kept * PageOrder.PAGE_BYTES);
        buddy.pfree(before, pagesBefore);
        return true;
    }

    @Override
    public void free(int object) {
        buddy.pfree(addresses[object], pages[object]);
    }

    @Override
    public void touch(int object, long sizeBytes) {
        PageTouch.touch(addresses[object], sizeBytes);
    }

    @Override
    public void storeLong(int object, long offsetBytes, long value) {
        words[place(object, offsetBytes)] = value;
    }

    @Override
    public long loadLong(int object, long offsetBytes) {
        return words[place(object, offsetBytes)];
    }

    /** Spreads the ends of large blocks over the sets of the cache; no two places are the same. */
    private int place(int object, long offsetBytes) {
        int half = (int) ((addresses[object] + offsetBytes - region) >>> HALF_PAGE_SHIFT);
        return half ^ (half / SPREAD * LINE_WORDS & (SPREAD - 1));
    }

    @Override
    public long address(int object) {
        return addresses[object];
    }

    @Override
    public long naturalAlignment(long sizeBytes) {
        return PageOrder.PAGE_BYTES;
    }

    @Override
    public OptionalLong liveBlocks() {
        return OptionalLong.of(live() - taken);
    }

    private long live() {
        var statistics = buddy.statistics();
        return statistics.allocations() - statistics.frees();
    }

    @Override
    public void takeRandomHalf(long blockBytes) {
        long count = PageOrder.pagesHolding(blockBytes);
        long[] blocks = new long[(int) (REGION_BYTES / PageOrder.PAGE_BYTES / count)];
        for (int block = 0; block < blocks.length; block++) {
            blocks[block] = buddy.palloc(count);
        }
        SplittableRandom random = new SplittableRandom(SEED);
        for (long block : blocks) {
            if (block != 0 && random.nextBoolean()) {
                buddy.pfree(block, count);
            }
        }
        taken = live();
    }

    @Override
    public void close() {
        buddy.close();
        space.close();
    }
}
