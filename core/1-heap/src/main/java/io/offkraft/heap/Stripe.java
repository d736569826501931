// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.Locking;
import io.offkraft.word.PageOrder;
import java.util.Arrays;

/**
 * A part of the heap that seldom has more than one user: slabs of every size class, and some large
 * blocks that wait for their next owner.
 *
 * <p>Its guard is the lock, or a {@linkplain Tenure tenure} of it: a thread that has one enters
 * without the lock. Who takes the lock and is not that thread suspends the tenure until it gives
 * the lock back.
 *
 * <p>A stripe is never destroyed, so that what lies in it needs no move when threads come and go.
 */
final class Stripe extends OwnCacheLine {
    private final Stripes home;
    private final int index;
    private final ExclusiveLock lock;
    private final HeapMetadata metadata;
    private final Bin[] bins;

    /** Those of the bins, by size class. */
    private final Magazine[] magazines = new Magazine[SizeClasses.COUNT];

    /** What is lent to the tenant, by size class; or empty. Guarded by the stripe. */
    private LentBlock[] lent = {};

    private final Outgoing outgoing = new Outgoing();
    private final LargeLoans loans;
    private final LargeCache large = new LargeCache();
    private final EmptySlabs emptySlabs = new EmptySlabs();

    /**
     * Who may enter without the lock, unless suspended. Written under the lock and that of those
     * who appoint.
     */
    private Tenure tenant = Tenure.NONE;

    /** Whether the tenant gets the tenure back with the lock. Guarded by the lock, as the next. */
    private boolean suspended;

    /** How many are at work who want the tenant to stay suspended between their locks. */
    private int upkeeps;

    /** Guarded as the tenant. */
    private boolean wasOwned;

    /** Whether there is a tenant; written as it. */
    private volatile boolean owned;

    // Guarded by the stripe:
    private boolean shut;
    private boolean sweeping;
    private long largeAllocations;
    private long largeFrees;
    private long largePagesTaken; // of which as many are live as all stripes together say
    private long largePagesFreed;
    private long failures;
    private long contentions;

    /**
     * Makes a stripe.
     *
     * @param index its number, which no other stripe of the tree has
     * @param unused a bin a size class that has no blocks, and never will
     */
    Stripe(Stripes home, int index, ExclusiveLock lock, HeapMetadata metadata, Bin[] unused) {
        this.home = home;
        this.index = index;
        this.lock = lock;
        this.metadata = metadata;
        bins = unused.clone();
        loans = new LargeLoans(this, metadata.pageMap());
        Arrays.setAll(magazines, sizeClass -> bins[sizeClass].magazine());
    }

    /** Returns its number, which page-map entries have. */
    int index() {
        return index;
    }

    /** Returns the stripes that it is one of: those of its heap. */
    Stripes home() {
        return home;
    }

    /**
     * Returns the magazines of the bins, by size class; of a class that was never asked for, one
     * without blocks.
     */
    Magazine[] magazines() {
        return magazines;
    }

    /** Returns the bin of a size class: to look at it, or to free what came from it. */
    Bin bin(int sizeClass) {
        return bins[sizeClass];
    }

    /** With the guard: returns the bin of a size class, which is to be used from now on. */
    Bin usedBin(int sizeClass) {
        Bin bin = bins[sizeClass];
        if (bin.isUnused()) {
            bin = new Bin(index, sizeClass, metadata, emptySlabs);
            bins[sizeClass] = bin;
            magazines[sizeClass] = bin.magazine();
        }
        return bin;
    }

    /** Returns what was freed here of other stripes' blocks. */
    Outgoing outgoing() {
        return outgoing;
    }

    /** With the guard: returns where a block of {@code bin}, of another stripe, is to be freed. */
    Outbox outbox(long entry, Bin bin) {
        Magazine counts = usedBin(bin.sizeClass()).magazine();
        Outbox outbox = outgoing.outbox(PageMap.keyOf(entry), bin, counts, metadata.liveBits());
        if (owned) {
            tenant.setOutgoing(outgoing.places());
        }
        return outbox;
    }

    LargeCache large() {
        return large;
    }

    EmptySlabs emptySlabs() {
        return emptySlabs;
    }

    // Lending to the tenant

    /** Returns what is lent, by size class: the tenant's to fill. */
    LentBlock[] lent() {
        if (lent.length == 0) {
            lent = new LentBlock[SizeClasses.COUNT];
            Arrays.fill(lent, LentBlock.NONE);
        }
        return lent;
    }

    /** With the guard, by the tenant, or when it is dead: nothing is lent any more. */
    void takeBackLent() {
        for (Bin bin : bins) {
            bin.takeBackLent();
        }
        loans.takeBack();
    }

    /** Returns the large blocks among what is lent. */
    LargeLoans loans() {
        return loans;
    }

    /** Has the tenant take back what is lent to it, at its next call. Without the guard. */
    void interruptLending() {
        tenant.interruptLending();
    }

    /** The same; if the tenant is the caller, or dead, now. Without the guard. */
    void recallLent() {
        lock();
        interruptLending();
        if (!shut && (tenant.thread == Thread.currentThread() || !tenant.isAlive())) {
            takeBackLent();
        }
        unlock();
    }

    /**
     * With the guard, by the tenant: takes back all that is lent, and returns whether blocks may be
     * lent from now on.
     */
    boolean tryLendAnew(Tenure tenure) {
        if (!tenure.isLending() && !home.tryAddLender()) {
            return false;
        }
        // Who has interrupted until now was about something that is taken back here. Nothing is
        // lent
        // from there on, so who interrupts later is about something that is lent after this.
        takeBackLent();
        tenure.lend();
        return true;
    }

