// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.PageOrder;

/**
 * A walk over all blocks of a heap, but not of those below it, by address, while it is used.
 *
 * <p>It reads a slab without the guard of its stripe. That a block is live is told by bits that do
 * not change while it is; and that the slab was the same one meanwhile, by the page map: a slab
 * with a live block is never dissolved.
 */
final class BlockWalk {
    private final PageMap map;
    private final Stripes stripes;
    private final SmallBlocks small;
    private final LargeBlocks large;
    private final long[] found = new long[SizeClasses.MAX_SLOTS];

    BlockWalk(PageMap map, Stripes stripes, SmallBlocks small, LargeBlocks large) {
        this.map = map;
        this.stripes = stripes;
        this.small = small;
        this.large = large;
    }

    void walk(BlockVisitor visitor) {
        long end = map.endAddress();
        for (long address = map.baseAddress(); address < end; ) {
            long entry = map.entry(address);
            long pages = 1;
            if (entry != PageMap.NONE) {
                pages =
                        PageMap.sizeClass(entry) < SizeClasses.COUNT
                                ? visitSlab(address, entry, visitor)
                                : visitLarge(address, entry, visitor);
            }
            address += pages << PageOrder.PAGE_SHIFT;
        }
    }

    /** Returns how many pages were looked at. */
    private long visitSlab(long address, long entry, BlockVisitor visitor) {
        int count;
        Stripe home = stripes.lockHome(); // so that the heap is not closed meanwhile
        try {
            home.checkOpen();
            count = small.findLive(address, entry, found);
        } finally {
            home.unlock();
        }
        if (count < 0) {
            return 1;
        }
        int sizeClass = PageMap.sizeClass(entry);
        for (int i = 0; i < count; i++) {
            visitor.visit(found[i], SizeClasses.bytes(sizeClass));
        }
        return SizeClasses.slabPages(sizeClass);
    }

    private long visitLarge(long address, long entry, BlockVisitor visitor) {
        long pages = PageMap.number(entry);
        if (PageMap.sizeClass(entry) != PageMap.CACHED
                && large.usableBytesOr0(address, entry) != 0) {
            visitor.visit(address, pages << PageOrder.PAGE_SHIFT);
        }
        return Math.max(1, pages);
    }
}
