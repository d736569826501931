// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Locking;
import io.offkraft.sync.Synchronization;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;

/**
 * The binary buddy page allocator: runs of pages out of one or more regions, and back.
 *
 * <p>A request for n pages gets exactly n: the block of the next power of two is taken and its tail
 * given back. Blocks of 2^k pages are aligned to their size. Free buddies are always merged, so
 * that after everything was freed each region is as it was added. What it takes to know all this
 * lies outside the pages, in at most 0.1 % of their size, so that a double, wild, interior or
 * wrong-size free is always noticed and nothing that a user writes can break it.
 *
 * <p>A region is either memory that the caller adds ({@link #addMemory}), or a reserved area of the
 * virtual address space ({@link #addReserved}) whose chunks of 2^{@linkplain
 * BuddyBuilder#commitThreshold threshold} pages get memory when they are handed out or split and
 * lose it again once they were wholly free for the {@linkplain BuddyBuilder#decay decay} time. What
 * lies free for that time in a chunk that is partly in use is given back as well; such a chunk
 * stays committed, and its pages get memory anew when they are touched.
 *
 * <p><b>Thread safety:</b> every method, from any thread, with the lock that {@link
 * BuddyBuilder#synchronization} chose; with {@link Synchronization#NONE} one thread at a time, and
 * the caller sees to it.
 *
 * <p><b>Progress:</b> blocking. No lock is held across a system call; a request that finds nothing
 * free while another thread commits or decommits waits for that thread instead of failing.
 *
 * <p><b>Memory effects:</b> what a thread did before it freed a block is visible to the thread that
 * gets its pages next.
 *
 * <p><b>Failure:</b> running out of pages, or of memory to commit, is a normal outcome: address 0,
 * counted in {@link #statistics()}. Misuse throws {@link MisuseException}, and changes nothing.
 */
public final class BuddyAllocator implements AutoCloseable {
    private static final int MAX_ALIGNMENT_ORDER = 51;
    private static final int MAX_ATTEMPTS = 8; // of footprint

    private final VirtualAddressSpace space;
    private final ExclusiveLock lock;
    private final BuddyBuilder builder;

    // All below: guarded by the lock.
    private final Regions regions = new Regions();

    /** What is being unmapped, out of reach of whoever gets the lock meanwhile. */
    private final Regions leaving = new Regions();

    private final PageCounts counts = new PageCounts();
    private final CommitWindow window;
    private final Retention retention;
    private boolean closed;

    BuddyAllocator(BuddyBuilder builder) {
        this.builder = builder;
        space = builder.space;
        lock = builder.synchronization.newLock(LockClass.named("buddy"));
        window = new CommitWindow(lock, counts);
        retention = new Retention(lock, regions, window, builder);
    }

    /**
     * Returns a builder of an allocator whose metadata, and whose reserved regions, lie in {@code
     * space}.
     *
     * <p>The space stays the caller's: closing the allocator gives back what it mapped there, not
     * the space.
     */
    public static BuddyBuilder builder(VirtualAddressSpace space) {
        return new BuddyBuilder(space);
    }

    /**
     * Returns how many bytes of the space the metadata of one reserved region of {@code pages}
     * pages takes, at most, with chunks of {@code commitThreshold}.
     */
    public static long metadataBytes(long pages, int commitThreshold) {
        return Region.metadataBytes(1, pages + 1, commitThreshold) + PageOrder.PAGE_BYTES;
    }

    /**
     * Adds the pages that lie wholly inside {@code [address, address + bytes)}; the memory is
     * readable and writable and stays so until the allocator is closed.
     *
     * @throws IllegalArgumentException if there is no whole page, or the range overlaps a region
     */
    public void addMemory(long address, long bytes) {
        add(RegionMaker.ofMemory(address, bytes, space));
    }

    /**
     * Reserves {@code bytes} of the space, rounded up to whole chunks, as a region that gets memory
     * on demand.
     *
     * @return the address of the region
     */
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

    /** Returns the address of a block of {@code pages} pages, or 0 if there is none. */
    public long palloc(long pages) {
        return palloc(pages, 0);
    }

