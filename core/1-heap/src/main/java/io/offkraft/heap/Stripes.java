// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.config.Contention;
import io.offkraft.config.OffkraftConfig;
import io.offkraft.platform.ProcessBarrier;
import io.offkraft.platform.SystemCalls;
import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Locking;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.SharedAtomics;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The stripes of a heap, and which thread uses which.
 *
 * <p>It begins with one, the base, which everybody locks. A platform thread that asks often gets
 * one of its own while there are some, the first one the base, and a tenure of it, which it loses
 * when it is idle or dead. All others, and virtual threads always, lock the base while it is
 * nobody's and free, or else that of their CPU. So there are as many as there were threads at work
 * at the same time, and never more than {@link #mostOwned} and two a CPU, however many threads come
 * and go.
 *
 * <p><b>Thread safety:</b> any thread.
 */
final class Stripes {
    /**
     * Places to look for a thread's tenure, by the low bits of its id: in a heap of many threads.
     */
    private static final int PLACES = 512;

    /** In a heap below another one, of which there may be thousands, each with fewer threads. */
    private static final int PLACES_OF_CHILD = 64;

    /** Stripes with a thread of their own, for each CPU: most run one thread at a time. */
    private static final int OWNED_PER_CPU = 4;

    /**
     * As many of them, where contention is high, as long as the heap is large enough: a lock that
     * threads share is what they would wait for, however few of them run at the same time.
     */
    private static final int OWNED_IF_CONTENDED = 128;

    /**
     * What a heap must be allowed to hold for each of those: more than twice what the slabs are,
     * one of every size class, that a stripe may keep with a block or two in each.
     */
    private static final long BYTES_PER_OWNED = 24L << 20;

    /** A thread that asks so often between two ticks of the decay time gets a stripe of its own. */
    private static final int OFTEN = 256;

    private static final LockClass STRIPE_LOCK = LockClass.named("stripe");

    private final HeapTree tree;
    private final Account.Owner heap;
    private final Synchronization synchronization;
    private final SystemCalls calls;
    private final boolean appoints;
    private final int mostOwned;
    private final Stripe base;

    /** By CPU; null until there was need. Written under {@link #appointing}. */
    private final AtomicReferenceArray<@Nullable Stripe> ofCpus;

    /** All, by index. Written under {@link #appointing}. */
    private volatile Stripe[] all;

    /** How many may have a thread of their own: under {@link #appointing}. */
    private int owned;

    /** Guards who is appointed where. Inside of it the lock of a stripe is taken. */
    private final ExclusiveLock appointing;

    /** Written under {@link #appointing}, read without: a tenure knows whose it is. */
    private final Tenure[] tenures;

    /** By place: how often threads without a tenure asked. Not exact, and need not be. */
    private final int[] asked;

    private boolean shut; // guarded by appointing

    /** How many tenures lend: those stripes are their threads' until they die or release them. */
    private final AtomicInteger lenders = new AtomicInteger();

    /** Whether there was no stripe to be had; until time passes. */
    private volatile boolean exhausted;

    /**
     * Whether somebody found the base locked: from then on those without a tenure lock the stripe
     * of their CPU at once, or the base would go to and fro between CPUs; until time passes. A
     * hint, so plain.
     */
    private boolean crowded;

    /** In the order of all: the stripe's activity when time passed last. The ticker's. */
    private long[] activityAtTick = new long[0];

    /**
     * Makes the base.
     *
     * @param limitBytes what the heap may hold
     */
    Stripes(HeapTree tree, Account.Owner heap, boolean ofChild, long limitBytes) {
        this.tree = tree;
        this.heap = heap;
        synchronization = tree.synchronization;
        calls = tree.systemCalls;
        tenures = new Tenure[ofChild ? PLACES_OF_CHILD : PLACES];
        asked = new int[tenures.length];
        boolean alone = synchronization.isForOneCpu();
        int cpus = alone ? 1 : Runtime.getRuntime().availableProcessors();
        appoints = !alone && ProcessBarrier.isAvailable();
        mostOwned = appoints ? mostOwned(cpus, limitBytes) : 0;
        appointing = synchronization.newLock(LockClass.named("stripes"));
        ofCpus = new AtomicReferenceArray<>(Integer.highestOneBit(Math.max(1, 2 * cpus - 1)));
        base = newStripe(new Stripe[0]);
        all = new Stripe[] {base};
        Arrays.fill(tenures, Tenure.NONE);
    }

    private static int mostOwned(int cpus, long limitBytes) {
        long some = OWNED_PER_CPU * (long) cpus;
        return OffkraftConfig.CONTENTION == Contention.HIGH
                ? (int) Math.max(some, Math.min(OWNED_IF_CONTENDED, limitBytes / BYTES_PER_OWNED))
                : (int) some;
    }

    /** Makes a stripe beside others. */
    private Stripe newStripe(Stripe[] others) {
        int number = tree.takeStripeNumber();
        if (tree.recyclesNumbers()) {
            letPass(others);
        }
        Stripe made =
                new Stripe(
                        this,
                        number,
                        synchronization.newLock(STRIPE_LOCK),
                        tree.metadata,
                        tree.unused);
        tree.putStripe(made);
        return made;
    }

    /**
     * Waits until nobody is inside any more who was: he might have read a page-map entry of the
     * stripe of another heap, closed meanwhile, that had the new one's number.
     */
    private static void letPass(Stripe[] others) {
        for (Stripe stripe : others) {
            stripe.lock();
            stripe.unlock();
        }
    }

    /** Returns whose stripes they are. */
    Account.Owner heap() {
        return heap;
    }

    /** Returns the number that page-map entries of the heap's large blocks have. */
    int owner() {
        return base.index();
    }

    /** Returns the stripe with that number; null if it is none of this heap. */
    @Nullable Stripe ownOrNull(int number) {
        Stripe stripe = tree.stripeOrNull(number);
        return stripe != null && stripe.home() == this ? stripe : null;
    }

    /** Returns what may be the tenure of a thread. */
    Tenure tenureOf(Thread thread) {
        return tenureOf(thread, tenures);
    }

    /** The same, for who keeps {@link #tenures} at hand. */
    static Tenure tenureOf(Thread thread, Tenure[] tenures) {
        return tenures[(int) thread.threadId() & (tenures.length - 1)];
    }

    Tenure[] tenures() {
        return tenures;
    }

    /** Returns one of the stripes, by its place among them. */
    Stripe get(int place) {
        return all[place];
    }

    /** Returns how many stripes there are; there may be more soon. */
    int count() {
        return all.length;
    }

    /** Returns all stripes there are. */
    Stripe[] all() {
        return all;
    }

    /** Returns the caller's own stripe, or else one that is for all, with the lock. */
    Stripe lockHome() {
        Stripe home = ownOrNull();
        if (home == null && isOneForAll()) {
            home = base;
        }
        if (home == null && !crowded && !base.isOwned()) {
            if (base.tryLock()) {
                return base;
            }
            crowded = true;
        }
        if (home == null) {
            home = ofThisCpu();
        }
        home.lock();
        return home;
    }

    private boolean isOneForAll() {
        return ofCpus.length() == 1;
    }

    private @Nullable Stripe ownOrNull() {
        if (!appoints) {
            return null;
        }
        Thread self = Thread.currentThread();
        Tenure tenure = tenureOf(self);
        if (tenure.thread == self) {
            return tenure.stripe(); // even if it was withdrawn just now: it has a lock
        }
        // First, as threads that follow each other would count in the same cache line.
        if (self.isVirtual()) {
            return null;
        }
        boolean often = ++asked[(int) self.threadId() & (asked.length - 1)] >= OFTEN;
        return often && !exhausted && !tenure.isAlive() ? appointOrNull(self) : null;
    }

    private Stripe ofThisCpu() {
        int place = calls.currentCpu() & (ofCpus.length() - 1);
        Stripe there = ofCpus.get(place);
        return there != null ? there : madeFor(place);
    }

    private Stripe madeFor(int place) {
        Locking.lock(appointing);
        try {
            Stripe there = ofCpus.get(place);
            if (there == null) {
                if (shut) {
                    return base; // shut, too
                }
                there = add();
                ofCpus.set(place, there);
            }
            return there;
        } finally {
            Locking.unlock(appointing);
        }
    }

    /** Makes a stripe, under {@link #appointing}. */
    private Stripe add() {
        Stripe[] before = all;
        Stripe[] more = Arrays.copyOf(before, before.length + 1);
        more[before.length] = newStripe(before);
        all = more; // releases the new one; who frees a block of it got that later
        return more[before.length];
    }

    private @Nullable Stripe appointOrNull(Thread self) {
        Locking.lock(appointing);
        try {
            if (shut || tenureOf(self).isAlive()) {
                return null;
            }
            Stripe free = unusedOrNull();
            if (free == null) {
                exhausted = true;
                return null;
            }
            Tenure tenure = new Tenure(self, free);
            appoint(free, tenure);
            tenures[(int) self.threadId() & (tenures.length - 1)] = tenure;
            return free;
        } finally {
            Locking.unlock(appointing);
        }
    }

    private @Nullable Stripe unusedOrNull() {
        for (Stripe stripe : all) {
            if ((stripe == base || stripe.wasOwned()) && !stripe.tenant().isAlive()) {
                return stripe;
            }
        }
        if (owned == mostOwned) {
            return null;
        }
        owned++;
        return add();
    }

    /**
     * Returns how many tenures may lend: half of them, as the others must do for who is at work.
     */
    int mostLenders() {
        return Math.max(1, mostOwned / 2);
    }

    /** Returns whether one more tenure may lend; then {@link #removeLender} follows. */
    boolean tryAddLender() {
        SharedAtomics.count();
        if (lenders.incrementAndGet() <= mostLenders()) {
            return true;
        }
        removeLender();
        return false;
    }

    void removeLender() {
        SharedAtomics.count();
        lenders.decrementAndGet();
    }

    private void forget(Tenure tenure) {
        Thread thread = tenure.thread;
        if (thread != null && tenureOf(thread) == tenure) {
            tenures[(int) thread.threadId() & (tenures.length - 1)] = Tenure.NONE;
        }
    }

    /**
     * Half the decay time has passed: withdraws the tenure of threads that are dead, or did nothing
     * meanwhile.
     *
     * @return whether any is left
     */
    boolean withdrawIdle() {
        boolean any = false;
        exhausted = false;
        crowded = false;
        Arrays.fill(asked, 0);
        Locking.lock(appointing);
        try {
            if (shut) {
                return false; // what was lent is of no heap, or of another one
            }
            activityAtTick = Arrays.copyOf(activityAtTick, count());
            for (int place = 0; place < activityAtTick.length; place++) {
                Stripe stripe = get(place);
                long activity = stripe.activity();
                boolean idle = activity == activityAtTick[place];
                activityAtTick[place] = activity;
                if (stripe.tenant() != Tenure.NONE) {
                    if (idle || !stripe.tenant().isAlive()) {
                        tryWithdraw(stripe);
                    } else {
                        any = true;
                    }
                }
            }
        } finally {
            Locking.unlock(appointing);
        }
        return any;
    }

    /** Withdraws the tenure, unless blocks are lent to a thread that lives. */
    private void tryWithdraw(Stripe stripe) {
        if (stripe.tenant().isLending()) { // without the lock: or else below
            return;
        }
        stripe.lock();
        if (!stripe.tenant().isLending()) {
            forget(stripe.tenant());
            stripe.appoint(Tenure.NONE);
        }
        stripe.unlock();
    }

    private void appoint(Stripe stripe, Tenure tenure) {
        stripe.lock();
        forget(stripe.tenant());
        stripe.appoint(tenure);
        stripe.unlock();
    }

    /** From now on every guard finds its stripe shut, and no stripe is made any more. */
    void shut() {
        Locking.lock(appointing);
        try {
            shut = true;
            for (Stripe stripe : all) {
                stripe.shutBetweenSweeps();
            }
            for (Stripe stripe : all) {
                stripe.forget();
            }
            Arrays.fill(tenures, Tenure.NONE);
        } finally {
            Locking.unlock(appointing);
        }
    }
}
