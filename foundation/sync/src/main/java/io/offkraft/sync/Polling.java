// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;

/**
 * Waiting for a word to change that nobody will wake one for: spin while that may help, then offer
 * the CPU, then sleep, longer and longer.
 *
 * <p>The holder may have been preempted, or be a virtual thread without a carrier: then spinning
 * only keeps the CPU from it. There is no queue of sleepers, so whoever changes the word need not
 * know of them, and no wake-up can be lost; the price is a bounded oversleep.
 *
 * <p>A waiter may eat an unpark meant for something else that its thread waits for. That is
 * allowed: whoever parks looks at what it waits for before it parks again.
 */
final class Polling {
    /** CPUs that threads of this process can run on at a time. */
    static final int CPUS = Runtime.getRuntime().availableProcessors();

    /**
     * Pauses in the first turn, some 0.2 microseconds: so long the line of the lock is left to its
     * holder. Each turn is twice the one before.
     */
    private static final int FIRST_PAUSES = 16;

    /**
     * Turns awake. Some 25 microseconds together: longer than any section that makes no system
     * call, and about what a sleep costs.
     */
    static final int SPINS = CPUS == 1 ? 0 : 7;

    /** The first turn that sleeps. */
    static final int FIRST_SLEEP = SPINS + 2;

    /** The longest sleep, in nanoseconds. */
    static final long SLEEP_NANOS_MAX = 1_000_000;

    private static final long SLEEP_NANOS_MIN = 100_000;

    /** So many doublings take the shortest sleep to the longest. */
    private static final int DOUBLINGS_MAX = 4;

    private Polling() {}

    /** Waits as long as is right after {@code turn} looks in vain, without a sleep. */
    static void pauseAwake(int turn) {
        if (turn < SPINS) {
            // Longer and longer, so that a crowd does not fetch the line in step.
            for (int pauses = FIRST_PAUSES << turn; pauses > 0; pauses--) {
                SchedulePoint.spin();
            }
        } else {
            SchedulePoint.offerCpu();
        }
    }

    /**
     * Returns how long to sleep after {@code turn} looks in vain; 0 if it is too early to sleep.
     */
    static long sleepNanos(int turn) {
        return turn < FIRST_SLEEP
                ? 0
                : Math.min(
                        SLEEP_NANOS_MIN << Math.min(turn - FIRST_SLEEP, DOUBLINGS_MAX),
                        SLEEP_NANOS_MAX);
    }

    /** Acquires {@code lock} by tries, as long as it takes. */
    static void lock(ExclusiveLock lock) {
        Patience patience = Patience.endless();
        acquire(lock, patience);
        patience.concludeEndless();
    }

    /** Acquires {@code lock} by tries, unless the thread is interrupted. */
    static void lockInterruptibly(ExclusiveLock lock) throws InterruptedException {
        Patience patience = Patience.interruptible();
        patience.conclude(acquire(lock, patience));
    }

    /** Acquires {@code lock} by tries for at most {@code timeoutNanos}, unless interrupted. */
    static boolean tryLock(ExclusiveLock lock, long timeoutNanos) throws InterruptedException {
        Patience patience = Patience.timed(timeoutNanos);
        return patience.conclude(acquire(lock, patience));
    }

    private static boolean acquire(ExclusiveLock lock, Patience patience) {
        for (int turn = 0; !lock.tryLock(); turn++) {
            if (patience.isOver()) {
                return false;
            }
            pause(lock, turn, patience);
        }
        return true;
    }

    /**
     * Waits as long as is right after {@code turn} looks in vain at what {@code blocker} guards.
     */
    static void pause(Object blocker, int turn, Patience patience) {
        long sleep = sleepNanos(turn);
        if (sleep == 0) {
            pauseAwake(turn);
        } else {
            patience.sleep(blocker, sleep);
        }
    }
}
