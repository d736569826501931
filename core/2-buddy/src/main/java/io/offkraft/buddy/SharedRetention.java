// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Locking;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.SharedAtomics;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Gives back to the operating system what lay free for the decay time, as {@link Retention} does,
 * of {@link LockFreePages}: it takes chunks and pages as any other thread would, asks the kernel,
 * and puts them back.
 *
 * <p><b>Thread safety:</b> any thread. <b>Progress:</b> that of the system calls; nobody waits for
 * it but who finds nothing free, who asks for {@link #pause}, and who gives all back.
 */
final class SharedRetention implements Decay.Ticking {
    /** Pages that are taken at once to be given back: 8 words of bits. */
    private static final long GROUP_PAGES = 512;

    private final LockFreePages pages;
    private final Decay decay;
    private final BooleanSupplier user;
    private final boolean pagesDecay;
    private final AtomicBoolean armed = new AtomicBoolean();
    private final AtomicInteger epoch = new AtomicInteger();

    /**
     * Held by the clock while it works, also across system calls: to close the allocator in the
     * middle of one is what it prevents.
     */
    private final ExclusiveLock working =
            Synchronization.MUTEX.newLock(LockClass.acrossSystemCalls("page retention"));

    SharedRetention(LockFreePages pages, BuddyBuilder builder) {
        this.pages = pages;
        decay = new Decay(builder.decay);
        user = builder.user;
        pagesDecay = builder.hugePages != HugePages.ASKED;
    }

    int epoch() {
        return epoch.get();
    }

    /** Returns the stamp of what becomes free now and has not been used for long. */
    int agedEpoch() {
        return epoch.get() - Decay.TICKS;
    }

    /** After a call that may have left memory over. */
    void afterCall() {
        // volatile: pairs with the set in onClock. Either we see that the clock stands, or it sees
        // what we gave back before we looked.
        if (!armed.get()) {
            afterCallSlow();
        }
    }

    private void afterCallSlow() {
        if (decay.isImmediate()) {
            if (anyLeft()) {
                SharedAtomics.count();
                giveBackSince(epoch.getAndIncrement(), pagesDecay);
            }
        } else if (anyLeft() && tryArm()) {
            decay.schedule(this);
        }
    }

    /** Sets the clock; false if it runs already. */
    private boolean tryArm() {
        SharedAtomics.count();
        return armed.compareAndSet(false, true);
    }

    @Override
    public boolean onClock() {
        boolean userWantsMore = user.getAsBoolean();
        Locking.lock(working);
        try {
            pages.words().releaseAll();
            SharedAtomics.count();
            giveBackSince(epoch.incrementAndGet() - Decay.TICKS, pagesDecay);
            if (userWantsMore || anyLeft()) {
                return true;
            }
            armed.set(false);
            return anyLeft() && tryArm();
        } finally {
            Locking.unlock(working);
        }
    }

    /** Keeps the clock from working until {@link #resume}. */
    void pause() {
        Locking.lock(working);
    }

    void resume() {
        Locking.unlock(working);
    }

    /** Gives back everything that is free by now, however young. */
    void giveBackAll() {
        Locking.lock(working);
        giveBackAllAndUnlock();
    }

    /** The same, unless the clock is at it. */
    void tryGiveBackAll() {
        if (Locking.tryLock(working)) {
            giveBackAllAndUnlock();
        }
    }

    private void giveBackAllAndUnlock() {
        try {
            pages.words().releaseAll();
            SharedAtomics.count();
            giveBackSince(epoch.getAndIncrement(), true);
        } finally {
            Locking.unlock(working);
        }
    }

    private boolean anyLeft() {
        for (SharedRegion region : pages.regions()) {
            if (region.onDemand
                    && (!region.retained.isEmpty() || (pagesDecay && !region.dirty.isEmpty()))) {
                return true;
            }
        }
        return pages.places().anyReserved();
    }

    private void giveBackSince(int epochLimit, boolean pagesToo) {
        pages.traffic().wanted = false;
        int place = pages.places().current();
        for (SharedRegion region : pages.regions()) {
            if (region.onDemand) {
                giveBackChunks(region, place, epochLimit);
                if (pagesToo) {
                    discardPages(region, place, epochLimit);
                }
            }
        }
    }

    // ---- Whole chunks. ----

    private static void giveBackChunks(SharedRegion region, int place, int epochLimit) {
        long chunk = region.retained.firstFromOrMinus1(0);
        while (chunk >= 0) {
            region.search.forgetRetained(chunk);
            long end = chunk + 1;
            if (isDue(region.word(chunk), epochLimit)) {
                region.places.open(place);
                try {
                    end = giveBackRun(region, place, chunk, epochLimit);
                } finally {
                    region.places.close(place);
                }
                if (end == chunk) {
                    return; // refused: the others wait for the next occasion, too
                }
            }
            chunk = region.retained.firstFromOrMinus1(end);
        }
    }

    private static long giveBackRun(SharedRegion region, int place, long first, int epochLimit) {
        long most = Math.max(1, Retention.BATCH_PAGES >>> region.order);
        long end = first;
        while (end < region.chunks && end < first + most && tryHoldDue(region, end, epochLimit)) {
            end++;
        }
        if (end == first) {
            return first + 1;
        }
        long gone = first;
        try {
            gone = region.memory.decommit(first, end);
        } finally {
            for (long chunk = first; chunk < end; chunk++) {
                boolean isGone = chunk < gone;
                long free =
                        isGone
                                ? ChunkWord.EMPTY
                                : ChunkWord.retained(gone > first ? epochLimit : region.epoch());
                region.setWord(chunk, free);
                region.noteFree(chunk, free);
                region.search.forgetRetained(chunk);
            }
            region.places.add(place, Places.RETURNS, 1);
        }
        return gone;
    }

    private static boolean tryHoldDue(SharedRegion region, long chunk, int epochLimit) {
        long word = region.word(chunk);
        return isDue(word, epochLimit) && region.tryHold(chunk, word);
    }

    private static boolean isDue(long word, int epochLimit) {
        return ChunkWord.isRetained(word) && ChunkWord.epoch(word) - epochLimit <= 0;
    }

    // ---- Free pages of chunks in use. ----

    private void discardPages(SharedRegion region, int place, int epochLimit) {
        int now = epoch.get();
        long chunk = region.dirty.firstFromOrMinus1(0);
        for (; chunk >= 0; chunk = region.dirty.firstFromOrMinus1(chunk + 1)) {
            region.dirty.remove(chunk); // before the look: who frees later adds it again
            if (ChunkWord.free(region.word(chunk), region.chunkPages) == 0
                    || ChunkWord.isRetained(region.word(chunk))) {
                continue; // a whole chunk decays as such, and is dirty again when it is broken
            }
            boolean left = false;
            long end = (chunk + 1) << region.order;
            for (long page = chunk << region.order; page < end; page += GROUP_PAGES) {
                PageGroup group = new PageGroup(region, page, Math.min(end, page + GROUP_PAGES));
                region.places.open(place);
                try {
                    left |= group.discard(place, now, now - epochLimit);
                } finally {
                    region.places.close(place);
                }
            }
            if (left) {
                region.dirty.add(chunk);
            }
        }
    }
}
