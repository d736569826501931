// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.Locking;
import io.offkraft.word.PageOrder;
import java.time.Duration;

/**
 * Gives back to the operating system what lay free for the decay time.
 *
 * <p>A chunk that becomes wholly free is stamped with the current epoch. The clock, {@link Decay},
 * moves the epoch on; chunks whose stamp is {@link Decay#TICKS} behind lose their memory, one at a
 * time, with the allocator's lock released for the system call.
 */
final class Retention {
    private final ExclusiveLock lock;
    private final Regions regions;
    private final CommitWindow window;
    private final Decay decay;
    private int epoch; // guarded by the lock

    Retention(ExclusiveLock lock, Regions regions, CommitWindow window, Duration time) {
        this.lock = lock;
        this.regions = regions;
        this.window = window;
        decay = new Decay(time);
    }

    /** Under the lock: the stamp of a chunk that becomes free now. */
    int epoch() {
        return epoch;
    }

    /**
     * Under the lock, after a free: returns whether {@link #start} must be called once the lock is
     * released.
     */
    boolean mustStart() {
        return regions.retainedPages() > 0 && (decay.isImmediate() || decay.arm());
    }

    /** Without the lock: gives back at once if there is no delay, else starts the clock. */
    void start() {
        if (decay.isImmediate()) {
            giveBackAll();
        } else {
            decay.schedule(this);
        }
    }

    /**
     * On the decay thread: moves the epoch on and gives back what is old enough.
     *
     * @return whether another tick is needed
     */
    boolean tick() {
        int oldEnough;
        Locking.lock(lock);
        try {
            epoch++;
            oldEnough = epoch - Decay.TICKS;
        } finally {
            Locking.unlock(lock);
        }
        giveBackSince(oldEnough);
        Locking.lock(lock);
        try {
            boolean more = regions.retainedPages() > 0;
            if (!more) {
                decay.disarm();
            }
            return more;
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Without the lock: gives back every retained chunk, however young. */
    void giveBackAll() {
        giveBackSince(Integer.MAX_VALUE / 2);
    }

    private void giveBackSince(int epochLimit) {
        boolean more = true;
        while (more) {
            Locking.lock(lock);
            try {
                more = giveBackOne(epochLimit);
            } finally {
                Locking.unlock(lock);
            }
        }
    }

    /**
     * Returns false if there is none, or if the kernel refused it: then the others wait for the
     * next occasion, too.
     */
    private boolean giveBackOne(int epochLimit) {
        for (Region region : regions.all()) {
            CommitChunks chunks = region.chunks;
            long page = chunks == null ? -1 : chunks.retainedSinceOrMinus1(epochLimit);
            if (chunks != null && page >= 0) {
                region.carve(page, chunks.order);
                boolean gone = window.decommit(chunks, page);
                region.free(page, page + PageOrder.pages(chunks.order), epoch);
                return gone;
            }
        }
        return false;
    }
}
