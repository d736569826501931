// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The heap as several threads share it: what one frees that another allocated, and what waits. */
class HeapStripesTest {
    private static final long MIB = 1L << 20;
    private static final boolean STRESS = Boolean.getBoolean("stress");

    /** More than a thread needs to get a stripe of its own. */
    private static final int WARM = 1000;

    private final Heap heap =
            Heap.builder().capacityBytes(256 * MIB).decay(Duration.ofHours(1)).build();

    @AfterEach
    void close() {
        heap.close();
    }

    private static void warm(Heap heap, long size) {
        for (int i = 0; i < WARM; i++) {
            heap.free(heap.malloc(size));
        }
    }

    private static void onThread(Runnable work) throws InterruptedException {
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final Thread thread = new Thread(work);
        thread.setUncaughtExceptionHandler((_, thrown) -> failure.set(thrown));
        thread.start();
        thread.join();
        assertThat(failure).hasNullValue();
    }

    private void assertDoubleFree(long block) {
        assertThatThrownBy(() -> heap.free(block))
                .isInstanceOfSatisfying(
                        MisuseException.class,
                        misuse -> assertThat(misuse.kind()).isEqualTo(Kind.DOUBLE_FREE));
    }

    @Test
    @Tag("several-cpus")
    @DisplayName(
            "B-14 who gives back what a thread keeps suspends it twice, not for each size class")
    void upkeepSuspendsAThreadOnce() throws Exception {
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            other.submit(
                            () -> {
                                for (long size = 16; size <= 32_768; size += size / 8 + 16) {
                                    warm(heap, size);
                                }
                            })
                    .get();
            final Stripe base = heap.stripes().get(0);
            assumeTrue(base.isOwned(), "the kernel has no barrier for other threads");
            final long before = heap.statistics().contentions();

            heap.trim();

            assertThat(heap.statistics().contentions() - before).isBetween(1L, 3L);
            assertThat(heap.statistics().heldBytes()).isZero();
            assertThat(base.tenant().holds()).as("it goes on without the lock").isTrue();

            base.beginUpkeep();
            base.lock();
            base.unlock();
            assertThat(base.tenant().holds()).as("between two locks").isFalse();
            other.submit(() -> warm(heap, 100)).get();
            base.endUpkeep();
            assertThat(base.tenant().holds()).as("after the upkeep").isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {16, 100, 5000, 32_768, 100_000, 3 << 20})
    @DisplayName(
            "M-06 B-07 a block that another thread freed is free for all: freed again it is an error")
    void freedElsewhereAndAgain(long size) throws InterruptedException {
        warm(heap, size);
        final long block = heap.malloc(size);
        final long other = heap.malloc(size);
        onThread(() -> {
            warm(heap, size);
            heap.free(block);
            assertDoubleFree(block);
            heap.free(other);
        });
        assertDoubleFree(block);
        assertDoubleFree(other);
        onThread(() -> {
            assertDoubleFree(block);
            assertThatThrownBy(() -> heap.usableSize(other)).isInstanceOf(MisuseException.class);
        });
        assertThat(heap.statistics().liveBlocks()).isZero();
        assertThat(heap.statistics().liveBytes()).isZero();
    }

    @Test
    @DisplayName(
            "B-12 what others freed is handed out again: producer and consumer need no more memory")
    @Tag("several-cpus")
    void producerGetsBackWhatTheConsumerFrees() throws InterruptedException {
        final int blocks = STRESS ? 10_000_000 : 300_000;
        final BlockingQueue<Long> passed = new ArrayBlockingQueue<>(256);
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final Thread consumer =
                new Thread(() -> {
                    try {
                        for (int i = 0; i < blocks; i++) {
                            final long block = passed.take();
                            assertThat(RawMemory.loadLongPlain(block)).isEqualTo(i);
                            heap.free(block);
                        }
                    } catch (InterruptedException stopped) {
                        throw new IllegalStateException(stopped);
                    }
                });
        consumer.setUncaughtExceptionHandler((_, thrown) -> failure.set(thrown));
        consumer.start();
        for (int i = 0; i < blocks && failure.get() == null; i++) {
            final long block = heap.malloc(64);
            RawMemory.storeLongPlain(block, i);
            passed.put(block);
        }
        consumer.join();
        assertThat(failure).hasNullValue();
        assertThat(heap.statistics().liveBlocks()).isZero();
        assertThat(heap.statistics().peakHeldBytes())
                .as("of 257 live blocks of 64 bytes at most, in slabs of 16 KiB")
                .isLessThan(512 << 10);
    }

