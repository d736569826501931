// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.word.SchedulePoint;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class EpochConcurrencyTest {
    private static final boolean FULL = Boolean.getBoolean("stress");
    private static final int WRITES = FULL ? 5_000_000 : 5_000;
    private static final int NODES = 64;
    private static final int POISON = -1;

    /** Words that one writer publishes, unlinks, and gets back poisoned, again and again. */
    private static final class Published {
        private final AtomicIntegerArray content = new AtomicIntegerArray(NODES);
        private final AtomicInteger current = new AtomicInteger();

        /** Free nodes, to be published again; the callback of the reclaimer gives them back. */
        private final MarkedFree free = new MarkedFree();

        private int read() {
            return content.getPlain(current.get());
        }
    }

    /** Which nodes are free, by one bit each. */
    private static final class MarkedFree {
        private final AtomicLong bits = new AtomicLong(-1L << 1); // node 0 is current

        private void give(long node) {
            bits.getAndUpdate(old -> old | (1L << node));
        }

        private int takeOrMinus1() {
            long old = bits.get();
            while (old != 0) {
                if (bits.compareAndSet(old, old & (old - 1))) {
                    return Long.numberOfTrailingZeros(old);
                }
                old = bits.get();
            }
            return -1;
        }
    }

    private static void write(EpochReclaimer epochs, Published published, int writes) {
        for (int version = 1; version <= writes; version++) {
            int node = published.free.takeOrMinus1();
            while (node < 0) {
                if (epochs.poll() == 0) {
                    SchedulePoint.offerCpu(); // to a reader that was preempted inside
                }
                node = published.free.takeOrMinus1();
            }
            published.content.setPlain(node, version);
            int unlinked = published.current.getAndSet(node);
            epochs.retire(
                    unlinked,
                    old -> {
                        published.content.setPlain((int) old, POISON);
                        published.free.give(old);
                    });
            if (version % 8 == 0) {
                epochs.poll();
            }
        }
    }

    private static void read(EpochReclaimer epochs, Published published) {
        long outer = epochs.enter();
        try {
            int node = published.current.get();
            int seen = published.content.getPlain(node);
            long inner = epochs.enter();
            int nested = published.read();
            epochs.exit(inner);
            assertThat(nested).isNotNegative();
            assertThat(seen).isNotNegative();
            assertThat(published.content.getOpaque(node)).isEqualTo(seen);
        } finally {
            epochs.exit(outer); // or the writer would wait for ever
        }
    }

    @ParameterizedTest
    @DisplayName("R-03 no reader, nested or migrating, ever sees what a callback left behind")
    @ValueSource(ints = {1, 2, 16})
    void readersNeverSeePoison(int places) throws InterruptedException {
        // Places at random: as if threads moved between CPUs all the time.
        EpochReclaimer epochs =
                new EpochReclaimer(() -> ThreadLocalRandom.current().nextInt(), places);
        Published published = new Published();
        published.content.set(0, 0);
        AtomicBoolean over = new AtomicBoolean();
        AtomicLong reads = new AtomicLong();
        Threads.together(
                4,
                thread -> {
                    if (thread == 0) {
                        write(epochs, published, WRITES);
                        over.set(true);
                        return;
                    }
                    long count = 0;
                    do {
                        read(epochs, published);
                        count++;
                    } while (!over.get());
                    reads.addAndGet(count);
                });
        assertThat(reads.get()).isPositive();
        epochs.close();
        assertThat(epochs.pending()).isZero();
        // All nodes but the current one came back.
        assertThat(Long.bitCount(published.free.bits.get())).isEqualTo(NODES - 1);
    }

    @Test
    @DisplayName("R-03 negative control: a callback that runs at once is seen by some reader")
    void callbackAtOnceIsSeen() throws InterruptedException {
        Published published = new Published();
        AtomicBoolean over = new AtomicBoolean();
        AtomicLong poisoned = new AtomicLong();
        Threads.together(
                2,
                thread -> {
                    for (int version = 1; thread == 0 && poisoned.get() == 0; version++) {
                        int node = published.free.takeOrMinus1();
                        published.content.set(node, version);
                        int unlinked = published.current.getAndSet(node);
                        published.content.set(unlinked, POISON);
                        published.free.give(unlinked);
                    }
                    over.compareAndSet(false, thread == 0);
                    while (!over.get()) {
                        int node = published.current.get();
                        if (published.content.get(node) == POISON) {
                            poisoned.incrementAndGet();
                        }
                    }
                });
        assertThat(poisoned.get()).isPositive();
    }

    @Test
    @DisplayName("R-03 none is lost at shutdown, whoever retires, polls and throws meanwhile")
    void noneIsLostAtShutdown() throws InterruptedException {
        for (int round = 0; round < (FULL ? 2_000 : 20); round++) {
            EpochReclaimer epochs = new EpochReclaimer();
            AtomicLong accepted = new AtomicLong();
            AtomicLong ran = new AtomicLong();
            AtomicLong thrown = new AtomicLong();
            Threads.together(
                    4,
                    thread -> {
                        if (thread == 0) {
                            while (accepted.get() < 500) {
                                Thread.onSpinWait();
                            }
                            thrown.addAndGet(caught(epochs::close));
                            assertThat(epochs.pending()).isZero();
                            return;
                        }
                        try {
                            for (long item = 0; ; item++) {
                                long token = epochs.enter();
                                try {
                                    epochs.retire(item, number -> count(ran, number));
                                    accepted.incrementAndGet();
                                } finally {
                                    epochs.exit(token);
                                }
                                if (item % 16 == thread) {
                                    thrown.addAndGet(caught(epochs::poll));
                                }
                            }
                        } catch (IllegalStateException closed) {
                            assertThat(closed).hasMessageContaining("after close");
                        }
                    });
            assertThat(ran.get()).isEqualTo(accepted.get());
            assertThat(thrown.get()).isPositive();
        }
    }

    private static void count(AtomicLong ran, long number) {
        ran.incrementAndGet();
        if (number % 100 == 99) {
            throw new ArithmeticException("item " + number);
        }
    }

    /** Returns how many exceptions of callbacks came out. */
    private static int caught(Runnable call) {
        try {
            call.run();
            return 0;
        } catch (ArithmeticException thrown) {
            return 1 + thrown.getSuppressed().length;
        }
    }

    @Test
    @DisplayName("R-05 a reader suspended for ever blocks reclamation, and nobody else")
    void suspendedReaderBlocksOnlyReclamation() throws InterruptedException {
        EpochReclaimer epochs = new EpochReclaimer();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch resume = new CountDownLatch(1);
        Thread suspended =
                Thread.ofVirtual()
                        .start(() -> {
                            long token = epochs.enter();
                            inside.countDown();
                            awaitUninterruptibly(resume);
                            epochs.exit(token);
                        });
        inside.await();
        AtomicLong ran = new AtomicLong();
        int items = 10_000;
        Threads.together(
                3,
                _ -> {
                    for (int item = 0; item < items; item++) {
                        long token = epochs.enter();
                        epochs.retire(item, _ -> ran.incrementAndGet());
                        epochs.exit(token);
                        epochs.poll();
                    }
                });
        assertThat(epochs.trySynchronize(0)).isFalse();
        assertThat(ran.get()).isZero();
        assertThat(epochs.pending()).isEqualTo(3L * items);
        resume.countDown();
        suspended.join();
        epochs.close();
        assertThat(ran.get()).isEqualTo(3L * items);
    }

    @Test
    @DisplayName("R-05 a reader suspended before it is counted delays nothing, and is safe later")
    void readerSuspendedBeforeItIsCountedDelaysNothing() throws InterruptedException {
        CountDownLatch entering = new CountDownLatch(1);
        CountDownLatch resume = new CountDownLatch(1);
        Thread[] late = new Thread[1];
        EpochReclaimer epochs =
                new EpochReclaimer(
                        () -> {
                            if (Thread.currentThread() == late[0]) {
                                entering.countDown(); // it has loaded the epoch by now
                                awaitUninterruptibly(resume);
                            }
                            return 0;
                        },
                        2);
        AtomicLong ran = new AtomicLong();
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        late[0] =
                Thread.ofPlatform()
                        .unstarted(() -> {
                            long token = epochs.enter();
                            entered.countDown();
                            awaitUninterruptibly(leave);
                            epochs.exit(token);
                        });
        late[0].start();
        entering.await();
        epochs.retire(1, _ -> ran.incrementAndGet());
        assertThat(epochs.poll()).isOne(); // and the epoch moves on under the late reader
        resume.countDown();
        entered.await();
        for (int item = 0; item < 3; item++) {
            epochs.retire(item, _ -> ran.incrementAndGet());
            assertThat(epochs.poll()).as("it is inside, at a parity of before").isZero();
        }
        leave.countDown();
        late[0].join();
        epochs.poll();
        epochs.poll();
        assertThat(ran.get()).isEqualTo(4);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (true) {
            try {
                latch.await();
                return;
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts here", e);
            }
        }
    }

    @Test
    @DisplayName("R-03 synchronize waits for readers of before, keeps the interrupt, runs nothing")
    void synchronizeWaits() throws InterruptedException {
        EpochReclaimer epochs = new EpochReclaimer();
        AtomicBoolean left = new AtomicBoolean();
        long token = epochs.enter();
        epochs.retire(() -> left.set(true));
        AtomicBoolean leftBefore = new AtomicBoolean();
        AtomicBoolean interrupted = new AtomicBoolean();
        Thread waiter =
                Thread.ofPlatform()
                        .start(() -> {
                            epochs.synchronize();
                            leftBefore.set(left.get());
                            interrupted.set(Thread.currentThread().isInterrupted());
                        });
        while (waiter.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        waiter.interrupt();
        while (waiter.getState() != Thread.State.TIMED_WAITING) {
            assertThat(waiter.isAlive()).isTrue();
        }
        left.set(true);
        epochs.exit(token);
        waiter.join();
        assertThat(leftBefore.get()).isTrue();
        assertThat(interrupted.get()).isTrue();
        assertThat(epochs.pending()).isOne();
        epochs.close();
    }

    @Test
    @DisplayName("R-03 virtual threads that are unmounted inside go on elsewhere and leave")
    void virtualThreadsMayBeUnmountedInside() throws InterruptedException {
        int threads = FULL ? 1_000_000 : 20_000;
        EpochReclaimer epochs = new EpochReclaimer();
        AtomicLong ran = new AtomicLong();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int thread = 0; thread < threads; thread++) {
                int item = thread;
                executor.execute(() -> {
                    long token = epochs.enter();
                    LockSupport.parkNanos(1_000);
                    epochs.retire(item, _ -> ran.incrementAndGet());
                    epochs.exit(token);
                    epochs.poll();
                });
            }
        }
        epochs.close();
        assertThat(ran.get()).isEqualTo(threads);
        assertThat(epochs).hasToString("EpochReclaimer[0 inside, 0 pending]");
    }
}
