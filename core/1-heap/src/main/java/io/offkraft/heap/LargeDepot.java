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
 * some at once; of the threads that free, each puts one at a time. A heap with one user puts
 * nothing in. (A depot between per-CPU magazines: Bonwick and Adams 2001.)
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
    private boolean shut;

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

    /** Puts a block in; returns whether there was room. */
    boolean tryPut(long word) {
        Locking.lock(lock);
        try {
            int pages = LargeCache.pages(word);
            if (shut || !hasRoomFor(pages)) {
                return false;
            }
            words[count++] = word;
            pagesOfAll += pages;
            return true;
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
            long address = takeLastOr0(wanted);
            if (address != 0) {
                takes++;
                fill(stripe.large(), wanted);
            }
            return address;
        } finally {
            Locking.unlock(lock);
        }
    }

    private void fill(LargeCache cache, long wanted) {
        for (int more = 1; more < BATCH; more++) {
            long address = takeLastOr0(wanted);
            if (address == 0) {
                return;
            }
            if (!cache.tryPut(address, wanted)) {
                words[count++] = address + wanted;
                pagesOfAll += (int) wanted;
                return;
            }
        }
    }

    /** Takes the block of so many pages that was put last. */
    private long takeLastOr0(long wanted) {
        for (int place = count - 1; place >= 0; place--) {
            if (LargeCache.pages(words[place]) == wanted) {
                return LargeCache.address(takeAt(place));
            }
        }
        return 0;
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

    /** The heap is closed: nothing is in here, and never will be. */
    void shut() {
        Locking.lock(lock);
        shut = true;
        count = 0;
        pagesOfAll = 0;
        Locking.unlock(lock);
    }
}
