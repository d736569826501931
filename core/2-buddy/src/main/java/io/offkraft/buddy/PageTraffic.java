// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.word.SharedAtomics;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts of what {@link LockFreePages} does seldom: system calls, and requests that failed.
 *
 * <p><b>Thread safety:</b> any thread. <b>Progress:</b> wait-free. <b>Memory effects:</b> those of
 * {@link AtomicLong}; nothing is published by them.
 */
final class PageTraffic {
    final AtomicLong commits = new AtomicLong();
    final AtomicLong decommits = new AtomicLong();
    final AtomicLong discards = new AtomicLong();
    final AtomicLong discardedPages = new AtomicLong();
    final AtomicLong refusals = new AtomicLong();
    final AtomicLong failedAllocations = new AtomicLong();
    private final AtomicLong peakPages = new AtomicLong();

    /**
     * Set by who found nothing free while others had pages in hand, taken back by who gives memory
     * back, and read between its calls. Benign: to see it late costs a call more or less.
     */
    volatile boolean wanted;

    /** Notes how much is allocated; returns the most that was ever noted. */
    long peak(long allocatedPages) {
        SharedAtomics.count();
        return peakPages.accumulateAndGet(allocatedPages, Math::max);
    }
}
