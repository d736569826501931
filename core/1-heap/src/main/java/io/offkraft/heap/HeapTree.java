// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.buddy.HugePages;
import io.offkraft.platform.SystemCalls;
import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Locking;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.SharedAtomics;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a heap and all heaps below it share: the memory, the lock under which their accounts change,
 * and the numbers of their stripes.
 *
 * <p><b>Thread safety:</b> any thread.
 */
final class HeapTree {
    private static final LockClass LOCK = LockClass.named("heap tree");

    final HeapMemory memory;
    final BuddyAllocator buddy;
    final HeapMetadata metadata;
    final Synchronization synchronization;
    final SystemCalls systemCalls;
    final long capacityBytes;
    final boolean keepsFreed;
    final boolean pagesDecay;

    /** By size class: a bin without a block, for stripes that were not asked for that class yet. */
    final Bin[] unused = new Bin[SizeClasses.COUNT];

    /** Guards accounts, sets of runs and numbers of stripes. Nothing is locked inside of it. */
    private final ExclusiveLock lock;

    /** Held by who closes a heap of the tree, so that no memory goes while another one closes. */
    private final Object closing = new Object();

    private final Object ticking = new Object();

    private final AtomicLong lastName = new AtomicLong();

    /** By number. Written under the lock; a place is written before a block of it is known. */
    private volatile @Nullable Stripe[] stripes = new Stripe[4];

    // Under the lock:
    private int[] freeNumbers = {};
    private int freeCount;
    private int highestNumber;

    /** Whether a number ever became free; written under the lock. */
    private volatile boolean recycles;

    /** How many threads have pages in hand that may be about to go back. Written under the lock. */
    private volatile int underWay;

    /** How often pages came back, or turned out not to be had. Written under the lock. */
    private volatile long returns;

    /** The heap above all; null until it is made. */
    private volatile @Nullable Heap root;

    /** Before pages are taken, without a guard. */
    final Growth growth = new Growth(this::onGrowth);

    HeapTree(HeapBuilder builder) {
        capacityBytes = HeapMemory.roundedCapacity(builder.capacityBytes);
        pagesDecay = builder.hugePages != HugePages.ASKED;
        keepsFreed = !builder.decay.isZero();
        synchronization = builder.synchronization;
        systemCalls = builder.systemCalls;
        lock = synchronization.newLock(LOCK);
        memory =
                new HeapMemory(
                        capacityBytes,
                        synchronization,
                        systemCalls,
                        builder.decay,
                        builder.hugePages,
                        this::onTick);
        buddy = memory.buddy();
        metadata = memory.metadata();
        EmptySlabs none = new EmptySlabs();
        for (int sizeClass = 0; sizeClass < unused.length; sizeClass++) {
            unused[sizeClass] = new Bin(-1, sizeClass, metadata, none);
        }
    }

    /** The heaps of the tree, together, grow to {@code pages}. */
    private void onGrowth(long pages) {
        Heap heap = root;
        if (heap != null) {
            heap.onGrowth(pages);
        }
        if (pagesDecay) {
            buddy.tryTrim();
        }
    }

    void setRoot(Heap heap) {
        root = heap;
    }

    private boolean onTick() {
        Heap heap = root;
        return heap != null && heap.onTick();
    }

    /**
     * Held by the clock while it gives memory back, and by a trim: or else the trim would return
     * while some of what it is to give back is still in the clock's hands. Reentrant, as a heap of
     * one thread, which has no clock of its own, may find in the midst of a trim that time passed.
     */
    Object ticking() {
        return ticking;
    }

    Object closing() {
        return closing;
    }

    /** Returns a name that no other heap of the tree was given so. */
    String newName() {
        SharedAtomics.count();
        return "heap-" + lastName.incrementAndGet();
    }

    void lock() {
        Locking.lock(lock);
    }

    void unlock() {
        Locking.unlock(lock);
    }

    // Requests that find no room

    /**
     * With the lock: the caller takes pages in hand which it will use, or give back, without any
     * guard that others could wait for; until {@link #handsOff}.
     */
    void inHand() {
        int before = underWay;
        underWay = before + 1;
    }

    /** With the lock: the caller has no pages in hand any more. */
    void handsOff() {
        int before = underWay;
        underWay = before - 1;
    }

    /** Waits until nobody has pages in hand; without the lock, when nobody may take any more. */
    void awaitHandsOff() {
        Waiting waiting = new Waiting();
        while (underWay > 0) {
            waiting.pause();
        }
        waiting.end();
    }

    /** With the lock: pages came back, and who found none may look again. */
    void countReturn() {
        long before = returns;
        returns = before + 1;
    }

    /** Returns what {@link #mayHaveRoom} is to be asked about. */
    long returns() {
        return returns;
    }

    /**
     * After a request was refused, without a lock: gives back what the refuser and those below it
     * hold for nothing; waits for pages that others have in hand.
     *
     * @param refuser whose limit it is; if there is no memory, the owner of all
     * @param seen what {@link #returns} was before the request
     * @return whether it may be worth to try again
     */
    boolean mayHaveRoom(Account.Owner refuser, long seen) {
        if (refuser.reclaim()) {
            return true;
        }
        Waiting waiting = new Waiting();
        while (underWay > 0 && returns == seen) {
            waiting.pause();
        }
        waiting.end();
        return returns != seen;
    }

    // Numbers of stripes

    /** Returns the stripe with that number, or null if there is none. */
    @Nullable Stripe stripeOrNull(int number) {
        @Nullable Stripe[] all = stripes;
        return number >= 0 && number < all.length ? all[number] : null;
    }

    /** Returns a number for a new stripe. */
    int takeStripeNumber() {
        lock();
        try {
            if (freeCount > 0) {
                return freeNumbers[--freeCount];
            }
            if (highestNumber == PageMap.MAX_STRIPE) {
                throw new IllegalStateException(
                        "the heaps of the tree have more than %d stripes"
                                .formatted(PageMap.MAX_STRIPE));
            }
            return highestNumber++;
        } finally {
            unlock();
        }
    }

    void putStripe(Stripe stripe) {
        lock();
        try {
            int number = stripe.index();
            @Nullable Stripe[] all = stripes;
            if (number >= all.length) {
                all = Arrays.copyOf(all, Math.max(number + 1, 2 * all.length));
            }
            all[number] = stripe;
            stripes = all; // releases it; who frees a block of it got that later
        } finally {
            unlock();
        }
    }

    /**
     * Takes the numbers of stripes back that are shut, and of which no page-map entry tells any
     * more.
     *
     * <p>A thread may still have one at hand that it read before, in a free by mistake through
     * another heap; so who gives a number to a second stripe of a heap must wait until nobody is
     * inside the others of that heap. See {@link Stripes}.
     */
    void freeStripeNumbers(Stripe[] some) {
        lock();
        try {
            recycles = true;
            if (freeCount + some.length > freeNumbers.length) {
                freeNumbers =
                        Arrays.copyOf(
                                freeNumbers, Math.max(freeCount + some.length, 2 * freeCount));
            }
            @Nullable Stripe[] all = stripes;
            for (Stripe stripe : some) {
                if (all[stripe.index()] == stripe) {
                    all[stripe.index()] = null;
                    freeNumbers[freeCount++] = stripe.index();
                }
            }
        } finally {
            unlock();
        }
    }

    /** Returns whether a new stripe may get the number of an old one. */
    boolean recyclesNumbers() {
        return recycles;
    }
}
