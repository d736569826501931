// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.buddy.SharedRegion.NONE;
import static io.offkraft.buddy.SharedRegion.REFUSED;

import io.offkraft.lockfree.CpuLocator;
import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Locking;
import io.offkraft.word.PageOrder;
import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The page allocator that takes no lock to hand out and to take back.
 *
 * <p><b>Thread safety, failure:</b> as {@link BuddyAllocator} says. To close it while another call
 * is under way is the caller's mistake, as it is to free its memory while it is used.
 *
 * <p><b>Progress:</b> lock-free but for system calls. Every retry is due to a change that another
 * thread has completed, and a request gives up after {@value #TURNS_MAX} of them.
 */
final class LockFreePages extends BuddyAllocator {
    /*
     * Idea
     *   A chunk of 2 MiB is a counter word and 512 bits: reserve in the counter, then set bits (SharedRegion). Blocks of
     *   up to 32 pages come from words of bits that a place has reserved, a compare-and-set each (WordBlocks). A whole
     *   chunk is one compare-and-set of its word. Longer blocks claim their chunks upwards (RangeClaim). ChunkSearch
     *   chooses.
     *
     * Misuse
     *   BlockTable has a word a page, which says what block begins there. Of several frees of one block one wins: who
     *   clears its bits, or changes the word of its chunk; of other blocks, who ends it in the table by compare-and-set.
     *
     * When is nothing free?
     *   A look at all chunks is no snapshot: pages may move from what has not been looked at to what has. So a request
     *   fails only if in addition no operation was open that might put pages back, and no page became free meanwhile, in
     *   chunks (timesFreed) or in reserved words (WordBlocks.state). Words of other places are taken from, and given
     *   back for blocks that do not lie in one.
     */

    /** So often may pages become free and be taken by others before a request gives up. */
    static final int TURNS_MAX = 10_000;

    /** So long does a request that finds nothing wait for operations that are open. */
    private static final long PATIENCE_NANOS = 20_000_000;

    /** So often it looks whether they have ended before it searches again. */
    private static final int LOOKS_BETWEEN_SEARCHES = 16;

    private static final int PLACES_PER_CPU = 4;
    private static final int PLACES_MIN = 8;
    private static final int PLACES_MAX = 1024;

    private final BuddyBuilder settings;
    private final ExclusiveLock lock;
    private final Places places;
    private final WordBlocks words;
    private final PageTraffic traffic = new PageTraffic();
    private final SharedRetention retention;

    /** By address; replaced under the lock. Volatile: a region is seen as it was made. */
    private volatile SharedRegion[] regions = {};

    private volatile boolean closed;

    /** What is being unmapped; guarded by the lock. */
    private SharedRegion[] leaving = {};

    LockFreePages(BuddyBuilder settings) {
        super(settings.space);
        this.settings = settings;
        lock = settings.synchronization.newLock(LockClass.named("page regions"));
        places = new Places(placesByThread(), CpuLocator.byThread());
        words = new WordBlocks(this, settings.pagesAtHand);
        retention = new SharedRetention(this, settings);
    }

    private static int placesByThread() {
        int wanted =
                Math.max(PLACES_MIN, PLACES_PER_CPU * Runtime.getRuntime().availableProcessors());
        return wanted >= PLACES_MAX ? PLACES_MAX : Integer.highestOneBit(2 * wanted - 1);
    }

    BuddyBuilder settings() {
        return settings;
    }

    Places places() {
        return places;
    }

    WordBlocks words() {
        return words;
    }

    PageTraffic traffic() {
        return traffic;
    }

    /** After pages became free, or their word was reserved: what is free in it must decay. */
    void pagesBecameFree() {
        retention.afterCall();
    }

    SharedRegion.EpochSource epochs() {
        return () -> retention.epoch();
    }

    SharedRegion[] regions() {
        return regions;
    }

    // ---- Regions. ----

    @Override
    public void addMemory(long address, long bytes) {
        add(RegionMaker.sharedOfMemory(address, bytes, this));
    }

    @Override
    public long addReserved(long bytes) {
        SharedRegion region = RegionMaker.sharedReserved(bytes, this);
        try {
            add(region);
        } catch (RuntimeException refused) {
            unmapPages(region);
            throw refused;
        }
        return region.firstPage << PageOrder.PAGE_SHIFT;
    }

    private void add(SharedRegion added) {
        RuntimeException refusal = null;
        Locking.lock(lock);
        try {
            SharedRegion other = overlapping(added);
            if (closed) {
                refusal = closedException();
            } else if (other != null) {
                refusal = new IllegalArgumentException(added + " overlaps " + other);
            } else {
                SharedRegion[] more = Arrays.copyOf(regions, regions.length + 1);
                more[more.length - 1] = added;
                Arrays.sort(more, Comparator.comparingLong(region -> region.firstPage));
                regions = more;
                places.add(places.current(), Places.RETURNS, 1);
            }
        } finally {
            Locking.unlock(lock);
        }
        if (refusal != null) {
            space.unmap(added.metadata, added.mappedMetadataBytes());
            throw refusal;
        }
    }

    private @Nullable SharedRegion overlapping(SharedRegion added) {
        for (SharedRegion region : regions) {
            if (region.firstPage < added.endPage && added.firstPage < region.endPage) {
                return region;
            }
        }
        return null;
    }

    // ---- Handing out. ----

    @Override
    public long palloc(long pages, int alignmentOrder) {
        int place = places.current();
        if (pages == 1 && alignmentOrder == 0) { // what most ask for, so without another look
            long address = words.pallocOr0(place, 1, 0);
            if (address != 0) {
                return address;
            }
        }
        int order = checkedOrder(pages, alignmentOrder);
        if (pages <= PageWord.PAGES) {
            long address = words.pallocOr0(place, (int) pages, order);
            if (address != 0) {
                return address;
            }
        } else {
            ChunkAtHand chunk = places.chunkAtHand(place);
            long address = chunk == null ? 0 : chunk.takeOr0(pages, order);
            if (address != 0) {
                return address;
            }
        }
        long page = take(place, pages, order);
        if (page == 0) {
            return 0;
        }
        retention.afterCall();
        return begin(regionOfPage(page), page, pages);
    }

    private static long begin(SharedRegion region, long page, long pages) {
        region.blocks.begin(page - region.basePage, pages);
        return page << PageOrder.PAGE_SHIFT;
    }

    /** Returns the absolute number of the first page, or 0. */
    private long take(int place, long pages, int order) {
        if (pages <= PageWord.PAGES) {
            long page = words.takeFreedOr0(place, (int) pages, order);
            if (page != 0) {
                return page;
            }
        }
        for (SharedRegion region : openRegions()) {
            long page = region.search.take(place, pages, order);
            if (page >= 0) {
                return page + region.basePage;
            }
        }
        long page = takeSlow(place, pages, order);
        if (page > 0) {
            return page;
        }
        SharedAtomics.count();
        // NONE says that there are pages, but the kernel has no memory for them.
        traffic.failedAllocations.incrementAndGet();
        return 0;
    }

    /** Looks everywhere, until something is found or certainly nothing is there. */
    private long takeSlow(int place, long pages, int order) {
        long deadline = 0;
        for (int turn = 0; turn < TURNS_MAX; turn++) {
            long freed = timesFreed();
            long atHand = words.state();
            long page = takeAnywhere(place, pages, order);
            if (page != 0) {
                return page;
            }
            boolean open = places.anyOpen(); // before the count: who closes has counted
            if (!open && timesFreed() == freed && words.state() == atHand) {
                return 0;
            }
            if (open) {
                deadline = deadline == 0 ? SchedulePoint.nanoTime() + PATIENCE_NANOS : deadline;
                if (!awaitOthers(deadline)) {
                    return 0;
                }
                turn--; // bounded by the time
            }
            SchedulePoint.offerCpu();
        }
        return 0;
    }

    /** Waits a little for operations that are open; returns whether there is time left. */
    private boolean awaitOthers(long deadline) {
        traffic.wanted = true;
        for (int look = 0; look < LOOKS_BETWEEN_SEARCHES && places.anyOpen(); look++) {
            if (SchedulePoint.nanoTime() - deadline > 0) {
                return false;
            }
            SchedulePoint.offerCpu();
        }
        return true;
    }

    private long timesFreed() {
        long freed = places.sum(Places.RETURNS);
        for (SharedRegion region : regions) {
            freed += region.timesGiven();
        }
        return freed;
    }

    private long takeAnywhere(int place, long pages, int order) {
        boolean refused = false;
        if (pages <= PageWord.PAGES) {
            for (int other = 0; other < places.count(); other++) {
                long page = words.takeReservedOr0(other, (int) pages, order);
                if (page != 0) {
                    return page;
                }
            }
        }
        if (order > 0) {
            words.releaseAll();
        }
        for (SharedRegion region : openRegions()) {
            long page = region.search.takeAnywhere(place, pages, order);
            if (page >= 0) {
                return page + region.basePage;
            }
            refused |= page == REFUSED;
        }
        return refused ? NONE : 0;
    }

    // ---- Taking back. ----

    @Override
    public long pfree(long address) {
        SharedRegion region = regionOf(address);
        long index = pageOf(address) - region.basePage;
        long pages = region.blocks.lengthOr0(index);
        if (pages == 0 || !isPageAligned(address)) {
            throw Misuse.of(region.blocks, region.basePage, address);
        }
        pfree(region, address, pages, retention.epoch());
        return pages;
    }

    @Override
    public void pfree(long address, long pages) {
        int epoch = retention.epoch();
        int place = places.current();
        if (words.tryGiveAtHand(place, address, pages, epoch)) {
            return; // the clock runs already
        }
        ChunkAtHand chunk = places.chunkAtHand(place);
        if (chunk != null && chunk.tryGive(address, pages, epoch)) {
            retention.afterCall();
        } else {
            pfree(regionOf(address), address, pages, epoch);
        }
    }

    @Override
    public void pfreeAged(long address, long pages) {
        pfree(regionOf(address), address, pages, retention.agedEpoch());
    }

    private void pfree(SharedRegion region, long address, long pages, int epoch) {
        long index = pageOf(address) - region.basePage;
        int place = places.current();
        if (pages <= 0 || !isPageAligned(address)) {
            throw misuse(region, address, pages);
        }
        if (words.tryGive(place, region, index, pages, epoch)) {
            return;
        }
        if (region.tryGiveWhole(index, pages, epoch)) {
            region.search.gaveWhole(place, index >>> region.order);
        } else if (region.blocks.tryEnd(index, pages)) {
            region.give(index, index + pages, epoch);
            places.add(place, Places.RETURNS, 1);
        } else {
            throw misuse(region, address, pages);
        }
        retention.afterCall();
    }

    @Override
    public void pfreeRange(long address, long pages) {
        SharedRegion region = regionOf(address);
        long index = pageOf(address) - region.basePage;
        long begin = checkInside(region, address, pages);
        long length = region.blocks.lengthOr0(begin);
        long end = begin + length;
        if (!region.blocks.tryEnd(begin, length)) {
            throw Misuse.doubleFree(address);
        }
        if (begin < index) {
            region.blocks.begin(begin, index - begin);
        }
        if (index + pages < end) {
            region.blocks.begin(index + pages, end - index - pages);
        }
        int place = places.current();
        if (begin < index && index + pages < end) {
            places.add(place, Places.ALLOCATIONS, 1);
        }
        region.give(index, index + pages, retention.epoch());
        places.add(place, Places.RETURNS, 1);
        retention.afterCall();
    }

    @Override
    public boolean discard(long address, long pages) {
        SharedRegion region = regionOf(address);
        checkInside(region, address, pages);
        long index = pageOf(address) - region.basePage;
        return region.onDemand && region.memory.discard(index, index + pages);
    }

    @Override
    public boolean tryExtend(long address, long newPages) {
        SharedRegion region = regionOf(address);
        long index = pageOf(address) - region.basePage;
        long pages = region.blocks.lengthOr0(index);
        if (pages == 0 || !isPageAligned(address)) {
            throw Misuse.of(region.blocks, region.basePage, address);
        }
        if (newPages <= pages || newPages > region.endPage - pageOf(address)) {
            return newPages == pages;
        }
        RangeClaim claim = new RangeClaim(region, places.current());
        long got = words.tryTake(region, index + pages, index + newPages);
        if (got == NONE) {
            got = claim.tryTake(index + pages, index + newPages);
        }
        if (got == NONE && words.pagesAtHand() > 0) {
            words.releaseAll();
            got = claim.tryTake(index + pages, index + newPages);
        }
        if (got < 0) {
            return false;
        }
        if (!region.blocks.tryEnd(index, pages)) {
            region.give(index + pages, index + newPages, retention.epoch());
            places.add(places.current(), Places.RETURNS, 1);
            throw misuse(region, address, pages);
        }
        region.blocks.begin(index, newPages);
        return true;
    }

    // ---- Questions about blocks. ----

    @Override
    public long blockPagesOr0(long address) {
        SharedRegion region = regionOrNull(pageOf(address));
        return region == null || !isPageAligned(address)
                ? 0
                : region.blocks.lengthOr0(pageOf(address) - region.basePage);
    }

    @Override
    public long blockBeginOr0(long address) {
        SharedRegion region = regionOrNull(pageOf(address));
        long begin =
                region == null
                        ? -1
                        : region.blocks.beginOfBlockOrMinus1(pageOf(address) - region.basePage);
        return region == null || begin < 0 ? 0 : (region.basePage + begin) << PageOrder.PAGE_SHIFT;
    }

    private static long checkInside(SharedRegion region, long address, long pages) {
        long index = pageOf(address) - region.basePage;
        long begin = region.blocks.beginOfBlockOrMinus1(index);
        if (begin < 0 || !isPageAligned(address)) {
            throw Misuse.of(region.blocks, region.basePage, address);
        }
        long left = begin + region.blocks.lengthOr0(begin) - index;
        if (pages <= 0 || pages > left) {
            throw Misuse.wrongSize(address, pages, left);
        }
        return begin;
    }

    private static MisuseException misuse(SharedRegion region, long address, long pages) {
        long actual = region.blocks.lengthOr0(pageOf(address) - region.basePage);
        if (actual == pages && isPageAligned(address)) {
            return Misuse.doubleFree(address); // freed and handed out again meanwhile
        }
        return actual == 0 || !isPageAligned(address)
                ? Misuse.of(region.blocks, region.basePage, address)
                : Misuse.wrongSize(address, pages, actual);
    }

    private SharedRegion regionOf(long address) {
        SharedRegion region = regionOrNull(pageOf(address));
        if (region == null) {
            throw Misuse.wild(address, regions.length);
        }
        return region;
    }

    SharedRegion regionOfPage(long page) {
        SharedRegion region = regionOrNull(page);
        if (region == null) {
            throw new AssertionError("a page of no region: " + page);
        }
        return region;
    }

    private @Nullable SharedRegion regionOrNull(long page) {
        for (SharedRegion region : openRegions()) {
            if (region.holds(page)) {
                return region;
            }
        }
        return null;
    }

    private SharedRegion[] openRegions() {
        SharedRegion[] all = regions;
        if (all.length == 0 && closed) {
            throw closedException();
        }
        return all;
    }

    // ---- Figures. ----

    @Override
    public long availablePages() {
        openRegions();
        return statistics().availablePages();
    }

    @Override
    public long maxAllocatablePages() {
        openRegions();
        return count(PageCensus::largestFree);
    }

    @Override
    public long freeBlocks(int order) {
        checkOrder(order);
        openRegions();
        return count(census -> census.freeBlocks(order));
    }

    /** Exact if no other call is under way; else each figure is of a moment of this call. */
    @Override
    public PageStatistics statistics() {
        return count(PageCensus::statistics);
    }

    @Override
    public void validate() {
        boolean _ = count(PageCensus::validate);
    }

    /** While the clock does not take pages to give their memory back, and with none at hand. */
    private <T> T count(Function<PageCensus, T> question) {
        retention.pause();
        try {
            words.releaseAll();
            return question.apply(new PageCensus(regions, words, places, traffic));
        } finally {
            retention.resume();
        }
    }

    @Override
    List<Footprint.Extent> extents() {
        List<Footprint.Extent> extents = new ArrayList<>();
        for (SharedRegion region : openRegions()) {
            extents.add(region.extent());
        }
        return extents;
    }

    @Override
    public void trim() {
        retention.giveBackAll();
    }

    @Override
    public void tryTrim() {
        retention.tryGiveBackAll();
    }

    @Override
    public void close() {
        retention.pause();
        try {
            Locking.lock(lock);
            try {
                if (!closed) {
                    words.releaseAll();
                    places.forgetAtHand();
                    leaving = regions;
                    closed = true;
                    regions = new SharedRegion[0];
                }
            } finally {
                Locking.unlock(lock);
            }
            // Under the retention's lock only, which is held across system calls.
            while (leaving.length > 0) {
                SharedRegion last = leaving[leaving.length - 1];
                if (last.onDemand && !last.pagesUnmapped) {
                    unmapPages(last);
                    last.pagesUnmapped = true; // should the kernel refuse the next call
                }
                space.unmap(last.metadata, last.mappedMetadataBytes());
                leaving = Arrays.copyOf(leaving, leaving.length - 1);
            }
        } finally {
            retention.resume();
        }
    }

    private void unmapPages(SharedRegion region) {
        space.unmap(
                region.firstPage << PageOrder.PAGE_SHIFT,
                (region.endPage - region.firstPage) << PageOrder.PAGE_SHIFT);
    }
}
