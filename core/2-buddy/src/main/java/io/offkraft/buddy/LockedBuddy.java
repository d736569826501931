// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Locking;
import io.offkraft.word.PageOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The binary buddy page allocator, under a lock.
 *
 * <p>A request for n pages takes the block of the next power of two and gives its tail back; free
 * buddies are merged, but for what {@link AtHand} and {@link KeptBlock} keep for a moment.
 *
 * <p><b>Thread safety:</b> any thread, with the lock that {@link BuddyBuilder#synchronization}
 * chose; with {@link io.offkraft.sync.Synchronization#NONE} one thread at a time. <b>Progress:</b>
 * blocking. No lock is held across a system call.
 */
final class LockedBuddy extends BuddyAllocator {
    private final ExclusiveLock lock;
    private final BuddyBuilder builder;

    // All below: guarded by the lock.
    private final Regions regions = new Regions();

    /** What is being unmapped, out of reach of whoever gets the lock meanwhile. */
    private final Regions leaving = new Regions();

    private final PageCounts counts = new PageCounts();
    private final AtHand hand;
    private final KeptBlock last;
    private final CommitWindow window;
    private final Retention retention;
    private boolean closed;

    LockedBuddy(BuddyBuilder builder) {
        super(builder.space);
        this.builder = builder;
        lock = builder.synchronization.newLock(LockClass.named("buddy"));
        window = new CommitWindow(lock, counts);
        hand = new AtHand(regions, builder.pagesAtHand);
        last = new KeptBlock(builder.pagesAtHand);
        retention = new Retention(lock, regions, hand, last, window, builder);
    }

    @Override
    public void addMemory(long address, long bytes) {
        add(RegionMaker.ofMemory(address, bytes, space));
    }

    @Override
    public long addReserved(long bytes) {
        Region region = RegionMaker.reserved(bytes, builder);
        try {
            add(region);
        } catch (RuntimeException refused) {
            region.unmapPages(space);
            throw refused;
        }
        return region.firstPage << PageOrder.PAGE_SHIFT;
    }

    @Override
    public long palloc(long pages, int alignmentOrder) {
        ExclusiveLock guard = lock; // one look at which it is, for the compiler
        long address;
        boolean decays = false;
        Locking.lock(guard);
        try {
            // First what most calls get; so arguments are checked where nothing was found for them.
            address =
                    pages == 1 && alignmentOrder == 0
                            ? hand.takeOr0()
                            : last.takeOr0(pages, alignmentOrder);
            if (address != 0) {
                counts.handedOut(pages);
            } else {
                address = takeSlow(checkedOrder(pages, alignmentOrder), pages);
                decays = retention.mustStartClock();
            }
        } finally {
            Locking.unlock(guard);
        }
        if (decays) {
            retention.start();
        }
        return address;
    }

    @Override
    public long pfree(long address) {
        long pages;
        boolean decays;
        Locking.lock(lock);
        try {
            pages = last.tryKeepOr0(address);
            if (pages != 0) {
                counts.gaveBack(pages, true);
            } else {
                pages = blockPages(regionOf(address), address);
                giveBack(address, pages, false);
            }
            decays = retention.mustStart();
        } finally {
            Locking.unlock(lock);
        }
        if (decays) {
            retention.start();
        }
        return pages;
    }

    @Override
    public void pfree(long address, long pages) {
        pfree(address, pages, false);
    }

    @Override
    public void pfreeAged(long address, long pages) {
        pfree(address, pages, true);
    }

    private void pfree(long address, long pages, boolean aged) {
        ExclusiveLock guard = lock;
        boolean decays;
        Locking.lock(guard);
        try {
            if (!aged && pages == 1 && hand.tryKeepInOpenGroup(address)) {
                counts.gaveBack(1, true);
                decays = retention.isDue(); // the clock runs since the group was opened
            } else {
                giveBack(address, pages, aged);
                decays = retention.mustStart();
            }
        } finally {
            Locking.unlock(guard);
        }
        if (decays) {
            retention.start();
        }
    }

    @Override
    public boolean discard(long address, long pages) {
        Locking.lock(lock);
        try {
            Region region = regionOf(address);
            checkInside(region, address, pages);
            return region.chunks != null && window.discard(space, address, pages);
        } finally {
            Locking.unlock(lock);
        }
    }

    @Override
    public void pfreeRange(long address, long pages) {
        boolean decays;
        Locking.lock(lock);
        try {
            Region region = regionOf(address);
            cutOut(region, address, pages);
            region.free(pageOf(address), pageOf(address) + pages, retention.epoch());
            decays = retention.mustStart();
        } finally {
            Locking.unlock(lock);
        }
        if (decays) {
            retention.start();
        }
    }

    @Override
    public boolean tryExtend(long address, long newPages) {
        Locking.lock(lock);
        try {
            Region region = regionOf(address);
            long pages = blockPages(region, address);
            long page = pageOf(address);
            if (newPages <= pages || newPages > region.endPage - page) {
                return newPages == pages;
            }
            long end = region.takeFollowing(page + pages, page + newPages);
            if (end < 0) {
                hand.flush(retention.epoch()); // the last block was put back before
                end = region.takeFollowing(page + pages, page + newPages);
            }
            if (end < 0 || !commitAndGiveBackTail(region, page + pages, page + newPages, end)) {
                return false;
            }
            last.putBack(retention.epoch());
            if (region.blocks.lengthOr0(page - region.firstPage) != pages) {
                // The lock was released to commit: another thread freed the block meanwhile.
                region.free(page + pages, page + newPages, retention.epoch());
                throw Misuse.of(region, address);
            }
            region.blocks.end(page - region.firstPage);
            region.blocks.begin(page - region.firstPage, newPages);
            region.nothingFreed = false; // the block handed out last has other pages now
            counts.grew(newPages - pages);
            return true;
        } finally {
            Locking.unlock(lock);
        }
    }

    @Override
    public long blockPagesOr0(long address) {
        Locking.lock(lock);
        try {
            checkOpen();
            last.putBack(retention.epoch());
            Region region = regions.holding(address);
            return region == null || !isPageAligned(address)
                    ? 0
                    : region.blocks.lengthOr0(pageOf(address) - region.firstPage);
        } finally {
            Locking.unlock(lock);
        }
    }

    @Override
    public long blockBeginOr0(long address) {
        Locking.lock(lock);
        try {
            checkOpen();
            last.putBack(retention.epoch());
            Region region = regions.holding(address);
            long index =
                    region == null
                            ? -1
                            : region.blocks.beginOfBlockOrMinus1(
                                    pageOf(address) - region.firstPage);
            return region == null || index < 0
                    ? 0
                    : (region.firstPage + index) << PageOrder.PAGE_SHIFT;
        } finally {
            Locking.unlock(lock);
        }
    }

    @Override
    public long availablePages() {
        Locking.lock(lock);
        try {
            checkOpen();
            settle();
            return regions.freePages();
        } finally {
            Locking.unlock(lock);
        }
    }

    @Override
    public long maxAllocatablePages() {
        Locking.lock(lock);
        try {
            checkOpen();
            settle();
            int order = regions.largestFreeOrder();
            return order < 0 ? 0 : PageOrder.pages(order);
        } finally {
            Locking.unlock(lock);
        }
    }

    @Override
    public long freeBlocks(int order) {
        checkOrder(order);
        Locking.lock(lock);
        try {
            checkOpen();
            settle();
            return regions.freeBlocks(order);
        } finally {
            Locking.unlock(lock);
        }
    }

    @Override
    public PageStatistics statistics() {
        Locking.lock(lock);
        try {
            settle();
            return counts.snapshot(regions);
        } finally {
            Locking.unlock(lock);
        }
    }

    @Override
    List<Footprint.Extent> extents() {
        List<Footprint.Extent> extents = new ArrayList<>();
        Locking.lock(lock);
        try {
            checkOpen();
            for (Region region : regions.all()) {
                extents.add(
                        new Footprint.Extent(
                                region.firstPage,
                                region.endPage,
                                region.chunks != null,
                                region.metadata,
                                region.mappedMetadataBytes()));
            }
        } finally {
            Locking.unlock(lock);
        }
        return extents;
    }

    @Override
    public void trim() {
        retention.giveBackAll();
    }

    @Override
    public void tryTrim() {
        retention.giveBackFree();
    }

    @Override
    public void validate() {
        Locking.lock(lock);
        try {
            settle();
            for (Region region : regions.all()) {
                region.validate();
            }
        } finally {
            Locking.unlock(lock);
        }
    }

    @Override
    public void close() {
        Locking.lock(lock);
        try {
            closed = true;
            window.awaitClosed();
            hand.forget();
            last.forget();
            regions.moveTo(leaving);
            while (leaving.any()) {
                window.unmap(leaving.last(), space);
                leaving.removeLast();
                window.awaitClosed();
            }
        } finally {
            Locking.unlock(lock);
        }
    }

    // ---- The parts of the operations; the lock is held. ----

    /** Takes what is not at hand. */
    private long takeSlow(int order, long pages) {
        if (order == 0 && hand.refill(retention.epoch())) {
            counts.handedOut(1);
            return hand.takeOr0();
        }
        for (; ; ) {
            checkOpen();
            last.putBack(retention.epoch());
            if (!regions.fitsInUse(order)) {
                hand.flush(retention.epoch()); // rather merge than open a chunk, or fail
            }
            for (Region region : regions.all()) {
                long block = region.take(order);
                if (block != FreeBlock.NONE) {
                    return handOut(region, block, pages);
                }
            }
            if (!window.isOpen()) {
                counts.failed();
                return 0;
            }
            window.await();
        }
    }

    private long handOut(Region region, long block, long pages) {
        long page = FreeBlock.page(block);
        if (!commitAndGiveBackTail(region, page, page + pages, FreeBlock.endPage(block))) {
            counts.failed();
            return 0;
        }
        region.blocks.begin(page - region.firstPage, pages);
        last.handedOut(region, page, pages, retention.epoch());
        counts.handedOut(pages);
        return page << PageOrder.PAGE_SHIFT;
    }

    /**
     * Sees to it that {@code [start, wantedEnd)} of the private range {@code [start, end)} carries
     * memory and frees the rest; if there is no memory, frees all of it and returns false.
     */
    private boolean commitAndGiveBackTail(Region region, long start, long wantedEnd, long end) {
        long keptEnd = start;
        try {
            if (region.chunks == null || window.commit(region.chunks, start, wantedEnd)) {
                keptEnd = wantedEnd;
            }
        } finally {
            region.free(keptEnd, end, retention.epoch());
        }
        return keptEnd == wantedEnd;
    }

    /** Takes a block back, and keeps it at hand if it may be; tells of misuse. */
    private void giveBack(long address, long pages, boolean aged) {
        if (!aged
                && (pages == 1
                        ? hand.tryKeepInOpenGroup(address)
                                || hand.tryKeep(address, retention.epoch())
                        : last.tryKeep(address, pages))) {
            counts.gaveBack(pages, true);
        } else {
            giveBackSlow(address, pages, aged);
        }
    }

    /** Gives back what is not kept at hand; tells of misuse. */
    private void giveBackSlow(long address, long pages, boolean aged) {
        Region region = regionOf(address);
        long actual = blockPages(region, address);
        if (actual != pages) {
            throw Misuse.wrongSize(address, pages, actual);
        }
        long page = pageOf(address);
        region.blocks.end(page - region.firstPage);
        counts.gaveBack(pages, true);
        region.free(page, page + pages, aged ? retention.agedEpoch() : retention.epoch());
    }

    /** Sees to it that every page is either in a block or among the merged ones. */
    private void settle() {
        window.awaitClosed();
        last.putBack(retention.epoch());
        hand.flush(retention.epoch());
    }

    /** Takes the range out of its block and leaves blocks before and behind it. */
    private void cutOut(Region region, long address, long pages) {
        long index = pageOf(address) - region.firstPage;
        long begin = checkInside(region, address, pages);
        long end = begin + region.blocks.lengthOr0(begin);
        region.blocks.end(begin);
        if (begin < index) {
            region.blocks.begin(begin, index - begin);
        }
        if (index + pages < end) {
            region.blocks.begin(index + pages, end - index - pages);
        }
        counts.gaveBack(pages, begin == index && index + pages == end);
        if (begin < index && index + pages < end) {
            counts.split();
        }
    }

    /** Returns the index of the first page of the block that holds the range. */
    private static long checkInside(Region region, long address, long pages) {
        long index = pageOf(address) - region.firstPage;
        long begin = region.blocks.beginOfBlockOrMinus1(index);
        if (begin < 0 || !isPageAligned(address)) {
            throw Misuse.of(region, address);
        }
        long left = begin + region.blocks.lengthOr0(begin) - index;
        if (pages <= 0 || pages > left) {
            throw Misuse.wrongSize(address, pages, left);
        }
        return begin;
    }

    /** Returns the region; what its table says is true then. */
    private Region regionOf(long address) {
        checkOpen();
        last.putBack(retention.epoch());
        Region region = regions.holding(address);
        if (region == null) {
            throw Misuse.wild(address, regions.all().length);
        }
        return region;
    }

    private static long blockPages(Region region, long address) {
        long pages = region.blocks.lengthOr0(pageOf(address) - region.firstPage);
        if (pages == 0 || !isPageAligned(address)) {
            throw Misuse.of(region, address);
        }
        return pages;
    }

    private void checkOpen() {
        if (closed) {
            throw closedException();
        }
    }

    private void add(Region added) {
        RuntimeException refusal = null;
        Locking.lock(lock);
        try {
            Region other = regions.overlapping(added.firstPage, added.endPage);
            if (closed) {
                refusal = closedException();
            } else if (other != null) {
                refusal = new IllegalArgumentException(added + " overlaps " + other);
            } else {
                added.free(added.firstPage, added.endPage, retention.epoch());
                regions.add(added);
            }
        } finally {
            Locking.unlock(lock);
        }
        if (refusal != null) {
            added.unmapMetadata(space);
            throw refusal;
        }
    }
}
