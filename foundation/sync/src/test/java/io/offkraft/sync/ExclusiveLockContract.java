// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every exclusive lock keeps to; a subclass says which. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
abstract class ExclusiveLockContract {
    /** All threads together; the deep run is the one of the scenario, 10^6 for each. */
    private static final int ADDITIONS = 4_000_000;

    /** Returns a new free lock of the kind under test. */
    abstract ExclusiveLock newLock();

    /** Returns how many additions all threads together make. */
    int additions() {
        return ADDITIONS;
    }

    private int additionsOfEach(int threads) {
        return Boolean.getBoolean("stress") ? 1_000_000 : additions() / threads;
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
        final CounterUnderLock counter = new CounterUnderLock(newLock());
        assertThat(counter.run(threads, additionsOfEach(threads), PLATFORM))
                .matches(CounterUnderLock.Result::exact);
    }

    @ParameterizedTest(name = "L-17 {0} platform and virtual threads add under one lock")
    @ValueSource(ints = {2, 8, 64})
    void platformAndVirtualThreadsAddToAnExactSum(int threads) throws InterruptedException {
        final CounterUnderLock counter = new CounterUnderLock(newLock());
        assertThat(counter.run(threads, additionsOfEach(threads), mixed()))
                .matches(CounterUnderLock.Result::exact);
    }

    @Test
    @DisplayName("L-02 a try on a held lock returns false and changes nothing")
    void tryOnHeldLockFailsAndChangesNothing() throws InterruptedException {
        final ExclusiveLock lock = newLock();
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
        final ExclusiveLock[] locks = new ExclusiveLock[1_000];
        for (int i = 0; i < locks.length; i++) {
            locks[i] = newLock();
        }
        for (int i = 0; i < locks.length; i += 2) {
            locks[i].lock();
        }
        for (int i = 0; i < locks.length; i++) {
            assertThat(locks[i].isLocked()).as("lock %d", i).isEqualTo(i % 2 == 0);
            assertThat(locks[i].tryLock()).as("try of lock %d", i).isEqualTo(i % 2 != 0);
        }
        for (final ExclusiveLock lock : locks) {
            lock.unlock();
        }
        assertThat(locks).noneMatch(ExclusiveLock::isLocked);
    }

    @ParameterizedTest(name = "a waiter that was interrupted waits on, virtual: {0}")
    @ValueSource(booleans = {false, true})
    void interruptedWaiterWaitsOnAndKeepsItsStatus(boolean virtual) throws InterruptedException {
        final ExclusiveLock lock = newLock();
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
        final ExclusiveLock lock = newLock();
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
        final ExclusiveLock lock = newLock();
        final int waiters = 4 * Runtime.getRuntime().availableProcessors();
        final CountDownLatch arrived = new CountDownLatch(waiters);
        final AtomicInteger entered = new AtomicInteger();
        final CountDownLatch held = new CountDownLatch(1);
        final Thread holder =
                start(
                        true,
                        () -> {
                            lock.lock();
                            held.countDown();
                            arrived.await();
                            lock.unlock();
                        });
        held.await();
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
        // The holder needs a carrier while all the others wait: the test hangs, and times out, if
        // they pin theirs.
        holder.join();
        for (final Thread thread : threads) {
            thread.join();
        }
        assertThat(entered).hasValue(waiters);
    }

