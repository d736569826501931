// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

/**
 * The free pages of a few words of bits that carry memory for long enough, taken while it is given
 * back.
 *
 * <p><b>Thread safety:</b> for one thread; made for one call.
 */
final class PageGroup {
    private final SharedRegion region;
    private final long start;
    private final long end;

    PageGroup(SharedRegion region, long start, long end) {
        this.region = region;
        this.start = start;
        this.end = end;
    }

    /**
     * Gives the memory of free pages of {@code minAge} epochs or more back.
     *
     * @return whether free pages with memory are left
     */
    boolean discard(int place, int epoch, int minAge) {
        boolean left = false;
        long runStart = -1;
        long runEnd = -1;
        for (long page = start; page < end; page = region.bits.next(page)) {
            long free = region.bits.freeAround(page);
            for (; free != 0; free &= free - 1) {
                long candidate = region.bits.wordStart(page) + Long.numberOfTrailingZeros(free);
                int age = region.age(candidate, epoch);
                if (age == PageAges.CLEAN) {
                    continue;
                }
                if (age < minAge || !tryTake(candidate)) {
                    left = true;
                } else if (candidate == runEnd) {
                    runEnd++;
                } else {
                    left |= !discardRun(place, runStart, runEnd);
                    runStart = candidate;
                    runEnd = candidate + 1;
                }
            }
        }
        return !discardRun(place, runStart, runEnd) || left;
    }

    private boolean tryTake(long page) {
        long chunk = page >>> region.order;
        if (!region.tryReserve(chunk, 1)) {
            return false;
        }
        long left = region.bits.take(page, page + 1);
        region.unreserve(chunk, left, region.epoch());
        return left == 0;
    }

    private boolean discardRun(int place, long from, long to) {
        if (from < 0) {
            return true;
        }
        boolean gone = region.memory.discard(from, to);
        if (gone) {
            region.cleaned(from, to);
        }
        region.putBack(place, from, to);
        return gone;
    }
}
