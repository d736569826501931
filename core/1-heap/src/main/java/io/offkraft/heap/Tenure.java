// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.platform.ProcessBarrier;
import io.offkraft.word.SchedulePoint;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A thread's right to use a stripe without a lock, until it is withdrawn.
 *
 * <p>The thread says that it is busy, and then looks whether the tenure still holds; who withdraws
 * it does the same the other way round: says that it does not hold any more, and then looks whether
 * the thread is busy. One of them sees the other, if each has a full barrier between its two steps.
 * The thread has none, since a barrier is what it would save: it only keeps the compiler from
 * exchanging the steps. Who withdraws has one for both, of all threads of the process (an
 * asymmetric Dekker, as in biased locks: Dice, Huang and Yang 2001; with membarrier(2) for the
 * barrier, as in userspace RCU: Desnoyers et al. 2012).
 *
 * <p>Whether a thread is busy is noted in the tenure and not in the stripe: a thread that is late
 * to see that its tenure is over must not touch what the next one notes.
 */
final class Tenure extends OwnCacheLine {
    /** Nobody's. */
    static final Tenure NONE = new Tenure(null, null);

    private static final Magazine[] NONE_AT_HAND = {};

    private static final VarHandle BUSY;

    static {
        try {
            BUSY = MethodHandles.lookup().findVarHandle(Tenure.class, "busy", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    final @Nullable Thread thread;
    private final @Nullable Stripe stripe;

    /** The magazines of the stripe's bins, by size class. */
    final Magazine[] magazines;

    /** Those of the stripe, or none if they were made meanwhile. Written with the guard. */
    private @Nullable Outbox[] outgoing;

    /** What the page-map entries of the stripe's slabs have: see {@link PageMap#isOwn}. */
    final long tag;

    /**
     * Whether the thread may enter. Written under the stripe's lock; acquires what was done under
     * it before.
     */
    private volatile boolean open;

    /** The thread, while it may use without the guard what is lent to it; or null. */
    private volatile @Nullable Thread direct;

    /** Whether blocks are lent to the thread: then the stripe is its as long as it lives. */
    private boolean lends;

    /** 1 while the thread is inside; written by it only. */
    @SuppressWarnings("unused") // through BUSY
    private int busy;

    Tenure(@Nullable Thread thread, @Nullable Stripe stripe) {
        this.thread = thread;
        this.stripe = stripe;
        magazines = stripe == null ? NONE_AT_HAND : stripe.magazines();
        outgoing = (stripe == null ? new Outgoing() : stripe.outgoing()).places();
        tag = stripe == null ? PageMap.NONE : PageMap.tagOf(stripe.index());
    }

    /**
     * Returns whether the calling thread has the stripe for itself, until {@link #leave}; it has
     * not if this is not its tenure, or is over.
     *
     * @param caller the calling thread
     */
    boolean tryEnter(Thread caller) {
        if (thread != caller) {
            return false;
        }
        busy = 1;
        VarHandle.releaseFence(); // no instruction on x86; to the compiler, a wall in the middle
        if (open) {
            return true;
        }
        leave();
        return false;
    }

    /** Returns the stripe; of a tenure that is somebody's. */
    Stripe stripe() {
        return Objects.requireNonNull(stripe);
    }

    /** The same as {@link #tryEnter}; returns the stripe, or null. */
    @Nullable Stripe enterOrNull(Thread caller) {
        return tryEnter(caller) ? stripe : null;
    }

    /**
     * Frees a block of another stripe, if that is nothing but to note it. While inside; returns
     * whether it was done.
     */
    boolean tryFreeOther(long entry, long address) {
        long key = PageMap.keyOf(entry);
        Outbox outbox = Outgoing.outboxOrNull(outgoing, key);
        return outbox != null && outbox.tryFree(key, address);
    }

    /** With the guard: tells where blocks of other stripes go. */
    void setOutgoing(@Nullable Outbox[] places) {
        outgoing = places;
    }

    /** Ends what {@link #tryEnter} began; releases what was done, to {@link #isBusy}. */
    void leave() {
        BUSY.setRelease(this, 0);
    }

    // Lending: see LentBlock

    /** Returns whether {@code caller} may use what is lent to it without the guard. */
    boolean isDirect(Thread caller) {
        SchedulePoint.reach();
        return direct == caller;
    }

    /** With the guard, by the thread: it may from now on. */
    void lend() {
        lends = true;
        SchedulePoint.reach();
        direct = thread;
    }

    /** By anybody: the thread may not, until it has taken back what is lent, with the guard. */
    void interruptLending() {
        SchedulePoint.reach();
        direct = null;
    }

    /** With the guard, by the thread. */
    void endLending() {
        direct = null;
        lends = false;
    }

    /** With the guard: returns whether blocks may be lent, also if the thread is dead. */
    boolean lends() {
        return lends;
    }

    /** With the guard: returns whether blocks may be lent to a thread that lives. */
    boolean isLending() {
        return lends && isAlive();
    }

    // With the stripe's lock

    /** Returns whether the thread may enter now. */
    boolean holds() {
        return open;
    }

    /** Keeps the thread out until {@link #resume}: when this returns it is not inside. */
    void suspend() {
        open = false; // volatile: before the barrier
        ProcessBarrier.await(); // pairs with the wall in tryEnter
        awaitNotBusy();
    }

    /** It is inside for some tens of instructions, unless it lost its CPU there. */
    @SuppressWarnings("ThreadPriorityCheck")
    private void awaitNotBusy() {
        for (int spins = 0; isBusy(); spins++) {
            if (spins < 100) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    /** Returns whether the thread is inside; acquires what it did. */
    boolean isBusy() {
        return (int) BUSY.getAcquire(this) != 0;
    }

    /** Lets the thread enter; releases what was done under the lock. */
    void resume() {
        open = true;
    }

    /** From now on the thread does not get in. It is suspended, or the caller. */
    void end() {
        open = false;
        interruptLending();
    }

    /** Returns whether it is somebody's who lives. */
    boolean isAlive() {
        return thread != null && thread.isAlive();
    }
}
