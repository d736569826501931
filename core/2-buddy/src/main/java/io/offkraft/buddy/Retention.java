// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.config.OffkraftConfig;
import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.Locking;
import io.offkraft.sync.Synchronization;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;
import java.util.function.BooleanSupplier;
import java.util.function.LongUnaryOperator;

/**
 * Gives back to the operating system what lay free for the decay time: whole chunks, which are
 * decommitted, and the free pages of chunks that are partly in use, which are discarded.
 *
 * <p>What becomes free is stamped with the current epoch. The clock, {@link Decay}, moves the epoch
 * on; what is stamped {@link Decay#TICKS} epochs ago loses its memory. That goes in steps. A step
 * takes neighbouring chunks, or the free blocks of one group of pages, out of the free blocks,
 * releases the allocator's lock for the system calls, and puts them back; so never more than {@link
 * #BATCH_PAGES} or a chunk are away, and those not for long if somebody wants them ({@link
 * CommitWindow#await}).
 *
 * <p>An allocator without a lock belongs to one thread at a time, which the clock must not disturb.
 * It only raises a flag then, and the owner's next free does what is due.
 */
final class Retention implements Decay.Ticking {
    /** At most so many pages are given back in a step, unless a chunk has more: 16 MiB. */
    static final long BATCH_PAGES = 4096;

    private static final long DONE = -1;

    private final ExclusiveLock lock;
    private final Regions regions;
    private final AtHand hand;
    private final KeptBlock last;
    private final CommitWindow window;
    private final VirtualAddressSpace space;
    private final Decay decay;
    private final BooleanSupplier user;
    private final boolean ownerOnly;
    private final boolean pagesDecay;
    private final boolean isImmediate;
    private int epoch; // guarded by the lock

    /** With {@link #ownerOnly}: set by the clock, taken back by the owner, who alone acts on it. */
    private volatile boolean due;

    Retention(
            ExclusiveLock lock,
            Regions regions,
            AtHand hand,
            KeptBlock last,
            CommitWindow window,
            BuddyBuilder builder) {
        this.lock = lock;
        this.regions = regions;
        this.hand = hand;
        this.last = last;
        this.window = window;
        space = builder.space;
        decay = new Decay(builder.decay);
        isImmediate = decay.isImmediate();
        user = builder.user;
        pagesDecay = builder.hugePages != HugePages.ASKED;
        ownerOnly = !OffkraftConfig.SMP || builder.synchronization == Synchronization.NONE;
    }

    /** Under the lock: the stamp of what becomes free now. */
    int epoch() {
        return epoch;
    }

    /** Under the lock: the stamp of what becomes free now and has not been used for long. */
    int agedEpoch() {
        return epoch - Decay.TICKS;
    }

    /**
     * Under the lock, after a free: returns whether {@link #start} must be called once the lock is
     * released.
     */
    boolean mustStart() {
        return isImmediate ? anyLeft() : mustStartClock();
    }

    /**
     * The same after a page was kept in a group that was open before. The clock runs since then, as
     * {@link AtHand#decays} keeps it from being disarmed; but where the memory is the owner's to
     * give back, it may have struck.
     */
    boolean isDue() {
        return due;
    }

    /** The same after an allocation, which may have left memory over. */
    boolean mustStartClock() {
        return due || (!decay.isArmed() && anyLeft() && decay.arm());
    }

    private boolean anyLeft() {
        return hand.decays() || last.decays() || regions.anyForDecay(pagesDecay);
    }

    /** Without the lock: gives back at once if there is no delay or it has passed, else waits. */
    void start() {
        if (decay.isImmediate()) {
            giveBackSince(nextEpoch() - 1, pagesDecay);
        } else if (!due) {
            decay.schedule(this);
        } else {
            due = false;
            if (tick()) {
                decay.schedule(this);
            }
        }
    }

    @Override
    public boolean onClock() {
        if (ownerOnly) {
            due = true;
            return false;
        }
        return tick();
    }