    @Test
    @DisplayName("L-11 a timed try of a held lock gives up when its time is over, not before")
    void timedTryGivesUpWhenItsTimeIsOver() throws InterruptedException {
        final ExclusiveLock lock = newLock();
        final AtomicLong waitedNanos = new AtomicLong();
        final AtomicBoolean acquired = new AtomicBoolean(true);
        lock.lock();
        final long timeoutNanos = TimeUnit.MILLISECONDS.toNanos(20);
        Thread.ofPlatform()
                .start(() -> {
                    final long began = System.nanoTime();
                    try {
                        acquired.set(lock.tryLock(timeoutNanos));
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    waitedNanos.set(System.nanoTime() - began);
                })
                .join();

        assertThat(acquired).isFalse();
        assertThat(waitedNanos.get()).isBetween(timeoutNanos, TimeUnit.SECONDS.toNanos(10));
        assertThat(lock.tryLock(0)).as("a single try").isFalse();
        assertThat(lock.isLocked()).isTrue();
        lock.unlock();
        assertThat(lock.tryLock(0)).as("a single try of a free lock").isTrue();
        lock.unlock();
    }

    @ParameterizedTest(name = "a timed try gets a lock that is released in time, virtual: {0}")
    @ValueSource(booleans = {false, true})
    void timedTryGetsALockThatIsReleasedInTime(boolean virtual) throws InterruptedException {
        final ExclusiveLock lock = newLock();
        final AtomicBoolean acquired = new AtomicBoolean();
        lock.lock();
        final Thread waiter =
                start(
                        virtual,
                        () -> {
                            acquired.set(lock.tryLock(Long.MAX_VALUE));
                            lock.unlock();
                        });
        awaitParked(waiter);
        lock.unlock();
        waiter.join();
        assertThat(acquired).isTrue();
        assertThat(lock.isLocked()).isFalse();
    }

    @ParameterizedTest(name = "an interrupt ends an interruptible wait, virtual: {0}")
    @ValueSource(booleans = {false, true})
    void interruptEndsAnInterruptibleWait(boolean virtual) throws InterruptedException {
        final ExclusiveLock lock = newLock();
        final AtomicBoolean thrown = new AtomicBoolean();
        lock.lock();
        final Thread waiter =
                start(
                        virtual,
                        () -> {
                            try {
                                lock.lockInterruptibly();
                            } catch (InterruptedException e) {
                                thrown.set(!Thread.currentThread().isInterrupted());
                            }
                        });
        awaitParked(waiter);
        waiter.interrupt();
        waiter.join();
        assertThat(thrown).as("thrown, and the status cleared").isTrue();
        assertThat(lock.isLocked()).isTrue();
        lock.unlock();
        assertThat(lock.isLocked()).isFalse();

        Thread.currentThread().interrupt();
        assertThatThrownBy(lock::lockInterruptibly).isInstanceOf(InterruptedException.class);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> lock.tryLock(1)).isInstanceOf(InterruptedException.class);
        assertThat(lock.isLocked()).as("neither took it").isFalse();
        lock.lock();
        lock.unlock();
    }

    @Test
    @DisplayName("waiters that give up, by time or interrupt, leave the others their turn")
    void waitersThatGiveUpLeaveTheOthersTheirTurn() throws InterruptedException {
        final ExclusiveLock lock = newLock();
        final int waiters = 30;
        final AtomicInteger entered = new AtomicInteger();
        final AtomicInteger gaveUp = new AtomicInteger();
        lock.lock();
        final Thread[] threads = new Thread[waiters];
        for (int i = 0; i < waiters; i++) {
            final int kind = i % 3;
            threads[i] =
                    start(
                            i % 2 == 0,
                            () -> {
                                try {
                                    if (kind == 0) {
                                        lock.lock();
                                    } else if (kind == 1) {
                                        lock.lockInterruptibly();
                                    } else if (!lock.tryLock(1_000_000)) {
                                        gaveUp.incrementAndGet();
                                        return;
                                    }
                                    entered.incrementAndGet();
                                    lock.unlock();
                                } catch (InterruptedException e) {
                                    gaveUp.incrementAndGet();
                                }
                            });
        }
        for (int i = 0; i < waiters; i++) {
            if (i % 3 == 1) {
                awaitParked(threads[i]);
                threads[i].interrupt();
                threads[i].join();
            } else if (i % 3 == 2) {
                threads[i].join();
            }
        }
        lock.unlock();
        for (final Thread thread : threads) {
            thread.join();
        }
        assertThat(entered).hasValue(waiters / 3);
        assertThat(gaveUp).hasValue(waiters - waiters / 3);
        assertThat(lock.isLocked()).isFalse();
    }

