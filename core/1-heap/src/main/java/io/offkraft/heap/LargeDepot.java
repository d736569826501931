// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Locking;
import io.offkraft.sync.Synchronization;

/**
 * Large blocks on their way from the threads that free them to those that ask for such: what the
 * cache of a stripe has no room for, while another stripe finds too little in its own.
 *
 * <p>So a producer's blocks come back from its consumer without the page allocator. Who asks takes
 * some at once, and who frees puts some at once. A heap with one user puts nothing in. (A depot
 * between per-CPU magazines: Bonwick and Adams 2001.)
 *
 * <p><b>Thread safety:</b> any thread. The lock is the innermost: it may be taken under a stripe's
 * guard.
 */
final class LargeDepot {
    /** The most blocks. */
    static final int BLOCKS = 64;

    /** The most pages of all of them: 4 MiB. */
    static final int PAGES = 1024;

    /** What who asks takes at once, at most: one to use, and the others for its own cache. */
    static final int BATCH = 8;

    private static final int NOBODY = -1;

    private final ExclusiveLock lock;

    // Under the lock; and read without it, as a hint, where that says so.

    /** Address and pages of a block each, as in {@link LargeCache}. */
    private final long[] words = new long[BLOCKS];

    private int count;
    private int pagesOfAll;
    private long takes;

    /** The stripe that found too little last. */
    private int wanting = NOBODY;

    LargeDepot(Synchronization synchronization) {
        lock = synchronization.newLock(LockClass.named("large depot"));
    }

    /**
     * Returns whether a block of {@code pages} pages that is freed by the user of a stripe is
     * likely to be taken by another one. Without the lock.
     */
    boolean wants(int stripe, long pages) {
        int asked = wanting;
        return asked != NOBODY && asked != stripe && hasRoomFor(pages);
    }

    private boolean hasRoomFor(long pages) {
        return pages <= LargeCache.PAGES && count < BLOCKS && pages <= PAGES - pagesOfAll;
    }

    /**
     * Puts some blocks in from the cache of a stripe, which has no room, while there is some here.
     * With the stripe's guard.
     */
    void putSome(LargeCache cache) {
        Locking.lock(lock);
        try {
            for (int left = Math.min(BATCH, BLOCKS - count); left > 0; left--) {
                long word = cache.takeAnyOr0(PAGES - pagesOfAll);
                if (word == 0) {
                    return;
                }
                words[count++] = word;
                pagesOfAll += LargeCache.pages(word);
            }
        } finally {
            Locking.unlock(lock);
        }
    }

    /**
     * Takes a block of {@code wanted} pages, and puts more of them into the cache of the stripe
     * while there is room. With the stripe's guard.
     *
     * @return the block's address, or 0 if there is none
     */
    long takeOr0(Stripe stripe, long wanted) {
        if (wanted > LargeCache.PAGES || (count == 0 && wanting == stripe.index())) {
            return 0;
        }
        Locking.lock(lock);
        try {
            wanting = stripe.index();
            return takeSomeOr0(stripe.large(), wanted);
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Those of so many pages that were put last: one to return, and others for the cache. */
    private long takeSomeOr0(LargeCache cache, long wanted) {
        long first = 0;
        int left = BATCH;
        for (int place = count - 1; place >= 0 && left > 0; place--) {
            if (LargeCache.pages(words[place]) == wanted) {
                long address = LargeCache.address(words[place]);
                if (first == 0) {
                    first = address;
                    takes++;
                } else if (!cache.tryPut(address, wanted)) {
                    break;
                }
                var _ = takeAt(place); // the last one comes here, and was looked at
                left--;
            }
        }
        for (int place = count - 1; first != 0 && place >= 0 && left > 0; place--, left--) {
            long word = words[place];
            if (!cache.tryPut(LargeCache.address(word), LargeCache.pages(word))) {
                break;
            }
            var _ = takeAt(place);
        }
        return first;
    }

    private long takeAt(int place) {
        long word = words[place];
        words[place] = words[--count];
        pagesOfAll -= LargeCache.pages(word);
        return word;
    }

    /** From now on nobody is known to want a block, until somebody asks. */
    void rest() {
        Locking.lock(lock);
        wanting = NOBODY;
        Locking.unlock(lock);
    }

    /** Takes any block: its address and pages; or 0. */
    long takeAnyOr0() {
        Locking.lock(lock);
        try {
            return count == 0 ? 0 : takeAt(count - 1);
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Returns how often blocks were taken by who asked. Without the lock, a hint. */
    long takes() {
        return takes;
    }

    /** Returns the pages of all blocks. Without the lock, a hint. */
    int pagesOfAll() {
        return pagesOfAll;
    }

    /** The heap is closed: nothing is in here. After its stripes were shut. */
    void shut() {
        Locking.lock(lock);
        count = 0;
        pagesOfAll = 0;
        Locking.unlock(lock);
    }
}
