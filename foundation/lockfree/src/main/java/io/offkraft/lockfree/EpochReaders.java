// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import io.offkraft.sync.LockFault;
import io.offkraft.sync.LockUsageException;
import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many readers are inside, by place and by the parity of the epoch that they entered in: the
 * readers' half of {@link EpochReclaimer}.
 */
final class EpochReaders {
    /*
     * Words, each stride bytes from the next
     *   0        the epoch; only its lowest bit, the parity, matters. Written once a grace period.
     *   1 + p    place p: two longs side by side, readers inside of even and of odd epochs.
     *
     * A reader leaves at the place that its token names, wherever it runs by then. So each count is
     * the exact number of those that entered there and have not left, never below 0, and a count
     * that is 0 at one instant says that all who had entered there have left. Nothing has to be
     * summed, and the order in which places are looked at does not matter.
     */

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    /** Saves a third of the cost of enter and exit. */
    private static final boolean ADDITION_IS_FENCE = "amd64".equals(System.getProperty("os.arch"));

    private static final int EPOCH = PaddedLongs.index(0);
    private static final int FIRST_COUNT = PaddedLongs.index(1);

    /** High half of a token; 0 is nobody's, so that a token that was never set is found out. */
    private static final AtomicInteger LAST_INSTANCE = new AtomicInteger();

    private final long[] words;
    private final int places;
    private final CpuLocator locator;
    private final long instance;

    EpochReaders(CpuLocator locator, int places) {
        this.locator = locator;
        this.places = PaddedLongs.checked(places);
        words = PaddedLongs.of(places + 1);
        SharedAtomics.count();
        instance = ((long) Math.max(1, LAST_INSTANCE.incrementAndGet())) << Integer.SIZE;
    }

    int places() {
        return places;
    }

    /** Counts the caller in; the token is what {@link #exit} wants back. */
    long enter() {
        SchedulePoint.reach();
        // opaque: a parity of before is right too, it only makes the next grace period wait.
        int parity = (int) (long) WORD.getOpaque(words, EPOCH) & 1;
        int index = PaddedLongs.index(1 + locator.among(places)) + parity;
        SchedulePoint.reach();
        SharedAtomics.count();
        WORD.getAndAdd(words, index, 1L);
        fenceAfterCount(); // pairs with the fence of whoever looks at the counts
        return instance | index;
    }

    /**
     * Orders the count before all that the reader loads. An addition on x86 is such a fence itself,
     * and no load is compiled to before it; elsewhere loads that are not volatile might pass.
     */
    private static void fenceAfterCount() {
        if (!ADDITION_IS_FENCE) {
            SharedAtomics.count();
            VarHandle.fullFence();
        }
    }

    /** Counts the caller out. */
    void exit(long token) {
        int index = (int) token;
        SchedulePoint.reach();
        // opaque: what this reader counted itself is in it.
        if ((token ^ index) != instance
                || index < FIRST_COUNT
                || index >= words.length
                || (long) WORD.getOpaque(words, index) <= 0) {
            throw notInside(token);
        }
        SchedulePoint.reach();
        SharedAtomics.count();
        // release: pairs with the load in firstBusy; what the reader did is done.
        WORD.getAndAdd(words, index, -1L);
    }

    private static LockUsageException notInside(long token) {
        return new LockUsageException(
                LockFault.NOT_HOLDER,
                "EpochReclaimer",
                null,
                "exit with token 0x%x, but no reader is inside with it; give back once what enter"
                                .formatted(token)
                        + " of the same reclaimer returned");
    }

    /** Returns the parity that new readers count themselves in with. */
    int parity() {
        return (int) (long) WORD.getVolatile(words, EPOCH) & 1;
    }

    /** Begins the next epoch; by one thread at a time. */
    void beginEpoch() {
        SchedulePoint.reach();
        SharedAtomics.count();
        WORD.setVolatile(words, EPOCH, (long) WORD.getVolatile(words, EPOCH) + 1);
    }

    /**
     * Returns the first place, from {@code place} on, where readers of {@code parity} are inside;
     * {@link #places()} if there are none.
     */
    int firstBusy(int place, int parity) {
        int next = place;
        while (next < places) {
            SchedulePoint.reach();
            // acquire: pairs with exit; whoever was inside is done.
            if ((long) WORD.getVolatile(words, PaddedLongs.index(1 + next) + parity) != 0) {
                return next;
            }
            next++;
        }
        return places;
    }

    /** Returns how many readers are inside: a snapshot, place by place. */
    long inside() {
        long inside = 0;
        for (int place = 0; place < places; place++) {
            int index = PaddedLongs.index(1 + place);
            inside += (long) WORD.getOpaque(words, index); // opaque: a figure for people
            inside += (long) WORD.getOpaque(words, index + 1);
        }
        return inside;
    }
}