    @Test
    @DisplayName("M-09 threads that come and go with blocks of their own leave nothing behind")
    void threadsComeAndGo() throws InterruptedException {
        long held = 0;
        for (int n = 0; n < 200; n++) {
            onThread(() -> {
                warm(heap, 64);
                final List<Long> own = new ArrayList<>();
                for (int i = 0; i < 500; i++) {
                    own.add(heap.malloc(64 + i));
                }
                own.forEach(heap::free);
            });
            if (n == 50) {
                held = heap.statistics().heldBytes();
            }
        }
        // Which stripes a thread meets depends on CPUs; but there are three at most.
        assertThat(heap.statistics().heldBytes()).isLessThanOrEqualTo(2 * held);
        heap.trim();
        assertThat(heap.statistics().heldBytes()).isZero();
        assertThat(heap.unaccountedPages()).isZero();
    }

    @Test
    @DisplayName("M-09 what is kept does not grow with the number of virtual threads")
    @Tag("several-cpus")
    void virtualThreadsKeepNothing() throws InterruptedException {
        final int threads = STRESS ? 1_000_000 : 50_000;
        try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int n = 0; n < threads; n++) {
                final int size = 16 + n % 1000;
                each.execute(() -> heap.free(heap.malloc(size)));
            }
        }
        assertThat(heap.statistics().liveBlocks()).isZero();
        assertThat(heap.statistics().heldBytes())
                .as("the classes in a stripe a CPU and one more, a slab or two each")
                .isLessThan(24 * MIB);
        assertThat(heap.statistics().allocations()).isEqualTo(threads);
    }

    @Test
    @Tag("several-cpus")
    @DisplayName(
            "virtual threads leave a stripe alone that one of them found locked, until time passes")
    void virtualThreadsDoNotMeetAtOneLock() throws InterruptedException {
        assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "one CPU has one stripe");
        final Stripe base = heap.stripes().get(0);
        onVirtualThread(() -> heap.free(heap.malloc(64)));
        assertThat(base.activity()).isEqualTo(2);
        base.lock();
        try {
            onVirtualThread(() -> heap.free(heap.malloc(64)));
        } finally {
            base.unlock();
        }
        onVirtualThread(() -> heap.free(heap.malloc(64)));
        assertThat(base.activity()).isEqualTo(2);
        assertThat(heap.stripes().withdrawIdle()).isFalse();
        onVirtualThread(() -> heap.free(heap.malloc(64)));
        assertThat(base.activity()).isEqualTo(4);
    }

    private static void onVirtualThread(Runnable work) throws InterruptedException {
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread.ofVirtual()
                .uncaughtExceptionHandler((_, thrown) -> failure.set(thrown))
                .start(work)
                .join();
        assertThat(failure).hasNullValue();
    }

    @Test
    @DisplayName("B-03 M-10 at the limit a request gets what other threads' stripes have free")
    void nothingIsKeptFromWhoNeedsIt() throws InterruptedException {
        try (Heap tight = Heap.builder().capacityBytes(64 * MIB).limitBytes(4 * MIB).build()) {
            final List<Long> all = new ArrayList<>();
            onThread(() -> {
                warm(tight, 4096);
                for (long block = tight.malloc(4096); block != 0; block = tight.malloc(4096)) {
                    all.add(block);
                }
                // One of each slab stays, so that no slab can go back: only slots are free.
                for (int i = all.size() - 1; i >= 0; i--) {
                    if (i % 8 != 0) {
                        tight.free(all.remove(i));
                    }
                }
            });
            final int left = all.size();
            warm(tight, 4096);
            for (long block = tight.malloc(4096); block != 0; block = tight.malloc(4096)) {
                all.add(block);
            }
            assertThat((all.size() - left) * 4096L).isGreaterThan(3 * MIB);
            assertThat(tight.statistics().peakHeldBytes()).isLessThanOrEqualTo(4 * MIB);
            all.forEach(tight::free);
            assertThat(tight.statistics().liveBlocks()).isZero();
        }
    }

    @Test
    @DisplayName(
            "B-07 a large block that waits for the next request is free; the next request gets it")
    void largeBlockIsKept() {
        warm(heap, MIB);
        final long block = heap.malloc(MIB);
        heap.free(block);
        assertDoubleFree(block);
        assertThat(heap.malloc(MIB)).isEqualTo(block);
        heap.free(block);
        assertThat(heap.statistics().heldBytes()).isEqualTo(MIB);
        heap.trim();
        assertThat(heap.statistics().heldBytes()).isZero();
        assertDoubleFree(block);
    }

    @Test
    @DisplayName("M-10 large blocks that wait are given back before a request fails")
    void keptBlocksMakeRoom() {
        try (Heap tight = Heap.builder().capacityBytes(64 * MIB).limitBytes(4 * MIB).build()) {
            warm(tight, MIB);
            final long first = tight.malloc(MIB);
            final long second = tight.malloc(MIB / 2);
            tight.free(first);
            tight.free(second);
            final long all = tight.malloc(4 * MIB);
            assertThat(all).isNotZero();
            tight.free(all);
            assertThat(tight.statistics().failedAllocations()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {64, 32_768, 1 << 20})
    @DisplayName("a warm pair of malloc and free makes no object")
    void warmPairMakesNoObject(long size) {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assumeTrue(threads.isThreadAllocatedMemoryEnabled());
        warm(heap, size);
        final long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 20_000; i++) {
            heap.free(heap.malloc(size));
        }
        // The question itself makes some.
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(2000);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("closing a heap that threads are at work in ends their calls with an exception")
    @Tag("several-cpus")
    void closeWhileThreadsAreAtWork(boolean virtual) throws InterruptedException {
        for (int round = 0; round < (STRESS ? 1000 : 20); round++) {
            final Heap closing = Heap.builder().capacityBytes(64 * MIB).build();
            final List<Thread> users = new ArrayList<>();
            final AtomicReference<Throwable> wrong = new AtomicReference<>();
            // No more virtual ones than carriers: they never yield, so one that waits in a lock's
            // queue would not get a carrier when it is its turn.
            final int most = Runtime.getRuntime().availableProcessors();
            for (int t = 0; t < (virtual ? Math.min(2, most) : 3); t++) {
                final Runnable work =
                        () -> {
                            try {
                                for (; ; ) {
                                    closing.free(closing.malloc(100));
                                }
                            } catch (IllegalStateException closed) {
                                assertThat(closed).hasMessageEndingWith("is closed");
                            }
                        };
                users.add(
                        (virtual ? Thread.ofVirtual() : Thread.ofPlatform())
                                .uncaughtExceptionHandler((_, thrown) -> wrong.set(thrown))
                                .start(work));
            }
            while (closing.statistics().allocations() < 5000) {
                Thread.onSpinWait();
            }
            closing.close();
            for (Thread user : users) {
                user.join();
            }
            assertThat(wrong).hasNullValue();
        }
    }

    @Test
    @DisplayName(
            "M-10 a heap at its limit hands out what another thread freed, however little each time")
    void littleIsHandedOutAtTheLimit() throws Exception {
        try (Heap full = Heap.builder().capacityBytes(4 * MIB).limitBytes(MIB).build();
                ExecutorService other = Executors.newSingleThreadExecutor()) {
            final Deque<Long> blocks = new ArrayDeque<>();
            for (long block = full.malloc(64); block != 0; block = full.malloc(64)) {
                blocks.addLast(block);
            }
            assertThat(blocks).hasSizeGreaterThan(WARM);
            for (int round = 0; round < 100; round++) {
                other.submit(
                                () -> {
                                    for (int n = 0; n < 8; n++) {
                                        full.free(blocks.removeFirst());
                                    }
                                })
                        .get();
                for (int n = 0; n < 8; n++) {
                    final long block = full.malloc(64);
                    assertThat(block).isNotZero();
                    blocks.addLast(block);
                }
            }
        }
    }

    @Test
    @Tag("several-cpus")
    @DisplayName(
            "B-12 where another thread frees little at a time the heap takes one slab more, not many")
    void littleAtATimeTakesASlab() throws Exception {
        warm(heap, 64);
        assumeTrue(
                heap.stripes().get(0).isOwned(), "all threads have one stripe, and free at home");
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            final Deque<Long> blocks = new ArrayDeque<>();
            final Set<Long> slabs = new HashSet<>();
            final int sizeClass = SizeClasses.of(64);
            for (int n = 0; n < SizeClasses.slots(sizeClass); n++) {
                blocks.addLast(heap.malloc(64));
            }
            for (int round = 0; round < 1000; round++) {
                other.submit(
                                () -> {
                                    for (int n = 0; n < 8; n++) {
                                        heap.free(blocks.removeFirst());
                                    }
                                })
                        .get();
                for (int n = 0; n < 8; n++) {
                    blocks.addLast(heap.malloc(64));
                    slabs.add(
                            blocks.getLast()
                                    / (SizeClasses.slabPages(sizeClass) * PageOrder.PAGE_BYTES));
                }
            }
            assertThat(slabs).hasSizeBetween(2, 3);
        }
    }
}
