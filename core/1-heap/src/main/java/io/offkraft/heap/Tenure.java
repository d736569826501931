// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
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
final class Tenure {
    /** Nobody's. */
    static final Tenure NONE = new Tenure(null, null);

    private static final VarHandle BUSY;

    static {
        try {
            BUSY = MethodHandles.lookup().findVarHandle(Tenure.class, "busy", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    final @Nullable Thread thread;
    final @Nullable Stripe stripe;

    /** 1 while the thread is inside; written by it only. */
    @SuppressWarnings("unused") // through BUSY
    private int busy;

    Tenure(@Nullable Thread thread, @Nullable Stripe stripe) {
        this.thread = thread;
        this.stripe = stripe;
    }

    /**
     * Returns the stripe, which the calling thread then has for itself until {@link #leave}; null
     * if this is not its tenure, or is over.
     *
     * @param caller the calling thread
     */
    @Nullable Stripe enterOrNull(Thread caller) {
        if (thread != caller) {
            return null;
        }
        Stripe mine = stripe;
        busy = 1;
        VarHandle.releaseFence(); // no instruction on x86; to the compiler, a wall in the middle
        if (mine != null && mine.isHeldBy(this)) {
            return mine;
        }
        leave();
        return null;
    }

    /** Ends what {@link #enterOrNull} began; releases what was done, to {@link #isBusy}. */
    void leave() {
        BUSY.setRelease(this, 0);
    }

    /** Returns whether the thread is inside; acquires what it did. */
    boolean isBusy() {
        return (int) BUSY.getAcquire(this) != 0;
    }

    /** Returns whether it is somebody's who lives. */
    boolean isAlive() {
        return thread != null && thread.isAlive();
    }
}
