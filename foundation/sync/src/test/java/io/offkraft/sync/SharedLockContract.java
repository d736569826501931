// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.word.SchedulePoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every lock for readers and writers keeps to; a subclass says which. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
abstract class SharedLockContract {
    private static final int SCALE = Boolean.getBoolean("stress") ? 100 : 1;

    /** In one of so many the others are let run: two CPUs need not be free for them to meet. */
    private static final int ROUNDS_A_YIELD = 1000;

    /** Returns a new free lock of the kind under test. */
    abstract SharedLock newLock();

    @Test
    @DisplayName("L-12 two readers are inside at once, and a writer is not let in")
    void twoReadersAreInsideAtOnce() throws Exception {
        final SharedLock lock = newLock();
        final CyclicBarrier inside = new CyclicBarrier(2);
        final AtomicBoolean writerEntered = new AtomicBoolean();
        final List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            readers.add(
                    start(
                            i == 0,
                            () -> {
                                lock.lockRead();
                                inside.await();
                                writerEntered.compareAndSet(false, lock.tryLockWrite());
                                inside.await();
                                lock.unlockRead();
                            }));
        }
        join(readers);
        assertThat(writerEntered).isFalse();
        assertThat(lock.isReadLocked()).isFalse();
        assertThat(lock.tryLockWrite()).isTrue();
        assertThat(lock.isWriteLocked()).isTrue();
        lock.unlockWrite();
    }

    @Test
    @DisplayName("L-02 L-12 tries under a writer fail and change nothing")
    void triesUnderAWriterFail() throws Exception {
        final SharedLock lock = newLock();
        lock.lockWrite();
        final AtomicInteger acquired = new AtomicInteger();
        start(
                        false,
                        () -> {
                            acquired.addAndGet(lock.tryLockRead() ? 1 : 0);
                            acquired.addAndGet(lock.tryLockWrite() ? 1 : 0);
                            acquired.addAndGet(lock.tryLockRead(1_000_000) ? 1 : 0);
                            acquired.addAndGet(lock.tryLockWrite(1_000_000) ? 1 : 0);
                        })
                .join();
        assertThat(acquired).hasValue(0);
        assertThat(lock.isWriteLocked()).isTrue();
        lock.unlockWrite();
        assertThat(lock.isWriteLocked()).isFalse();
        assertThat(lock.tryLockRead()).isTrue();
        assertThat(lock.isReadLocked()).isTrue();
        lock.unlockRead();
        assertThat(lock.isReadLocked()).isFalse();
    }

    @ParameterizedTest(name = "L-12 {0} threads that read and write see whole writings, sum exact")
    @ValueSource(ints = {2, 4, 8, 32})
    void readersSeeWholeWritings(int threads) throws Exception {
        final SharedLock lock = newLock();
        final int rounds = 400_000 * SCALE / threads;
        final long[] data = new long[2];
        final AtomicLong torn = new AtomicLong();
        final AtomicLong written = new AtomicLong();
        final List<Thread> all = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            final int salt = i;
            all.add(
                    start(
                            i % 2 == 0,
                            () -> {
                                long writings = 0;
                                long tears = 0;
                                for (int n = 0; n < rounds; n++) {
                                    if ((n + salt) % 10 == 0) {
                                        lock.lockWrite();
                                        data[0]++;
                                        if (n % ROUNDS_A_YIELD < 10) {
                                            SchedulePoint.offerCpu();
                                        }
                                        data[1]++;
                                        lock.unlockWrite();
                                        writings++;
                                    } else {
                                        lock.lockRead();
                                        tears += data[0] == data[1] ? 0 : 1;
                                        lock.unlockRead();
                                    }
                                }
                                written.addAndGet(writings);
                                torn.addAndGet(tears);
                            }));
        }
        join(all);
        assertThat(torn).hasValue(0);
        assertThat(data).containsExactly(written.get(), written.get());
        assertThat(lock.isReadLocked() || lock.isWriteLocked()).isFalse();
    }

    @Test
    @DisplayName("L-12 a stream of readers does not starve a writer")
    void streamOfReadersDoesNotStarveAWriter() throws Exception {
        final SharedLock lock = newLock();
        final AtomicBoolean stop = new AtomicBoolean();
        final CountDownLatch reading = new CountDownLatch(2);
        // Each holds the lock until it has seen the other hold it again: it is never free.
        final AtomicLong[] begun = {new AtomicLong(), new AtomicLong()};
        final List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            final AtomicLong mine = begun[i];
            final AtomicLong others = begun[1 - i];
            readers.add(
                    start(
                            false,
                            () -> {
                                while (!stop.get()) {
                                    lock.lockRead();
                                    mine.incrementAndGet();
                                    reading.countDown();
                                    final long seen = others.get();
                                    for (int n = 0; n < 1_000 && others.get() == seen; n++) {
                                        Thread.onSpinWait();
                                    }
                                    lock.unlockRead();
                                }
                            }));
        }
        reading.await();
        for (int n = 0; n < 20; n++) {
            assertThat(lock.tryLockWrite(TimeUnit.SECONDS.toNanos(30))).isTrue();
            lock.unlockWrite();
        }
        stop.set(true);
        join(readers);
    }

    @Test
    @DisplayName("L-12 a stream of writers does not starve a reader")
    void streamOfWritersDoesNotStarveAReader() throws Exception {
        final SharedLock lock = newLock();
        final AtomicBoolean stop = new AtomicBoolean();
        final CountDownLatch writing = new CountDownLatch(3);
        final List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            writers.add(
                    start(
                            false,
                            () -> {
                                while (!stop.get()) {
                                    lock.lockWrite();
                                    writing.countDown();
                                    lock.unlockWrite();
                                }
                            }));
        }
        writing.await();
        for (int n = 0; n < 20; n++) {
            assertThat(lock.tryLockRead(TimeUnit.SECONDS.toNanos(30))).isTrue();
            lock.unlockRead();
        }
        stop.set(true);
        join(writers);
    }

    @Test
    @DisplayName("L-12 of two readers that upgrade exactly one wins, and nothing deadlocks")
    void ofTwoUpgradersExactlyOneWins() throws Exception {
        final SharedLock lock = newLock();
        final int rounds = 3_000 * SCALE;
        final CyclicBarrier barrier = new CyclicBarrier(2);
        final AtomicInteger wins = new AtomicInteger();
        final AtomicInteger roundsWithOneWinner = new AtomicInteger();
        final int[] value = new int[1];
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            final boolean counts = i == 0;
            threads.add(
                    start(
                            false,
                            () -> {
                                for (int n = 0; n < rounds; n++) {
                                    lock.lockRead();
                                    barrier.await();
                                    if (lock.tryUpgrade()) {
                                        value[0]++;
                                        wins.incrementAndGet();
                                        lock.unlockWrite();
                                    } else {
                                        lock.unlockRead();
                                    }
                                    barrier.await();
                                    if (counts && wins.getAndSet(0) == 1) {
                                        roundsWithOneWinner.incrementAndGet();
                                    }
                                    barrier.await();
                                }
                            }));
        }
        join(threads);
        assertThat(roundsWithOneWinner).hasValue(rounds);
        assertThat(value[0]).isEqualTo(rounds);
        assertThat(lock.tryLockWrite()).isTrue();
    }

    @Test
    @DisplayName("L-12 the only reader upgrades at once, and is exclusive then")
    void onlyReaderUpgradesAtOnce() throws Exception {
        final SharedLock lock = newLock();
        lock.lockRead();
        assertThat(lock.tryUpgrade()).isTrue();
        assertThat(lock.isWriteLocked()).isTrue();
        assertThat(lock.isReadLocked()).isFalse();
        final AtomicBoolean entered = new AtomicBoolean(true);
        start(true, () -> entered.set(lock.tryLockRead())).join();
        assertThat(entered).isFalse();
        lock.unlockWrite();
        assertThat(lock.tryLockWrite()).isTrue();
    }

    @Test
    @DisplayName("L-12 a downgrade lets readers in and no writer comes between")
    void downgradeLetsNoWriterBetween() throws Exception {
        final SharedLock lock = newLock();
        final int rounds = 20_000 * SCALE;
        final long[] value = new long[1];
        final AtomicLong gaps = new AtomicLong();
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            threads.add(
                    start(
                            i % 2 == 0,
                            () -> {
                                for (int n = 0; n < rounds; n++) {
                                    lock.lockWrite();
                                    final long written = ++value[0];
                                    lock.downgrade();
                                    if (value[0] != written) {
                                        gaps.incrementAndGet();
                                    }
                                    lock.unlockRead();
                                }
                            }));
        }
        join(threads);
        assertThat(gaps).hasValue(0);
        assertThat(value[0]).isEqualTo(4L * rounds);

        lock.lockWrite();
        lock.downgrade();
        assertThat(lock.isWriteLocked()).isFalse();
        assertThat(lock.isReadLocked()).isTrue();
        final AtomicBoolean reads = new AtomicBoolean();
        final AtomicBoolean writes = new AtomicBoolean(true);
        start(
                        false,
                        () -> {
                            reads.set(lock.tryLockRead());
                            lock.unlockRead();
                            writes.set(lock.tryLockWrite());
                        })
                .join();
        assertThat(reads).isTrue();
        assertThat(writes).isFalse();
        lock.unlockRead();
    }

    @ParameterizedTest(name = "waiters that give up leave the lock usable, virtual: {0}")
    @ValueSource(booleans = {false, true})
    void waitersThatGiveUpLeaveTheLockUsable(boolean virtual) throws Exception {
        final SharedLock lock = newLock();
        lock.lockWrite();
        final AtomicInteger interrupted = new AtomicInteger();
        final List<Thread> waiters = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            final boolean reads = i % 2 == 0;
            waiters.add(
                    start(
                            virtual,
                            () -> {
                                try {
                                    if (reads) {
                                        lock.lockReadInterruptibly();
                                    } else {
                                        lock.lockWriteInterruptibly();
                                    }
                                } catch (InterruptedException e) {
                                    interrupted.incrementAndGet();
                                }
                            }));
        }
        for (final Thread waiter : waiters) {
            awaitParked(waiter);
            waiter.interrupt();
        }
        join(waiters);
        assertThat(interrupted).hasValue(6);
        lock.unlockWrite();

        lock.lockRead();
        final AtomicBoolean wrote = new AtomicBoolean(true);
        start(virtual, () -> wrote.set(lock.tryLockWrite(5_000_000))).join();
        assertThat(wrote).isFalse();
        // Nothing of the writer that gave up keeps readers out.
        final AtomicBoolean read = new AtomicBoolean();
        start(
                        virtual,
                        () -> {
                            read.set(lock.tryLockRead());
                            lock.unlockRead();
                        })
                .join();
        assertThat(read).isTrue();
        lock.unlockRead();
        assertThat(lock.tryLockWrite()).isTrue();
        lock.unlockWrite();
    }

    @Test
    @DisplayName("L-12 readers that waited for a writer which gave up are let in")
    void readersThatWaitedForAWriterThatGaveUpAreLetIn() throws Exception {
        final SharedLock lock = newLock();
        lock.lockRead();
        final List<Thread> threads = new ArrayList<>();
        final AtomicInteger read = new AtomicInteger();
        threads.add(start(false, () -> assertThat(lock.tryLockWrite(20_000_000)).isFalse()));
        for (int i = 0; i < 4; i++) {
            threads.add(
                    start(
                            i % 2 == 0,
                            () -> {
                                lock.lockRead();
                                read.incrementAndGet();
                                lock.unlockRead();
                            }));
        }
        join(threads);
        assertThat(read).hasValue(4);
        lock.unlockRead();
    }

    @Test
    @DisplayName("the JDK's view of the lock keeps to the contract of the JDK")
    @SuppressWarnings("LockNotBeforeTry") // what is tested is when it is held
    void viewKeepsToTheContractOfTheJdk() throws Exception {
        final SharedLock lock = newLock();
        final ReadWriteLock view = lock.asReadWriteLock();
        view.readLock().lock();
        assertThat(lock.isReadLocked()).isTrue();
        assertThat(view.writeLock().tryLock()).isFalse();
        view.readLock().unlock();
        assertThat(view.writeLock().tryLock(1, TimeUnit.SECONDS)).isTrue();
        assertThat(lock.isWriteLocked()).isTrue();
        view.writeLock().unlock();
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> view.readLock().lockInterruptibly())
                .isInstanceOf(InterruptedException.class);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> view.writeLock().lockInterruptibly())
                .isInstanceOf(InterruptedException.class);
        assertThat(lock.isReadLocked() || lock.isWriteLocked()).isFalse();
    }

    /** What a thread does. */
    interface Step {
        void run() throws Exception;
    }

    static Thread start(boolean virtual, Step step) {
        final Runnable task =
                () -> {
                    try {
                        step.run();
                    } catch (RuntimeException e) {
                        throw e;
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                };
        return virtual ? Thread.ofVirtual().start(task) : Thread.ofPlatform().start(task);
    }

    static void join(List<Thread> threads) throws InterruptedException {
        for (final Thread thread : threads) {
            thread.join();
        }
    }

    static void awaitParked(Thread thread) {
        while (thread.getState() != Thread.State.TIMED_WAITING
                && thread.getState() != Thread.State.WAITING) {
            assertThat(thread.isAlive()).isTrue();
            Thread.onSpinWait();
        }
    }
}