    /**
     * Returns the address of a block of {@code pages} pages, aligned to 2^{@code alignmentOrder}
     * pages and to the smallest power of two that covers {@code pages}; or 0 if there is none.
     *
     * @throws IllegalArgumentException if {@code pages} is not positive or the order is not in [0,
     *     51]
     */
    public long palloc(long pages, int alignmentOrder) {
        if (pages <= 0 || alignmentOrder < 0 || alignmentOrder > MAX_ALIGNMENT_ORDER) {
            throw new IllegalArgumentException(
                    "pages must be positive and the order in [0, %d]: pages=%d, order=%d"
                            .formatted(MAX_ALIGNMENT_ORDER, pages, alignmentOrder));
        }
        int order = Math.max(PageOrder.covering(Math.min(pages, 1L << 62)), alignmentOrder);
        long address;
        boolean decays;
        Locking.lock(lock);
        try {
            address = takeOr0(order, pages);
            decays = retention.mustStartClock();
        } finally {
            Locking.unlock(lock);
        }
        if (decays) {
            retention.start();
        }
        return address;
    }

    /**
     * Gives back the whole block at {@code address}.
     *
     * @return its pages
     * @throws MisuseException if no block begins there
     */
    public long pfree(long address) {
        long pages;
        boolean decays;
        Locking.lock(lock);
        try {
            Region region = regionOf(address);
            pages = blockPages(region, address);
            giveBack(region, address, pages, retention.epoch());
            decays = retention.mustStart();
        } finally {
            Locking.unlock(lock);
        }
        if (decays) {
            retention.start();
        }
        return pages;
    }

    /**
     * Gives back the whole block at {@code address}, which is of exactly {@code pages} pages.
     *
     * @throws MisuseException if no such block begins there
     */
    public void pfree(long address, long pages) {
        pfree(address, pages, false);
    }

    /**
     * The same for a block whose user has kept it for the decay time without need: its memory goes
     * back at the next occasion.
     *
     * @throws MisuseException if no such block begins there
     */
    public void pfreeAged(long address, long pages) {
        pfree(address, pages, true);
    }

    private void pfree(long address, long pages, boolean aged) {
        boolean decays;
        Locking.lock(lock);
        try {
            Region region = regionOf(address);
            long actual = blockPages(region, address);
            if (actual != pages) {
                throw Misuse.wrongSize(address, pages, actual);
            }
            giveBack(region, address, pages, aged ? retention.agedEpoch() : retention.epoch());
            decays = retention.mustStart();
        } finally {
            Locking.unlock(lock);
        }
        if (decays) {
            retention.start();
        }
    }

    /**
     * Gives the memory of pages inside of one block back to the operating system, if the block is
     * of reserved memory. It stays a block, and the pages have any content and get memory anew when
     * they are touched; they are not touched before this returns.
     *
     * @return whether the operating system took it; a refusal is counted
     * @throws MisuseException if the range does not lie inside one block
     */
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

    /**
     * Gives back {@code pages} pages from {@code address} on, out of one block; what is left before
     * and behind them are blocks of their own from then on.
     *
     * @throws MisuseException if the range does not lie inside one block
     */
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

    /**
     * Makes the block at {@code address} {@code newPages} long without moving it, if the pages
     * behind it are free.
     *
     * @return whether it did; if not, nothing changed
     * @throws MisuseException if no block begins there
     */
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
            if (end < 0 || !commitAndGiveBackTail(region, page + pages, page + newPages, end)) {
                return false;
            }
            if (region.blocks.lengthOr0(page - region.firstPage) != pages) {
                // The lock was released to commit: another thread freed the block meanwhile.
                region.free(page + pages, page + newPages, retention.epoch());
                throw Misuse.of(region, address);
            }
            region.blocks.end(page - region.firstPage);
            region.blocks.begin(page - region.firstPage, newPages);
            counts.grew(newPages - pages);
            return true;
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Returns the pages of the block that begins at {@code address}, or 0 if none does. */
    public long blockPagesOr0(long address) {
        Locking.lock(lock);
        try {
            checkOpen();
            Region region = regions.holding(address);
            return region == null || !isPageAligned(address)
                    ? 0
                    : region.blocks.lengthOr0(pageOf(address) - region.firstPage);
        } finally {
            Locking.unlock(lock);
        }
    }

