// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.config.OffkraftConfig;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The door that a scheduler, or a tool with threads of its own, has its threads go through before
 * they use Offkraft. With {@code offkraft.smp=false}, where locks keep nobody out, one thread at a
 * time is let in and a second is refused; with SMP on, everybody is let in at no cost.
 *
 * <p><b>Thread safety:</b> any thread. <b>Progress:</b> wait-free.
 *
 * <p><b>Memory effects:</b> with SMP off, what a thread did before it left is visible to the next
 * that enters.
 */
public final class SingleCpu {
    private static final SingleCpu PROCESS = new SingleCpu(OffkraftConfig.SMP);

    private final boolean smp;
    private final AtomicReference<@Nullable Thread> inside = new AtomicReference<>();

    SingleCpu(boolean smp) {
        this.smp = smp;
    }

    /** Returns the door of this process. */
    public static SingleCpu ofProcess() {
        return PROCESS;
    }

    /**
     * Lets the calling thread in.
     *
     * @throws LockUsageException if SMP is off and a thread is inside, the caller itself included;
     *     nothing changes then
     */
    public void enter() {
        if (smp) {
            return;
        }
        Thread self = Thread.currentThread();
        // Volatile: pairs with the store in leave, and lets exactly one in.
        Thread first = inside.compareAndExchange(null, self);
        if (first != null) {
            throw new LockUsageException(
                    LockFault.SECOND_CPU,
                    "the process",
                    HeldLocks.nameOf(first),
                    "offkraft.smp=false has one CPU, which %s uses; %s can be no second one"
                            .formatted(HeldLocks.nameOf(first), HeldLocks.nameOf(self)));
        }
    }

    /**
     * Lets the calling thread out.
     *
     * @throws LockUsageException if it is not inside; nothing changes then
     */
    public void leave() {
        if (smp) {
            return;
        }
        // Volatile: pairs with the claim in enter.
        if (!inside.compareAndSet(Thread.currentThread(), null)) {
            Thread other = inside.get();
            throw new LockUsageException(
                    LockFault.NOT_HOLDER,
                    "the process",
                    other == null ? null : HeldLocks.nameOf(other),
                    HeldLocks.nameOf(Thread.currentThread()) + " leaves without being inside");
        }
    }
}
