// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.McsLock;
import io.offkraft.sync.TicketLock;
import io.offkraft.word.SchedulePoint;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real threads, one of which is stopped where the kernel would take its CPU away. */
final class HeirWithoutCpuTest {
    /** Far fewer than an heir makes before it wants to sleep, and more than until its wish. */
    private static final int SPINS_BEFORE = 20;

    /** Stops a thread that spins. */
    private static final class Stopper implements SchedulePoint.Driver {
        private final CountDownLatch stopped = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);
        private volatile @Nullable Thread victim;
        private int spins;

        @Override
        public void reached() {}

        @Override
        public void spun() {
            if (Thread.currentThread() == victim && ++spins == SPINS_BEFORE) {
                stopped.countDown();
                awaitUninterruptibly(goOn);
            }
            Thread.onSpinWait();
        }

        @Override
        public void parked(Object blocker, long nanos) {
            LockSupport.parkNanos(blocker, nanos);
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e); // nobody interrupts
        }
    }

    @AfterEach
    void noDriver() {
        SchedulePoint.drive(null);
    }

    @ParameterizedTest
    @ValueSource(classes = {TicketLock.class, McsLock.class})
    @DisplayName("L-03 what was handed over to a thread that lost its CPU others may take")
    void othersTakeWhatWasHandedOverToAThreadWithoutACpu(Class<? extends ExclusiveLock> kind)
            throws Exception {
        ExclusiveLock lock = kind.getConstructor().newInstance();
        Stopper stopper = new Stopper();
        boolean[] entered = new boolean[1];
        lock.lock();
        Thread heir =
                new Thread(() -> {
                    lock.lock();
                    entered[0] = true;
                    lock.unlock();
                });
        stopper.victim = heir;
        SchedulePoint.drive(stopper);
        heir.start();
        stopper.stopped.await();
        lock.unlock(); // hands over
        assertThat(lock.isLocked()).isTrue();

        assertThat(lock.tryLock(TimeUnit.SECONDS.toNanos(30))).isTrue();
        lock.unlock();
        lock.lock();
        lock.unlock();

        stopper.goOn.countDown();
        heir.join();
        assertThat(entered[0]).isTrue();
        assertThat(lock.isLocked()).isFalse();
        assertThat(lock.tryLock()).isTrue();
    }
}
