// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the locks with a queue keep to beside what every lock does. */
abstract class QueuedLockContract extends ExclusiveLockContract {
    static final int WAITERS = 64;

    @Override
    abstract QueuedLock newLock();

    @Test
    @DisplayName("L-03 64 waiters get the lock in the order in which they came")
    void waitersGetTheLockInTheOrderInWhichTheyCame() throws InterruptedException {
        assertFirstInFirstOut(newLock());
    }

    static void assertFirstInFirstOut(QueuedLock lock) throws InterruptedException {
        final List<Integer> order = new ArrayList<>();
        final List<Integer> expected = new ArrayList<>();
        final List<Thread> threads = new ArrayList<>();
        lock.lock();
        for (int i = 0; i < WAITERS; i++) {
            final int number = i;
            final Thread thread =
                    Thread.ofPlatform()
                            .start(() -> {
                                lock.lock();
                                order.add(number);
                                lock.unlock();
                            });
            // Who sleeps has its place in the queue.
            while (thread.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
            threads.add(thread);
            expected.add(number);
        }
        lock.unlock();
        for (final Thread thread : threads) {
            thread.join();
        }
        assertThat(order).isEqualTo(expected);
        assertThat(lock.isLocked()).isFalse();
    }
}
