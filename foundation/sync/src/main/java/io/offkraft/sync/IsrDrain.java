// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A short lock, and a count of what was asked for by those who must not wait for it: interrupt
 * handlers, perhaps on top of the very thread that holds it. Whoever releases the lock does what
 * was asked for.
 */
final class IsrDrain {
    /*
     * Handler: count, then try the lock. Holder: release the lock, then look at the count. Between
     * the two each has a full fence, so at least one of them does the work; getAndSet gives it to
     * one only.
     */

    private static final VarHandle ASKED;

    static {
        try {
            ASKED = MethodHandles.lookup().findVarHandle(IsrDrain.class, "asked", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final SpinLock lock = new SpinLock();
    private final IntFunction<@Nullable Waiter> work;

    @SuppressWarnings("unused") // accessed through ASKED only
    private int asked;

    /**
     * Makes a free one.
     *
     * @param work does under the lock what was asked for that many times, and returns a chain of
     *     those to tell when it is released; must not wait
     */
    IsrDrain(IntFunction<@Nullable Waiter> work) {
        this.work = work;
    }

    void lock() {
        lock.lock();
    }

    /** Releases the lock; does what was asked for meanwhile. */
    void unlock() {
        lock.unlock();
        SharedAtomics.count();
        VarHandle.fullFence(); // release before the look; pairs with the getAndAdd in ask
        drain();
    }

    /** Has the work done {@code times} times, by the caller or by the holder of the lock. */
    void ask(int times) {
        SchedulePoint.reach();
        SharedAtomics.count();
        ASKED.getAndAdd(this, times); // full: before the try; pairs with the fence in unlock
        drain();
    }

    private void drain() {
        while (true) {
            SchedulePoint.reach();
            if ((int) ASKED.getVolatile(this) == 0 || !lock.tryLock()) {
                return;
            }
            SchedulePoint.reach();
            SharedAtomics.count();
            int times = (int) ASKED.getAndSet(this, 0); // full: takes what was asked for, once
            Waiter chain;
            try {
                chain = times > 0 ? work.apply(times) : null;
            } finally {
                lock.unlock();
            }
            SharedAtomics.count();
            VarHandle.fullFence(); // as in unlock
            Waiter.tellAll(chain);
        }
    }
}