    /**
     * Moves the epoch on and gives back what is old enough.
     *
     * @return whether another tick is needed
     */
    private boolean tick() {
        int now = nextEpoch();
        boolean userWantsMore = user.getAsBoolean();
        giveBackSince(now - Decay.TICKS, pagesDecay);
        Locking.lock(lock);
        try {
            boolean more = userWantsMore || anyLeft();
            if (!more) {
                decay.disarm();
            }
            return more;
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Without the lock: gives back everything that is free by now, however young. */
    void giveBackFree() {
        giveBackSince(nextEpoch() - 1, true);
    }

    /**
     * The same; waits for the step that the clock is in, and looks once more, as that may have
     * stopped in the middle.
     */
    void giveBackAll() {
        giveBackFree();
        if (!isImmediate && hasAwaitedTheClock()) {
            giveBackFree();
        }
    }

    /** Waits while somebody else gives memory back; returns whether somebody did. */
    private boolean hasAwaitedTheClock() {
        Locking.lock(lock);
        try {
            return window.awaitGivenBack();
        } finally {
            Locking.unlock(lock);
        }
    }

    private int nextEpoch() {
        Locking.lock(lock);
        try {
            last.putBack(epoch);
            hand.flush(epoch); // what is at hand became free in the epoch that ends
            return ++epoch;
        } finally {
            Locking.unlock(lock);
        }
    }

    private void giveBackSince(int epochLimit, boolean pagesToo) {
        sweep(page -> giveBackChunks(page, epochLimit));
        if (pagesToo) {
            sweep(page -> discardPages(page, epochLimit));
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // whoever wants the lock may have it before the rest
    private void sweep(LongUnaryOperator stepFrom) {
        for (long page = 0; page != DONE; Thread.yield()) {
            Locking.lock(lock);
            try {
                page = stepFrom.applyAsLong(page);
            } finally {
                Locking.unlock(lock);
            }
        }
    }

    /**
     * Returns where to go on; {@link #DONE} if there is nothing more, or if the kernel refused:
     * then the others wait for the next occasion, too.
     */
    private long giveBackChunks(long page, int epochLimit) {
        for (Region region : regions.all()) {
            CommitChunks chunks = region.chunks;
            if (chunks != null && page < region.endPage) {
                long start = chunks.retainedSinceOrMinus1(page, epochLimit);
                if (start >= 0) {
                    return giveBackRun(region, chunks, start, epochLimit);
                }
            }
        }
        return DONE;
    }

    private long giveBackRun(Region region, CommitChunks chunks, long start, int epochLimit) {
        long chunkPages = PageOrder.pages(chunks.order);
        long limit = start + Math.max(chunkPages, BATCH_PAGES);
        long end = chunks.endOfRetainedSince(start, epochLimit, limit);
        for (long chunk = start; chunk < end; chunk += chunkPages) {
            region.carve(chunk, chunks.order);
        }
        long gone = start;
        try {
            gone = window.decommit(chunks, start, end);
        } finally {
            region.free(start, gone, epoch);
            region.free(gone, end, gone > start ? epochLimit : epoch);
        }
        return gone > start ? gone : DONE;
    }

    private long discardPages(long page, int epochLimit) {
        for (Region region : regions.all()) {
            CommitChunks chunks = region.chunks;
            if (chunks != null && page < region.endPage) {
                long group = chunks.ages.groupSinceOrMinus1(page, epochLimit);
                if (group >= 0) {
                    return discardGroup(region, chunks, group, epochLimit);
                }
            }
        }
        return DONE;
    }

    private long discardGroup(Region region, CommitChunks chunks, long group, int epochLimit) {
        AgedBlocks blocks = AgedBlocks.take(region, chunks, group, epoch, epoch - epochLimit);
        if (!window.discard(blocks, space)) {
            return DONE;
        }
        long next = (blocks.isDone() ? group + 1 : group) << PageAges.GROUP_ORDER;
        return Math.min(next, region.endPage);
    }
}
