// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.word;

import io.offkraft.config.OffkraftConfig;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The places where another thread may come between, and all waiting that a lock does itself.
 *
 * <p>Code that shares words among threads calls {@link #reach()} before each access to one, and
 * waits through the other methods here. Normally that is nothing, or the call of the JDK. With
 * {@code offkraft.debug.schedule=true} a {@link Driver} decides who goes on: the schedule explorer
 * in {@code verify/} runs all threads on one and chooses among them by a seed. It is also where
 * model checkers that see only accesses of fields find accesses of off-heap words.
 *
 * <p><b>Thread safety:</b> any thread.
 *
 * <p><b>Memory effects:</b> none that may be relied on.
 */
public final class SchedulePoint {
    /** Whether there may be a driver: a constant, so that without one nothing is left of a call. */
    private static final boolean ON = OffkraftConfig.DEBUG_SCHEDULE;

    private static volatile @Nullable Driver driver;

    private SchedulePoint() {}

    /** Decides in which order threads go on. */
    public interface Driver {
        /** The calling thread is about to access a shared word. */
        void reached();

        /** The calling thread has found that it must wait for another, and spins. */
        void spun();

        /** The calling thread wants to sleep for at most {@code nanos}, or until it is unparked. */
        void parked(Object blocker, long nanos);

        /** Returns the time in nanoseconds that timed waits go by. */
        long nanoTime();
    }

    /**
     * Makes {@code newDriver} decide from now on; {@code null} gives the threads back to the JVM.
     *
     * @throws IllegalStateException unless {@code offkraft.debug.schedule=true}
     */
    public static void drive(@Nullable Driver newDriver) {
        if (!ON) {
            throw new IllegalStateException(
                    "schedules are driven only with offkraft.debug.schedule=true");
        }
        driver = newDriver;
    }

    /** Another thread may come between here: called before each access to a shared word. */
    public static void reach() {
        if (ON) {
            Driver present = driver;
            if (present != null) {
                present.reached();
            }
        }
    }

    /** One turn of a loop that waits for another thread. */
    public static void spin() {
        Driver present = ON ? driver : null;
        if (present != null) {
            present.spun();
        } else {
            Thread.onSpinWait();
        }
    }

    /** Offers the CPU to another thread. */
    @SuppressWarnings("ThreadPriorityCheck") // correct without; it lets a preempted thread run
    public static void offerCpu() {
        Driver present = ON ? driver : null;
        if (present != null) {
            present.spun();
        } else {
            Thread.yield();
        }
    }

    /** Sleeps until the thread is unparked; may return earlier, as {@link LockSupport#park()}. */
    public static void park(Object blocker) {
        reach();
        LockSupport.park(blocker);
    }

    /** Sleeps as {@link #park}, for at most {@code nanos} nanoseconds. */
    public static void parkNanos(Object blocker, long nanos) {
        Driver present = ON ? driver : null;
        if (present != null) {
            present.parked(blocker, nanos);
        } else {
            LockSupport.parkNanos(blocker, nanos);
        }
    }

    /** Returns the time that timed waits go by, as {@link System#nanoTime()}. */
    public static long nanoTime() {
        Driver present = ON ? driver : null;
        return present != null ? present.nanoTime() : System.nanoTime();
    }
}
