// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

/** The counters behind {@link PageStatistics}; guarded by the allocator's lock. */
final class PageCounts {
    private long allocations;
    private long frees;
    private long failedAllocations;
    private long allocatedPages;
    private long peakAllocatedPages;
    private long commits;
    private long decommits;
    private long discards;
    private long discardedPages;
    private long refusals;

    void handedOut(long pages) {
        allocations++;
        grew(pages);
    }

    void grew(long pages) {
        allocatedPages += pages;
        if (allocatedPages > peakAllocatedPages) {
            peakAllocatedPages = allocatedPages;
        }
    }

    void gaveBack(long pages, boolean wholeBlock) {
        frees += wholeBlock ? 1 : 0;
        allocatedPages -= pages;
    }

    /** A block that was given back in part became two. */
    void split() {
        allocations++;
    }

    void failed() {
        failedAllocations++;
    }

    void committed(int calls) {
        commits += calls;
    }

    void decommitted() {
        decommits++;
    }

    void discarded(int calls, long pages) {
        discards += calls;
        discardedPages += pages;
    }

    /** The kernel did not take memory back. */
    void refused() {
        refusals++;
    }

    PageStatistics snapshot(Regions regions) {
        return new PageStatistics(
                allocations,
                frees,
                failedAllocations,
                regions.pages(),
                regions.freePages(),
                allocatedPages,
                peakAllocatedPages,
                regions.committedPages(),
                regions.retainedPages(),
                commits,
                decommits,
                discards,
                discardedPages,
                refusals);
    }
}
