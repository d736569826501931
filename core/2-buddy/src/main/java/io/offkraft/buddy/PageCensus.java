// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.word.PageOrder;
import io.offkraft.word.SchedulePoint;

/**
 * Counts and checks what {@link SharedRegion}s have, chunk by chunk.
 *
 * <p>Exact if nothing changes meanwhile; it waits for operations that are open, a second at most.
 */
final class PageCensus {
    private static final long PATIENCE_NANOS = 1_000_000_000;

    private final SharedRegion[] regions;
    private final Places places;
    private final WordBlocks words;
    private final PageTraffic traffic;

    PageCensus(SharedRegion[] regions, WordBlocks words, Places places, PageTraffic traffic) {
        this.regions = regions;
        this.places = places;
        this.words = words;
        this.traffic = traffic;
        long deadline = SchedulePoint.nanoTime() + PATIENCE_NANOS;
        while (places.anyOpen() && SchedulePoint.nanoTime() - deadline < 0) {
            SchedulePoint.offerCpu();
        }
    }

    PageStatistics statistics() {
        long allocations = places.sum(Places.ALLOCATIONS);
        long blocks = 0;
        long total = 0;
        long available = words.pagesAtHand();
        long committed = 0;
        long retained = 0;
        for (SharedRegion region : regions) {
            allocations += region.timesTaken() + region.takes();
            blocks += region.blocks();
            total += region.endPage - region.firstPage;
            for (long chunk = 0; chunk < region.chunks; chunk++) {
                long word = region.word(chunk);
                available += freePages(region, word);
                if (region.onDemand) {
                    committed += ChunkWord.isCommitted(word) ? region.chunkPages : 0;
                    retained += ChunkWord.isRetained(word) ? region.chunkPages : 0;
                }
            }
        }
        long allocated = total - available;
        return new PageStatistics(
                allocations,
                allocations - blocks, // what was handed out and is no more
                traffic.failedAllocations.get(),
                total,
                available,
                allocated,
                traffic.peak(allocated),
                committed,
                retained,
                traffic.commits.get(),
                traffic.decommits.get(),
                traffic.discards.get(),
                traffic.discardedPages.get(),
                traffic.refusals.get());
    }

    private static long freePages(SharedRegion region, long word) {
        return ChunkWord.isHeld(word) ? 0 : region.chunkPages - ChunkWord.used(word);
    }

    /** Returns the pages of the largest free block by the buddy rule, or 0. */
    long largestFree() {
        for (int order = Region.MAX_ORDER; order >= 0; order--) {
            if (freeBlocks(order) > 0) {
                return PageOrder.pages(order);
            }
        }
        return 0;
    }

    /** Returns the aligned free runs of 2^order pages that are not halves of a larger one. */
    long freeBlocks(int order) {
        long blocks = 0;
        for (SharedRegion region : regions) {
            int maxOrder =
                    Math.min(
                            Region.MAX_ORDER, PageOrder.fitting(region.endPage - region.firstPage));
            long step = order > maxOrder ? 0 : PageOrder.pages(order);
            long page = step == 0 ? region.endPage : (region.firstPage + step - 1) & -step;
            for (; page + step <= region.endPage; page += step) {
                boolean free = step > 0 && isFree(region, page, order);
                if (free && (order == maxOrder || !isFree(region, page & -(2 * step), order + 1))) {
                    blocks++;
                }
                if (step == 0) {
                    break;
                }
            }
        }
        return blocks;
    }

    private static boolean isFree(SharedRegion region, long page, int order) {
        long end = page + PageOrder.pages(order);
        if (page < region.firstPage || end > region.endPage) {
            return false;
        }
        for (long at = page - region.basePage; at < end - region.basePage; ) {
            long chunkEnd = ((at >>> region.order) + 1) << region.order;
            long partEnd = Math.min(end - region.basePage, chunkEnd);
            long word = region.word(at >>> region.order);
            if (ChunkWord.isHeld(word)
                    || (!ChunkWord.isWhole(word) && !region.bits.areFree(at, partEnd))) {
                return false;
            }
            at = partEnd;
        }
        return true;
    }

    /** Checks what holds while nobody changes anything and no page is at hand: true or an error. */
    boolean validate() {
        for (SharedRegion region : regions) {
            for (long chunk = 0; chunk < region.chunks; chunk++) {
                validateChunk(region, chunk);
            }
            validateBlocks(region);
        }
        return true;
    }

    private static void validateChunk(SharedRegion region, long chunk) {
        long word = region.word(chunk);
        long taken = region.bits.taken(chunk);
        check(
                taken == (ChunkWord.isHeld(word) ? 0 : ChunkWord.used(word)),
                "bits and counter agree",
                region,
                chunk);
        if (ChunkWord.isRetained(word)) {
            check(region.retained.contains(chunk), "found when whole", region, chunk);
        } else if (ChunkWord.free(word, region.chunkPages) > 0) {
            check(region.partial.contains(chunk), "found when in use", region, chunk);
        }
    }

    private static void validateBlocks(SharedRegion region) {
        long end = region.endPage - region.basePage;
        long page = region.firstPage - region.basePage;
        while (page < end) {
            long length = region.blocks.lengthOr0(page);
            if (length == 0) {
                check(!isTaken(region, page), "taken pages are in blocks", region, page);
                page++;
            }
            for (; length > 0; length--) {
                check(isTaken(region, page), "pages of blocks are taken", region, page);
                page++;
            }
        }
    }

    private static boolean isTaken(SharedRegion region, long page) {
        return ChunkWord.isHeld(region.word(page >>> region.order)) || region.bits.isTaken(page);
    }

    private static void check(boolean holds, String invariant, SharedRegion region, long at) {
        if (!holds) {
            throw new AssertionError(invariant + ": " + at + " of " + region);
        }
    }
}
