// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
class SpinLockTest {
    /** All threads together; the deep run is the one of the scenario, 10^6 for each. */
    private static final int ADDITIONS = 4_000_000;

    private static int additionsOfEach(int threads) {
        return Boolean.getBoolean("stress") ? 1_000_000 : ADDITIONS / threads;
    }

    private static final Executor PLATFORM = task -> Thread.ofPlatform().start(task);
    private static final Executor VIRTUAL = task -> Thread.ofVirtual().start(task);

    private static Executor mixed() {
        final AtomicInteger next = new AtomicInteger();
        return task -> (next.getAndIncrement() % 2 == 0 ? PLATFORM : VIRTUAL).execute(task);
    }

    @ParameterizedTest(name = "L-01 {0} threads add under the lock to an exact sum")
    @ValueSource(ints = {1, 2, 4, 8, 16, 32, 64})
    void platformThreadsAddToAnExactSum(int threads) throws InterruptedException {
        final CounterUnderLock counter = new CounterUnderLock(new SpinLock());
        assertThat(counter.run(threads, additionsOfEach(threads), PLATFORM))
                .matches(CounterUnderLock.Result::exact);
    }

    @ParameterizedTest(name = "L-17 {0} platform and virtual threads add under one lock")
    @ValueSource(ints = {2, 8, 64})
    void platformAndVirtualThreadsAddToAnExactSum(int threads) throws InterruptedException {
        final CounterUnderLock counter = new CounterUnderLock(new SpinLock());
        assertThat(counter.run(threads, additionsOfEach(threads), mixed()))
                .matches(CounterUnderLock.Result::exact);
    }

    @Test
    @DisplayName("L-01 the checker rejects a lock that checks and then sets")
    void checkerRejectsTheBrokenTwin() throws InterruptedException {
        final int attempts = 100; // one is enough nearly always
        for (int attempt = 0; attempt < attempts; attempt++) {
            final CounterUnderLock counter = new CounterUnderLock(new CheckThenSetLock());
            if (!counter.run(4, 100_000, PLATFORM).exact()) {
                return;
            }
        }
        throw new AssertionError("the checker took a broken lock for a good one");
    }

    @Test
    @DisplayName("L-02 a try on a held lock returns false and changes nothing")
    void tryOnHeldLockFailsAndChangesNothing() throws InterruptedException {
        final SpinLock lock = new SpinLock();
        lock.lock();

        final AtomicBoolean acquired = new AtomicBoolean(true);
        final Thread other = Thread.ofPlatform().start(() -> acquired.set(lock.tryLock()));
        other.join();

        assertThat(acquired).isFalse();
        assertThat(lock.isLocked()).isTrue();
        assertThat(lock.tryLock()).isFalse();
        lock.unlock();
        assertThat(lock.isLocked()).isFalse();
        assertThat(lock.tryLock()).isTrue();
        assertThat(lock.isLocked()).isTrue();
    }

    @Test
    @DisplayName("L-04 each of a thousand locks is usable and none is coupled to another")
    void thousandLocksAreNotCoupled() {
        final SpinLock[] locks = new SpinLock[1_000];
        for (int i = 0; i < locks.length; i++) {
            locks[i] = new SpinLock();
        }
        for (int i = 0; i < locks.length; i += 2) {
            locks[i].lock();
        }
        for (int i = 0; i < locks.length; i++) {
            assertThat(locks[i].isLocked()).as("lock %d", i).isEqualTo(i % 2 == 0);
            assertThat(locks[i].tryLock()).as("try of lock %d", i).isEqualTo(i % 2 != 0);
        }
        for (final SpinLock lock : locks) {
            lock.unlock();
        }
        assertThat(locks).noneMatch(SpinLock::isLocked);
    }

    @ParameterizedTest(name = "a waiter that was interrupted waits on, virtual: {0}")
    @ValueSource(booleans = {false, true})
    void interruptedWaiterWaitsOnAndKeepsItsStatus(boolean virtual) throws InterruptedException {
        final SpinLock lock = new SpinLock();
        lock.lock();
        final AtomicBoolean inside = new AtomicBoolean();
        final AtomicBoolean status = new AtomicBoolean();
        final Runnable waiter =
                () -> {
                    lock.lock();
                    inside.set(true);
                    status.set(Thread.currentThread().isInterrupted());
                    lock.unlock();
                };
        final Thread thread =
                virtual ? Thread.ofVirtual().start(waiter) : Thread.ofPlatform().start(waiter);
        awaitParked(thread);
        thread.interrupt();
        awaitParked(thread);

        assertThat(inside).isFalse();
        lock.unlock();
        thread.join();
        assertThat(inside).isTrue();
        assertThat(status).isTrue();
        assertThat(lock.isLocked()).isFalse();
    }

    @Test
    @DisplayName("an interrupted waiter sleeps like another and does not burn its CPU")
    void interruptedWaiterDoesNotBurnItsCpu() throws InterruptedException {
        final long waitMillis = 200;
        final SpinLock lock = new SpinLock();
        lock.lock();
        final AtomicLong cpuNanos = new AtomicLong();
        final Thread waiter =
                Thread.ofPlatform()
                        .start(() -> {
                            Thread.currentThread().interrupt();
                            final long before = cpuNanosOfThisThread();
                            lock.lock();
                            cpuNanos.set(cpuNanosOfThisThread() - before);
                            lock.unlock();
                        });
        awaitParked(waiter);
        assertThat(waiter.join(Duration.ofMillis(waitMillis))).isFalse();
        lock.unlock();
        waiter.join();

        assertThat(cpuNanos.get())
                .as("CPU time in a wait of %d ms", waitMillis)
                .isBetween(1L, TimeUnit.MILLISECONDS.toNanos(waitMillis) / 2);
    }

    /** The kernel's account, by the thread itself. */
    private static long cpuNanosOfThisThread() {
        try {
            final String account = Files.readString(Path.of("/proc/thread-self/schedstat"));
            return Long.parseLong(account.substring(0, account.indexOf(' ')));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @DisplayName("L-17 more waiting virtual threads than carriers leave a carrier to the holder")
    void waitingVirtualThreadsDoNotPinTheirCarriers() throws InterruptedException {
        final SpinLock lock = new SpinLock();
        final int waiters = 4 * Runtime.getRuntime().availableProcessors();
        final CountDownLatch arrived = new CountDownLatch(waiters);
        final AtomicInteger entered = new AtomicInteger();
        lock.lock();
        final Thread[] threads = new Thread[waiters];
        for (int i = 0; i < waiters; i++) {
            threads[i] =
                    Thread.ofVirtual()
                            .start(() -> {
                                arrived.countDown();
                                lock.lock();
                                entered.incrementAndGet();
                                lock.unlock();
                            });
        }
        arrived.await();
        // Needs a carrier while all the others wait: the test hangs, and times out, if they pin
        // theirs.
        Thread.ofVirtual().start(lock::unlock).join();
        for (final Thread thread : threads) {
            thread.join();
        }
        assertThat(entered).hasValue(waiters);
    }

    private static void awaitParked(Thread thread) {
        while (thread.getState() != Thread.State.TIMED_WAITING) {
            assertThat(thread.isAlive()).isTrue();
            Thread.onSpinWait();
        }
    }
}
