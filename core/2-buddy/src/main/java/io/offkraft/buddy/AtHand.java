// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.word.PageOrder;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Free pages that a {@link LockedBuddy} keeps apart from the merged ones for a moment, so that the
 * next request costs a bit operation instead of a walk.
 *
 * <p>They are free like the others: in no block, so a second free of one is told, and {@link
 * #flush} gives them back before a question is answered, before a chunk is opened and before a
 * request fails. Guarded by the allocator's lock.
 */
final class AtHand {
    /*
     * Idea
     *   Single pages. A group is 64 aligned pages and a word with a bit for each that is at hand.
     *   Requests are served from the current group, its lowest page first. The next group is the
     *   lowest one of a chunk in use with something free, and what is free of it becomes the bits.
     *   To prefer the smallest blocks wherever they lie, as longer requests do, would never heal a
     *   region in which single pages are free all over. A page that is freed joins its group: the
     *   current one, or one of a few that only frees have opened; those are put back when another
     *   group wants their slot, a run of bits as one block. So pages freed in a row are merged 64
     *   at a time, and what was freed last is not used again as long as there are lower pages.
     *
     *   Blocks. The block that was handed out last is kept when it is given back next. As long as
     *   nothing else became free meanwhile, a request of its size would get the same block.
     *
     * Ages
     *   A page that was freed gets its stamp when it is put back. The epoch does not move while
     *   something is at hand, so it is the right one. What was only taken out of the free blocks
     *   is as old as before.
     */
    private static final int GROUP_SHIFT = 6;

    private static final int GROUP_PAGES = 1 << GROUP_SHIFT;
    private static final int SLOTS = 8;
    private static final long NONE = -1;

    private final Regions regions;
    private final boolean on;

    /** The current group: its number, the pages at hand, and which of them a user has freed. */
    private long group = NONE;

    private long free;
    private long freed;
    private @Nullable Region region;

    /** Groups that frees have opened; a slot without a page is free. */
    private final long[] slotGroup = new long[SLOTS];

    private final long[] slotFree = new long[SLOTS];
    private final @Nullable Region[] slotRegion = new Region[SLOTS];

    /** The block that was given back last; no pages: none. */
    private long keptPage;

    private long keptPages;
    private @Nullable Region keptRegion;

    /** The region that the block last given back lay in. */
    private @Nullable Region recent;

    /** Whether something may be at hand whose memory is to go after some time. */
    private boolean decays;

    AtHand(Regions regions, boolean on) {
        this.regions = regions;
        this.on = on;
    }

    /** Returns whether something may be at hand whose memory is to go after some time. */
    boolean decays() {
        return decays;
    }

    /**
     * Hands out {@code pages} pages, aligned to 2^{@code order}, if they are at hand and the merged
     * blocks would give the same ones.
     *
     * @return the first one, or -1
     */
    long takeOrMinus1(int order, long pages) {
        return order == 0 ? takePageOrMinus1() : takeKeptOrMinus1(order, pages);
    }

    private long takePageOrMinus1() {
        if (free == 0 && !refill()) {
            return NONE;
        }
        long left = free;
        free = left & (left - 1);
        long page = (group << GROUP_SHIFT) + Long.numberOfTrailingZeros(left);
        begin(region, page, 1);
        return page;
    }

    private long takeKeptOrMinus1(int order, long pages) {
        long page = keptPage;
        if (keptPages != pages || Long.numberOfTrailingZeros(page) < order || !isNext(page)) {
            return NONE;
        }
        keptPages = 0;
        begin(keptRegion, page, pages);
        return page;
    }

    /**
     * Whether the merged blocks would give the kept one: nothing became free since it was taken.
     */
    private boolean isNext(long page) {
        return keptRegion != null && keptRegion.lastTaken == page;
    }

    private static void begin(@Nullable Region of, long page, long pages) {
        Objects.requireNonNull(of).blocks.beginShort(page - of.firstPage, pages);
    }

    /**
     * Takes back the block at {@code address} and keeps it.
     *
     * @return whether it did; if not, nothing changed: it is no such block, or better merged
     */
    boolean tryKeep(long address, long pages, int epoch) {
        long page = address >>> PageOrder.PAGE_SHIFT;
        Region of = recentHolding(page);
        if (of == null || (pages != 1 && page != of.lastTaken) || !tryEnd(of, address, pages)) {
            return false;
        }
        decays |= of.chunks != null;
        if (pages == 1) {
            putPage(of, page, epoch);
        } else {
            putKeptBack(epoch);
            keptPage = page;
            keptPages = pages;
            keptRegion = of;
        }
        return true;
    }

    private @Nullable Region recentHolding(long page) {
        Region of = recent;
        if (of == null || !of.holds(page)) {
            of = regions.holding(page << PageOrder.PAGE_SHIFT);
            recent = of;
        }
        return of;
    }

    private boolean tryEnd(Region of, long address, long pages) {
        return on
                && pages < BlockTable.SHORT_PAGES
                && BuddyAllocator.isPageAligned(address)
                && of.blocks.tryEndShort((address >>> PageOrder.PAGE_SHIFT) - of.firstPage, pages);
    }

    // ---- Single pages. ----

    private void putPage(Region of, long page, int epoch) {
        long bit = 1L << page;
        if (page >>> GROUP_SHIFT == group && of == region) {
            free |= bit;
            freed |= bit;
        } else {
            putIntoSlot(of, page >>> GROUP_SHIFT, bit, epoch);
        }
    }

    private void putIntoSlot(Region of, long number, long bit, int epoch) {
        int slot = (int) number & (SLOTS - 1);
        long present = slotFree[slot];
        if (present != 0 && (slotGroup[slot] != number || slotRegion[slot] != of)) {
            putSlotBack(slot, epoch);
            present = 0;
        }
        slotGroup[slot] = number;
        slotRegion[slot] = of;
        slotFree[slot] = present | bit;
    }

    /** Makes the group current that has the lowest page; false if a walk must find one. */
    private boolean refill() {
        if (!on) {
            return false;
        }
        int slot = lowestSlotOrMinus1();
        for (Region of : regions.all()) {
            if (of.freePages() > 0) {
                long page = of.lowestFreeInUseOrMinus1();
                if (page >= 0 && (slot < 0 || page >>> GROUP_SHIFT < slotGroup[slot])) {
                    gather(of, page);
                    return true;
                }
                break;
            }
        }
        if (slot < 0) {
            return false;
        }
        group = slotGroup[slot];
        free = slotFree[slot];
        freed = free;
        region = slotRegion[slot];
        slotFree[slot] = 0;
        return true;
    }

    private int lowestSlotOrMinus1() {
        int lowest = -1;
        for (int slot = 0; slot < SLOTS; slot++) {
            if (slotFree[slot] != 0 && (lowest < 0 || slotGroup[slot] < slotGroup[lowest])) {
                lowest = slot;
            }
        }
        return lowest;
    }

    private void gather(Region of, long page) {
        group = page >>> GROUP_SHIFT;
        region = of;
        freed = 0;
        free = of.takeGroup(page & -GROUP_PAGES);
        decays |= of.chunks != null;
    }

    // ---- Putting back. ----

    /** Puts the block given back last to the others, so that it is merged. */
    void putKeptBack(int epoch) {
        if (keptPages != 0) {
            Objects.requireNonNull(keptRegion).free(keptPage, keptPage + keptPages, epoch);
            keptPages = 0;
        }
    }

    /** Puts everything back, so that it is merged. */
    void flush(int epoch) {
        putKeptBack(epoch);
        for (int slot = 0; slot < SLOTS; slot++) {
            if (slotFree[slot] != 0) {
                putSlotBack(slot, epoch);
            }
        }
        if (free != 0) {
            long start = group << GROUP_SHIFT;
            Region of = Objects.requireNonNull(region);
            putRunsBack(of, start, free & freed, epoch);
            rejoinRuns(of, start, free & ~freed, epoch);
            free = 0;
        }
        decays = false;
    }

    /** Forgets everything: the regions are leaving. */
    void forget() {
        group = NONE;
        free = 0;
        keptPages = 0;
        recent = null;
        Arrays.fill(slotFree, 0);
        decays = false;
    }

    private void putSlotBack(int slot, int epoch) {
        Region of = Objects.requireNonNull(slotRegion[slot]);
        putRunsBack(of, slotGroup[slot] << GROUP_SHIFT, slotFree[slot], epoch);
        slotFree[slot] = 0;
    }

    private static void putRunsBack(Region of, long start, long pages, int epoch) {
        for (long left = pages; left != 0; left = withoutRun(left)) {
            int first = Long.numberOfTrailingZeros(left);
            of.free(start + first, start + endOfRun(left, first), epoch);
        }
    }

    private static void rejoinRuns(Region of, long start, long pages, int epoch) {
        for (long left = pages; left != 0; left = withoutRun(left)) {
            int first = Long.numberOfTrailingZeros(left);
            of.rejoin(start + first, start + endOfRun(left, first), epoch);
        }
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
