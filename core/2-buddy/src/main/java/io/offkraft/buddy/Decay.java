// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The clock after which memory that lies free goes back to the operating system.
 *
 * <p>Time is counted in ticks of half the decay time, so that neither allocation nor free reads a
 * clock: a chunk or page keeps the number of the tick in which it became free, and two ticks later
 * its memory goes. The clock of an allocator runs only while it retains something. One daemon
 * thread serves the whole process, and it does not keep an allocator alive.
 *
 * <p>The thread has the lowest priority of Java. That is all: a thread which the kernel hardly ever
 * lets run would keep others out for as long, each time it is stopped with a lock that they need,
 * the allocator's or the kernel's own on the address space.
 */
final class Decay {
    /** Ticks after which a chunk's memory goes. */
    static final int TICKS = 2;

    /** What the clock tells that time has passed. */
    interface Ticking {
        /**
         * On the decay thread: half the decay time has passed.
         *
         * @return whether the clock goes on
         */
        boolean onClock();
    }

    private final long tickNanos;
    private boolean armed; // guarded by the allocator's lock

    Decay(Duration time) {
        tickNanos = time.toNanos() / TICKS;
    }

    boolean isImmediate() {
        return tickNanos == 0;
    }

    /** Under the lock: returns whether the clock runs. */
    boolean isArmed() {
        return armed || isImmediate();
    }

    /**
     * Under the lock: notes that the clock runs.
     *
     * @return whether the caller must {@link #schedule} it, once it has released the lock
     */
    boolean arm() {
        boolean wasArmed = armed;
        armed = true;
        return !wasArmed;
    }

    /** Under the lock: notes that the clock stands. */
    void disarm() {
        armed = false;
    }

    /** Starts the clock. */
    void schedule(Ticking retention) {
        tickLater(new WeakReference<>(retention), tickNanos);
    }

    private static void tickLater(WeakReference<Ticking> retention, long nanos) {
        Runnable tick =
                () -> {
                    Ticking alive = retention.get();
                    if (alive != null && alive.onClock()) {
                        tickLater(retention, nanos);
                    }
                };
        var _ = Clock.THREAD.schedule(tick, nanos, TimeUnit.NANOSECONDS);
    }

    /** Started when the first allocator needs it. */
    private static final class Clock {
        static final ScheduledExecutorService THREAD =
                Executors.newSingleThreadScheduledExecutor(Clock::newThread);

        @SuppressWarnings("ThreadPriorityCheck") // nothing relies on it: see above
        private static Thread newThread(Runnable task) {
            return Thread.ofPlatform()
                    .daemon()
                    .priority(Thread.MIN_PRIORITY)
                    .name("offkraft-decay")
                    .unstarted(task);
        }
    }
}
