// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
@SuppressWarnings("WaitNotInLoop") // what is tested is that a wait ends for a reason
class MutexConditionTest {
    @Test
    @DisplayName("L-16 N signals release exactly the N waiters that came first")
    void signalsReleaseAsManyWaiters() throws Exception {
        final Mutex mutex = Mutex.builder().recursive(true).build();
        final MutexCondition condition = mutex.newCondition();
        final AtomicInteger back = new AtomicInteger();
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            final Thread thread =
                    SharedLockContract.start(
                            i % 2 == 0,
                            () -> {
                                mutex.lock();
                                mutex.lock();
                                condition.await();
                                assertThat(mutex.holds()).isEqualTo(2);
                                back.incrementAndGet();
                                mutex.unlock();
                                mutex.unlock();
                            });
            SharedLockContract.awaitParked(thread);
            threads.add(thread);
        }
        mutex.lock();
        for (int i = 0; i < 4; i++) {
            condition.signal();
        }
        assertThat(condition.waiting()).isEqualTo(6);
        mutex.unlock();
        SharedLockContract.join(threads.subList(0, 4));
        assertThat(back).hasValue(4);
        assertThat(threads.subList(4, 10)).allMatch(Thread::isAlive);
        mutex.lock();
        condition.signalAll();
        mutex.unlock();
        SharedLockContract.join(threads);
        assertThat(back).hasValue(10);
    }

    @Test
    @DisplayName("L-16 no signal is lost to a wait that times out or is interrupted at that moment")
    void noSignalIsLostToAWaitThatEnds() throws Exception {
        final Mutex mutex = new Mutex();
        final MutexCondition condition = mutex.newCondition();
        for (int round = 0; round < 1_000; round++) {
            final boolean interrupts = round % 2 == 0;
            final AtomicInteger signalled = new AtomicInteger();
            final AtomicInteger ended = new AtomicInteger();
            final List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                threads.add(
                        SharedLockContract.start(
                                false,
                                () -> {
                                    mutex.lock();
                                    try {
                                        if (condition.awaitNanos(
                                                        interrupts ? Long.MAX_VALUE : 50_000)
                                                > 0) {
                                            signalled.incrementAndGet();
                                        }
                                    } catch (InterruptedException e) {
                                        ended.incrementAndGet();
                                    } finally {
                                        mutex.unlock();
                                    }
                                }));
            }
            if (interrupts) {
                threads.getFirst().interrupt();
            }
            mutex.lock();
            final int waiting = condition.waiting();
            condition.signal();
            mutex.unlock();
            // Whoever had not come by then waits for another signal.
            for (final Thread thread : threads) {
                if (interrupts) {
                    thread.interrupt();
                }
                thread.join();
            }
            assertThat(ended.get()).isLessThanOrEqualTo(interrupts ? 2 : 0);
            assertThat(signalled.get()).isEqualTo(Math.min(waiting, 1));
            assertThat(mutex.isLocked()).isFalse();
        }
    }

    @Test
    @DisplayName("a wait keeps to its time, its interrupt and its mutex")
    void waitKeepsToItsContract() throws Exception {
        final Mutex mutex = new Mutex();
        final MutexCondition condition = mutex.newCondition();
        assertThatThrownBy(condition::await).isInstanceOf(LockUsageException.class);
        assertThatThrownBy(condition::signal).isInstanceOf(LockUsageException.class);
        mutex.lock();
        assertThat(condition.awaitNanos(0)).isNotPositive();
        assertThat(condition.awaitNanos(Long.MIN_VALUE)).isNotPositive();
        final long began = System.nanoTime();
        assertThat(condition.await(10, TimeUnit.MILLISECONDS)).isFalse();
        assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(10_000_000);
        Thread.currentThread().interrupt();
        assertThatThrownBy(condition::await).isInstanceOf(InterruptedException.class);
        assertThat(mutex.isHeldByCurrentThread()).isTrue();
        mutex.unlock();
        assertThat(mutex.asLock().newCondition()).isInstanceOf(MutexCondition.class);
    }
}
