// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.platform.ProcessBarrier;
import io.offkraft.platform.SystemCalls;
import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Locking;
import io.offkraft.sync.Synchronization;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The stripes of a heap, and which thread uses which.
 *
 * <p>A platform thread gets a stripe of its own while there are some, and a tenure of it, which it
 * loses when it is idle or dead. All others, and virtual threads always, share one stripe a CPU
 * under its lock. So there are never more than {@link #mostOwned} and the CPUs' number, however
 * many threads come and go.
 *
 * <p><b>Thread safety:</b> any thread.
 */
final class Stripes {
    /** Places to look for a thread's tenure, by the low bits of its id. */
    private static final int PLACES = 512;

    /** Stripes with a thread of their own, for each CPU: most run one thread at a time. */
    private static final int OWNED_PER_CPU = 8;

    private static final LockClass STRIPE_LOCK = LockClass.named("stripe");

    private final Synchronization synchronization;
    private final PageMap map;
    private final SlabTable table;
    private final SystemCalls calls;
    private final boolean appoints;
    private final int mostOwned;
    private final Stripe[] shared;

    /** Guards who is appointed where. Inside of it the lock of a stripe is taken. */
    private final ExclusiveLock appointing;

    /** Written under {@link #appointing}, read without: a tenure knows whose it is. */
    private final Tenure[] tenures = new Tenure[PLACES];

    /** Those with a thread of their own now, or before. Added under {@link #appointing}. */
    private final List<Stripe> owned = new CopyOnWriteArrayList<>();

    private boolean shut; // guarded by appointing

    /** Whether there was no stripe to be had; until time passes. */
    private volatile boolean exhausted;

    /** By index of the stripe: its activity when time passed last. The ticker's. */
    private long[] activityAtTick = new long[0];

    Stripes(Synchronization synchronization, PageMap map, SlabTable table, SystemCalls calls) {
        this.synchronization = synchronization;
        this.map = map;
        this.table = table;
        this.calls = calls;
        boolean alone = synchronization.isForOneCpu();
        int cpus = alone ? 1 : Runtime.getRuntime().availableProcessors();
        appoints = !alone && ProcessBarrier.isAvailable();
        mostOwned = appoints ? OWNED_PER_CPU * cpus : 0;
        appointing = synchronization.newLock(LockClass.named("stripes"));
        shared = new Stripe[Integer.highestOneBit(Math.max(1, 2 * cpus - 1))];
        for (int index = 0; index < shared.length; index++) {
            shared[index] = newStripe(index);
        }
        Arrays.fill(tenures, Tenure.NONE);
    }

    private Stripe newStripe(int index) {
        return new Stripe(index, synchronization.newLock(STRIPE_LOCK), map, table);
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

    /** Returns the stripe with that index. */
    Stripe get(int index) {
        return index < shared.length ? shared[index] : owned.get(index - shared.length);
    }

    /** Returns how many stripes there are; there may be more soon. */
    int count() {
        return shared.length + owned.size();
    }

    /** Returns the caller's own stripe, or else that of its CPU, with the lock. */
    Stripe lockHome() {
        Stripe home = home();
        home.lock();
        return home;
    }

    private Stripe home() {
        if (appoints) {
            Thread self = Thread.currentThread();
            Tenure tenure = tenureOf(self);
            if (tenure.thread == self && tenure.stripe != null) {
                return tenure.stripe; // even if it was withdrawn just now: it has a lock
            }
            if (!exhausted && !self.isVirtual() && !tenure.isAlive()) {
                Stripe own = appointOrNull(self);
                if (own != null) {
                    return own;
                }
            }
        }
        return shared.length == 1 ? shared[0] : shared[calls.currentCpu() & (shared.length - 1)];
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
            tenures[(int) self.threadId() & (PLACES - 1)] = tenure;
            return free;
        } finally {
            Locking.unlock(appointing);
        }
    }

    private @Nullable Stripe unusedOrNull() {
        for (Stripe stripe : owned) {
            if (!stripe.tenant().isAlive()) {
                return stripe;
            }
        }
        if (owned.size() == mostOwned) {
            return null;
        }
        Stripe made = newStripe(shared.length + owned.size());
        owned.add(made);
        return made;
    }

    private void forget(Tenure tenure) {
        Thread thread = tenure.thread;
        if (thread != null && tenureOf(thread) == tenure) {
            tenures[(int) thread.threadId() & (PLACES - 1)] = Tenure.NONE;
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
        Locking.lock(appointing);
        try {
            activityAtTick = Arrays.copyOf(activityAtTick, count());
            for (Stripe stripe : owned) {
                long activity = stripe.activity();
                boolean idle = activity == activityAtTick[stripe.index()];
                activityAtTick[stripe.index()] = activity;
                if (stripe.tenant() != Tenure.NONE) {
                    if (idle || !stripe.tenant().isAlive()) {
                        appoint(stripe, Tenure.NONE);
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
            for (int index = 0; index < count(); index++) {
                get(index).shutBetweenSweeps();
            }
            Arrays.fill(tenures, Tenure.NONE);
        } finally {
            Locking.unlock(appointing);
        }
    }
}
