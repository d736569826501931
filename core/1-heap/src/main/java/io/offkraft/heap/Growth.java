// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.SharedAtomics;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;

/**
 * When a heap that becomes larger than it ever was first gives back what lies free.
 *
 * <p>Memory that was freed stays resident until it decays, so that who takes it again need not
 * fault it in. A heap that grows takes other memory meanwhile, where what is free does not fit: its
 * resident set would be what it holds and all that it held before. So each time that it has grown
 * by a 256th part beyond its peak, it gives back what is free and was hardly used lately, which
 * {@link StripeUse} tells. One that goes up and down below its peak never does.
 *
 * <p>What grows is what may be resident: the pages held, but for those of slabs in use that were
 * given back and not taken since ({@link SlabTable#barePages}).
 *
 * <p><b>Thread safety:</b> any thread.
 */
final class Growth {
    private static final int STEP_DIVISOR = 256;
    private static final long LEAST_STEP_PAGES = 4;

    private final LongConsumer giveBack;
    private final AtomicBoolean busy = new AtomicBoolean();

    /** The pages above which the next step is due. A hint: written by who is busy. */
    private volatile long limitPages = LEAST_STEP_PAGES;

    /**
     * Makes a heap's; {@code giveBack} is called with the pages, without a guard, by one thread at
     * a time.
     */
    Growth(LongConsumer giveBack) {
        this.giveBack = giveBack;
    }

    /** Notes that {@code pages} of the heap may soon be resident. Without a guard. */
    void reach(long pages) {
        if (pages > limitPages && tryBegin()) {
            try {
                limitPages = pages + Math.max(LEAST_STEP_PAGES, pages / STEP_DIVISOR);
                giveBack.accept(pages);
            } finally {
                busy.set(false);
            }
        }
    }

    /** Acquires what who was busy before wrote, and released by not being it any more. */
    private boolean tryBegin() {
        SharedAtomics.count();
        return busy.compareAndSet(false, true);
    }
}