    @Test
    @DisplayName("timed tries under contention keep the sum exact")
    void timedTriesUnderContentionKeepTheSumExact() throws InterruptedException {
        final ExclusiveLock lock = newLock();
        final long[] count = new long[1];
        final AtomicLong expected = new AtomicLong();
        final Thread[] threads = new Thread[6];
        for (int i = 0; i < threads.length; i++) {
            final long timeoutNanos = i * 2_000L;
            threads[i] =
                    start(
                            i % 2 == 0,
                            () -> {
                                long mine = 0;
                                for (int n = 0; n < 20_000; n++) {
                                    if (lock.tryLock(timeoutNanos)) {
                                        count[0]++;
                                        mine++;
                                        lock.unlock();
                                    }
                                }
                                expected.addAndGet(mine);
                            });
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        assertThat(count[0]).isEqualTo(expected.get()).isPositive();
        assertThat(lock.isLocked()).isFalse();
    }

    @Test
    @SuppressWarnings("LockNotBeforeTry") // what is tested is when it is held
    @DisplayName("the JDK's view of the lock keeps to the contract of the JDK")
    void viewKeepsToTheContractOfTheJdk() throws InterruptedException {
        final ExclusiveLock lock = newLock();
        final Lock view = lock.asLock();
        view.lock();
        assertThat(lock.isLocked()).isTrue();
        final AtomicBoolean acquired = new AtomicBoolean(true);
        start(false, () -> acquired.set(view.tryLock() || view.tryLock(1, TimeUnit.MILLISECONDS)))
                .join();
        assertThat(acquired).isFalse();
        view.unlock();
        assertThat(view.tryLock(1, TimeUnit.SECONDS)).isTrue();
        view.unlock();
        view.lockInterruptibly();
        assertThat(lock.isLocked()).isTrue();
        view.unlock();
        assertThat(lock.isLocked()).isFalse();
    }

    @Test
    @DisplayName("L-02 a failed irqsave try restores the mask, one that succeeds keeps it masked")
    void failedIrqSaveTryRestoresTheMask() throws InterruptedException {
        final ExclusiveLock lock = newLock();
        lock.lock();
        InterruptibleThread.run(thread -> {
            assertThat(lock.tryLockIrqSave()).isNull();
            assertThat(InterruptState.interruptsEnabled()).isTrue();
        });
        lock.unlock();
        InterruptibleThread.run(thread -> {
            final InterruptState.Token token = lock.tryLockIrqSave();
            assertThat(token).isNotNull();
            assertThat(InterruptState.interruptsEnabled()).isFalse();
            lock.unlockIrqRestore(token);
            assertThat(InterruptState.interruptsEnabled()).isTrue();
        });
        assertThat(lock.isLocked()).isFalse();
    }

    @Test
    @DisplayName("L-05 with irqsave an interrupt waits until the lock is free again")
    void withIrqSaveAnInterruptWaitsUntilTheLockIsFree() throws InterruptedException {
        final ExclusiveLock lock = newLock();
        InterruptibleThread.run(thread -> {
            final AtomicInteger entered = new AtomicInteger();
            final Runnable handler =
                    () -> {
                        assertThat(InterruptState.inInterrupt()).isTrue();
                        assertThat(lock.tryLock()).isTrue();
                        entered.incrementAndGet();
                        lock.unlock();
                    };
            final InterruptState.Token token = lock.lockIrqSave();
            thread.interruptBy(handler);
            assertThat(entered).as("masked").hasValue(0);
            lock.unlockIrqRestore(token);
            assertThat(entered).as("unmasked").hasValue(1);
        });
    }

    /** What a waiter does; may be interrupted. */
    private interface Step {
        void run() throws InterruptedException;
    }

    private static Thread start(boolean virtual, Step step) {
        final Runnable task =
                () -> {
                    try {
                        step.run();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                };
        return virtual ? Thread.ofVirtual().start(task) : Thread.ofPlatform().start(task);
    }

    private static void awaitParked(Thread thread) {
        while (thread.getState() != Thread.State.TIMED_WAITING) {
            assertThat(thread.isAlive()).isTrue();
            Thread.onSpinWait();
        }
    }
}
