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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
class SemaphoreTest {
    private static final int OPERATIONS = Boolean.getBoolean("stress") ? 10_000_000 : 200_000;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("L-11 L-17 tokens are conserved by all ways to take them and give them back")
    void tokensAreConserved(boolean firstInFirstOut) throws Exception {
        final int tokens = 3;
        final Semaphore semaphore = new Semaphore(tokens, firstInFirstOut);
        final AtomicInteger inside = new AtomicInteger();
        final AtomicInteger tooMany = new AtomicInteger();
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            final int kind = i % 4;
            threads.add(
                    SharedLockContract.start(
                            i >= 4,
                            () -> {
                                for (int n = 0; n < OPERATIONS / 8; n++) {
                                    int taken = 1;
                                    if (kind == 0) {
                                        semaphore.acquire();
                                    } else if (kind == 1) {
                                        taken = semaphore.tryAcquire() ? 1 : 0;
                                    } else if (kind == 2) {
                                        taken = semaphore.tryAcquire(20_000) ? 1 : 0;
                                    } else {
                                        taken = semaphore.takeAll();
                                    }
                                    if (inside.addAndGet(taken) > tokens) {
                                        tooMany.incrementAndGet();
                                    }
                                    inside.addAndGet(-taken);
                                    if (taken == 1 && n % 2 == 0) {
                                        semaphore.releaseIsr();
                                    } else {
                                        semaphore.release(taken);
                                    }
                                }
                            }));
        }
        SharedLockContract.join(threads);
        assertThat(tooMany).hasValue(0);
        assertThat(semaphore.takeAll()).isEqualTo(tokens);
        assertThat(semaphore.tryAcquire()).isFalse();
    }

    @Test
    @DisplayName("L-11 a wait of 0 is a try, one of t ends after t, an endless one by a release")
    void timeOutsAreKept() throws Exception {
        final Semaphore semaphore = new Semaphore(0);
        assertThat(semaphore.tryAcquire(0)).isFalse();
        assertThat(semaphore.tryAcquire(Long.MIN_VALUE)).isFalse();
        final long timeoutNanos = 20_000_000;
        final long began = System.nanoTime();
        assertThat(semaphore.tryAcquire(timeoutNanos)).isFalse();
        assertThat(System.nanoTime() - began).isBetween(timeoutNanos, TimeUnit.SECONDS.toNanos(10));

        final Thread waiter =
                SharedLockContract.start(
                        true, () -> assertThat(semaphore.tryAcquire(Long.MAX_VALUE)).isTrue());
        SharedLockContract.awaitParked(waiter);
        InterruptibleThread.run(thread -> thread.interruptBy(semaphore::releaseIsr));
        waiter.join();
        assertThat(semaphore.available()).isZero();
        semaphore.release(Integer.MAX_VALUE);
        assertThatThrownBy(semaphore::release).isInstanceOf(ArithmeticException.class);
        assertThat(semaphore.available()).isEqualTo(Integer.MAX_VALUE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("L-11 each token wakes one waiter, the one that came first")
    void eachTokenWakesTheOneThatCameFirst(boolean firstInFirstOut) throws Exception {
        final Semaphore semaphore = new Semaphore(0, firstInFirstOut);
        final List<Thread> waiters = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            final Thread waiter = SharedLockContract.start(i % 2 == 0, semaphore::acquire);
            SharedLockContract.awaitParked(waiter);
            waiters.add(waiter);
        }
        for (int i = 0; i < 4; i++) {
            semaphore.release();
            waiters.get(i).join();
            assertThat(waiters.subList(i + 1, 4)).allMatch(Thread::isAlive);
        }
        assertThat(semaphore.available()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("L-11 tokens released at once wake as many waiters")
    void tokensReleasedAtOnceWakeAsManyWaiters(boolean firstInFirstOut) throws Exception {
        final Semaphore semaphore = new Semaphore(0, firstInFirstOut);
        final List<Thread> waiters = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            final Thread waiter = SharedLockContract.start(i % 2 == 0, semaphore::acquire);
            SharedLockContract.awaitParked(waiter);
            waiters.add(waiter);
        }
        semaphore.release(5);
        SharedLockContract.join(waiters.subList(0, 5));
        assertThat(waiters.subList(5, 8)).allMatch(Thread::isAlive);
        semaphore.release(4);
        SharedLockContract.join(waiters);
        assertThat(semaphore.available()).isEqualTo(1);
    }
}
