// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.word.PageOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The block that was handed out last: if it is given back next, it is kept for a moment instead of
 * being merged.
 *
 * <p>As long as nothing else became free meanwhile ({@link Region#nothingFreed}), a request of its
 * size would get the same block from the merged ones, too.
 *
 * <p>In the block table it stays a block, so that who takes and frees in turn writes nothing there.
 * So before anybody looks into the table, or among the free pages, {@link #putBack} comes. Guarded
 * by the allocator's lock.
 */
final class KeptBlock {
    private final boolean on;

    /** That of the block handed out last; null if none is known. */
    private @Nullable Region region;

    private long address;
    private long pages;

    /** Whether it was given back. */
    private boolean kept;

    KeptBlock(boolean on) {
        this.on = on;
    }

    /**
     * A block was handed out of the merged ones; single pages are {@link AtHand}'s. While it got
     * memory the one before may have been kept.
     */
    void handedOut(Region of, long page, long pages, int epoch) {
        putBack(epoch);
        if (on) {
            of.nothingFreed = true;
            region = pages > 1 ? of : null;
            address = page << PageOrder.PAGE_SHIFT;
            this.pages = pages;
        }
    }

    /**
     * Hands the kept block out again, if it has {@code wanted} pages and is aligned to 2^{@code
     * alignmentOrder} pages.
     *
     * @return its address, or 0
     */
    long takeOr0(long wanted, int alignmentOrder) {
        if (!kept || pages != wanted || !isAligned(alignmentOrder) || !isNext()) {
            return 0;
        }
        kept = false;
        return address;
    }

    private boolean isAligned(int order) {
        int own = Long.numberOfTrailingZeros(address) - PageOrder.PAGE_SHIFT;
        return Integer.compareUnsigned(order, own) <= 0;
    }

    /** Returns whether the merged blocks would give this one: nothing became free since. */
    private boolean isNext() {
        Region of = region;
        return of != null && of.nothingFreed;
    }

    /** Takes a block back and keeps it; returns whether it did: it may not be the last one. */
    boolean tryKeep(long address, long pages) {
        if (this.address != address || this.pages != pages || kept || !isNext()) {
            return false;
        }
        kept = true;
        return true;
    }

    /** Does {@link #tryKeep} for a block whose pages are not told, and returns them; or 0. */
    long tryKeepOr0(long address) {
        return tryKeep(address, pages) ? pages : 0;
    }

    /** Returns whether there is a kept block, whose memory is to go after some time. */
    boolean decays() {
        return kept && Objects.requireNonNull(region).chunks != null;
    }

    /** Gives the kept block to the merged ones. */
    void putBack(int epoch) {
        if (kept) {
            kept = false;
            Region of = Objects.requireNonNull(region);
            long page = address >>> PageOrder.PAGE_SHIFT;
            of.blocks.end(page - of.firstPage);
            of.free(page, page + pages, epoch);
        }
    }

    /** Forgets everything: the regions are leaving. */
    void forget() {
        kept = false;
        region = null;
    }
}
