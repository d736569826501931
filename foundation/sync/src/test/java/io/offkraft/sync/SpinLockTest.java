// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SpinLockTest extends ExclusiveLockContract {
    @Override
    ExclusiveLock newLock() {
        return new SpinLock();
    }

    @Test
    @DisplayName("L-01 the checker rejects a lock that checks and then sets")
    void checkerRejectsTheBrokenTwin() throws InterruptedException {
        final int attempts = 100; // one is enough nearly always
        for (int attempt = 0; attempt < attempts; attempt++) {
            final CounterUnderLock counter = new CounterUnderLock(new CheckThenSetLock());
            if (!counter.run(4, 100_000, task -> Thread.ofPlatform().start(task)).exact()) {
                return;
            }
        }
        throw new AssertionError("the checker took a broken lock for a good one");
    }

    /** Sections of some microseconds, one after the other, for a second. */
    private static final class Greedy extends Thread {
        private static final int PAUSES = 100;
        private static final long NANOS = 1_000_000_000;

        private final SpinLock lock;
        private long sections;

        Greedy(SpinLock lock) {
            this.lock = lock;
        }

        @Override
        public void run() {
            final long began = System.nanoTime();
            while (System.nanoTime() - began < NANOS) {
                lock.lock();
                try {
                    for (int pause = 0; pause < PAUSES; pause++) {
                        Thread.onSpinWait();
                    }
                } finally {
                    lock.unlock();
                }
                sections++;
            }
        }
    }

    @Test
    @DisplayName("L-02 a thread that locks again as soon as it has unlocked keeps no other out")
    void greedyThreadKeepsNobodyOut() throws InterruptedException {
        final SpinLock lock = new SpinLock();
        final Greedy one = new Greedy(lock);
        final Greedy other = new Greedy(lock);
        one.start();
        other.start();
        one.join();
        other.join();
        // It was some ten thousand times as many, before a waiter could say that it is urgent.
        assertThat(Math.max(one.sections, other.sections))
                .isLessThan(300 * Math.min(one.sections, other.sections));
    }
}
