// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

/**
 * What a page allocator did and has, at one instant: all figures are of the same moment.
 *
 * @param allocations blocks handed out since the beginning; a block that a partial free cut in two
 *     counts once more
 * @param frees blocks given back since the beginning, so that allocations - frees is the number of
 *     live blocks
 * @param failedAllocations requests that got no block
 * @param totalPages pages of all regions
 * @param availablePages pages that are free
 * @param allocatedPages pages in blocks that callers hold
 * @param peakAllocatedPages the highest value of {@code allocatedPages} so far
 * @param committedPages pages that carry memory, of the regions that commit on demand
 * @param retainedPages committed pages that are free in whole chunks, waiting for their decay
 * @param commits system calls that committed memory
 * @param decommits system calls that gave back the memory of wholly free chunks, of one or of
 *     several that follow each other
 * @param discards system calls that gave back the memory of free pages in chunks partly in use,
 *     which stay committed
 * @param discardedPages the pages of those calls
 * @param refusals system calls of both kinds that the kernel refused; the memory stays until the
 *     next occasion
 */
public record PageStatistics(
        long allocations,
        long frees,
        long failedAllocations,
        long totalPages,
        long availablePages,
        long allocatedPages,
        long peakAllocatedPages,
        long committedPages,
        long retainedPages,
        long commits,
        long decommits,
        long discards,
        long discardedPages,
        long refusals) {

    /** Returns the system calls that changed what memory there is. */
    long systemCalls() {
        return commits + decommits + discards;
    }
}