    /** By the thread: it ends its loans, and may lose the stripe. Without the guard. */
    void endLending(Tenure tenure) {
        lock();
        if (tenant == tenure && tenure.isLending() && !shut) {
            tenure.endLending();
            home.removeLender();
            takeBackLent();
        }
        unlock();
    }

    // The guard

    /** Takes the lock, and suspends the tenure of another thread. */
    void lock() {
        if (!Locking.tryLock(lock)) {
            Locking.lock(lock);
            contentions++;
        }
        if (tenant.holds() && tenant.thread != Thread.currentThread()) {
            contentions++;
            suspended = true;
            tenant.suspend();
        }
    }

    /** Takes the lock if nobody has it, nor a tenure; returns whether it did. */
    boolean tryLock() {
        if (!Locking.tryLock(lock)) {
            return false;
        }
        if (tenant.holds()) {
            Locking.unlock(lock);
            return false;
        }
        return true;
    }

    /**
     * Suspends the tenure until {@link #endUpkeep}, without the lock: for who takes the lock many
     * times, as each suspension interrupts all CPUs, and waits for a thread that lost its own. The
     * tenant uses the lock meanwhile.
     */
    void beginUpkeep() {
        lock();
        upkeeps++;
        unlock();
    }

    void endUpkeep() {
        lock();
        upkeeps--;
        unlock();
    }

    /** Gives the lock back, and the tenure to who had it, unless there is upkeep. */
    void unlock() {
        if (suspended && upkeeps == 0) {
            suspended = false;
            tenant.resume();
        }
        Locking.unlock(lock);
    }

    /** With the lock: makes {@code next} the tenant when the lock is given back. */
    void appoint(Tenure next) {
        tenant.end();
        if (tenant.lends() && !shut) { // and the thread is dead
            home.removeLender();
            takeBackLent();
        }
        tenant = next;
        owned = next != Tenure.NONE;
        wasOwned = true;
        suspended = owned;
    }

    /** Returns whether it is a thread's own now: a hint. */
    boolean isOwned() {
        return owned;
    }

    /** Returns whether it was a thread's own ever. */
    boolean wasOwned() {
        return wasOwned;
    }

    /** Returns what was appointed last. */
    Tenure tenant() {
        return tenant;
    }

    // With the guard

    /** Throws if the heap is closed. */
    void checkOpen() {
        Heap.checkOpen(shut);
    }

    /** From now on nobody gets in: the heap is closed. Waits for the end of a sweep. */
    @SuppressWarnings("ThreadPriorityCheck") // the lock orders; the sweep ends by itself
    void shutBetweenSweeps() {
        lock();
        while (sweeping) {
            unlock();
            Thread.yield();
            lock();
        }
        shut = true;
        suspended = false;
        tenant.end();
        unlock();
    }

    /** After all stripes of the heap were shut: nobody frees into this one any more. */
    void forget() {
        lock();
        for (Bin bin : bins) {
            bin.forget();
        }
        large.forget();
        outgoing.forget();
        unlock();
    }

    /** With the lock. */
    boolean isShut() {
        return shut;
    }

    boolean isSweeping() {
        return sweeping;
    }

    void setSweeping(boolean now) {
        sweeping = now;
    }

    void countLargeAllocation(long pages) {
        largeAllocations++;
        largePagesTaken += pages;
    }

    void countLargeFree(long pages) {
        largeFrees++;
        largePagesFreed += pages;
    }

    /** A large block has become longer by {@code pages}, or shorter. */
    void countLargeResize(long pages) {
        largePagesTaken += pages;
    }

    long largeAllocations() {
        return largeAllocations + loans.takes();
    }

    void countFailure() {
        failures++;
    }

    /** Returns how much was done here, to see whether anything was. Without the guard. */
    long activity() {
        long sum = largeAllocations() + largeFrees;
        for (Bin bin : bins) {
            sum += bin.allocations() + bin.frees() + bin.foreignFrees();
        }
        return sum;
    }

    /**
     * Adds what was freed here, by anybody. Without the guard: figures that another thread counts
     * just now may be one behind.
     */
    void addFreesTo(HeapStatistics.Sum sum) {
        long foreignFrees = 0;
        for (int sizeClass = 0; sizeClass < bins.length; sizeClass++) {
            bins[sizeClass].addFreesTo(sum.of(sizeClass));
            foreignFrees += bins[sizeClass].foreignFrees();
        }
        sum.large().addFrees(largeFrees, largePagesFreed << PageOrder.PAGE_SHIFT);
        loans.addFreesTo(sum.large());
        sum.addEvents(failures, foreignFrees, contentions);
    }

    /** Adds what was handed out here; after all that was freed anywhere. */
    void addAllocationsTo(HeapStatistics.Sum sum) {
        for (int sizeClass = 0; sizeClass < bins.length; sizeClass++) {
            bins[sizeClass].addAllocationsTo(sum.of(sizeClass));
        }
        long freed = largePagesFreed + loans.endedPages();
        long taken = largePagesTaken - freed + large.pagesOfAll();
        sum.large().addAllocations(largeAllocations, largePagesTaken << PageOrder.PAGE_SHIFT);
        loans.addAllocationsTo(sum.large());
        sum.large().addHeld(taken << PageOrder.PAGE_SHIFT, 0);
    }
}