    /**
     * Returns where the block that {@code address} points into begins, or 0 if it points into none.
     */
    public long blockBeginOr0(long address) {
        Locking.lock(lock);
        try {
            checkOpen();
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

    /**
     * Returns the pages that are free, exactly, at a moment of the call when none is between free
     * and not: it waits for system calls of other threads, as all queries here do.
     */
    public long availablePages() {
        Locking.lock(lock);
        try {
            checkOpen();
            window.awaitClosed();
            return regions.freePages();
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Returns the pages of the largest block that is free at this moment, a power of two; or 0. */
    public long maxAllocatablePages() {
        Locking.lock(lock);
        try {
            checkOpen();
            window.awaitClosed();
            int order = regions.largestFreeOrder();
            return order < 0 ? 0 : PageOrder.pages(order);
        } finally {
            Locking.unlock(lock);
        }
    }

    /**
     * Returns how many free blocks of {@code order} there are at this moment; {@code order} is in
     * [0, 62].
     */
    public long freeBlocks(int order) {
        if (order < 0 || order > Long.SIZE - 2) {
            throw new IllegalArgumentException("order must be in [0, 62]: " + order);
        }
        Locking.lock(lock);
        try {
            checkOpen();
            window.awaitClosed();
            return regions.freeBlocks(order);
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Returns all figures of one instant; also after {@link #close()}. */
    public PageStatistics statistics() {
        Locking.lock(lock);
        try {
            window.awaitClosed();
            return counts.snapshot(regions);
        } finally {
            Locking.unlock(lock);
        }
    }

    /**
     * Returns the memory that the allocator takes, as the space and the kernel know it at a moment
     * of the call when no system call of the allocator is under way. If such moments are too short,
     * after some attempts the figures are of different moments of the call.
     */
    public Footprint footprint() {
        for (int attempt = 1; ; attempt++) {
            PageStatistics before = statistics();
            Footprint footprint = Footprint.of(openRegions(), space);
            PageStatistics after = statistics();
            if (before.systemCalls() == after.systemCalls() || attempt == MAX_ATTEMPTS) {
                return footprint;
            }
        }
    }

    private Region[] openRegions() {
        Locking.lock(lock);
        try {
            checkOpen();
            return regions.all();
        } finally {
            Locking.unlock(lock);
        }
    }

    /**
     * Gives the memory of everything that is free now back to the operating system, without waiting
     * for decay: chunks that are wholly free lose it and are committed no longer, free pages of
     * others only lose it.
     */
    public void trim() {
        retention.giveBackAll();
    }

    /**
     * Checks every invariant of every region, in time proportional to the pages; throws {@link
     * AssertionError}.
     */
    public void validate() {
        Locking.lock(lock);
        try {
            window.awaitClosed();
            for (Region region : regions.all()) {
                region.validate();
            }
        } finally {
            Locking.unlock(lock);
        }
    }

    /**
     * Gives back everything that the allocator mapped, whatever blocks are live. Later calls throw
     * {@link IllegalStateException}. If the kernel refuses, another close goes on where this one
     * stopped; after that it does nothing.
     */
    @Override
    public void close() {
        Locking.lock(lock);
        try {
            closed = true;
            window.awaitClosed();
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

    private long takeOr0(int order, long pages) {
        for (; ; ) {
            checkOpen();
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

    private void giveBack(Region region, long address, long pages, int epoch) {
        long page = pageOf(address);
        region.blocks.end(page - region.firstPage);
        counts.gaveBack(pages, true);
        region.free(page, page + pages, epoch);
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

    private Region regionOf(long address) {
        checkOpen();
        Region region = regions.holding(address);
        if (region == null) {
            throw Misuse.wild(address, regions);
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

    private static IllegalStateException closedException() {
        return new IllegalStateException("the page allocator is closed");
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

    private static long pageOf(long address) {
        return address >>> PageOrder.PAGE_SHIFT;
    }

    private static boolean isPageAligned(long address) {
        return Alignment.isAligned(address, PageOrder.PAGE_BYTES);
    }
}
