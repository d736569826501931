// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.buddy.MisuseException;
import io.offkraft.heap.Heap;
import io.offkraft.heap.HeapStatistics;
import io.offkraft.heap.ThreadHeap;
import io.offkraft.oracle.OwnerWord;
import io.offkraft.oracle.ShadowMap;
import io.offkraft.oracle.Stamp;
import io.offkraft.word.RawMemory;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The heap on many threads, judged by the ownership oracle. */
class HeapConcurrencyTest {
    private static final long MIB = 1L << 20;

    /** So short that memory decays under the hands of those who work with it. */
    private static final Duration DECAY = Duration.ofMillis(2);

    private static final Duration DAY = Duration.ofDays(1);

    private final Heap heap = Heap.builder().capacityBytes(512 * MIB).decay(DECAY).build();
    private final ShadowMap shadow = new ShadowMap();

    static IntStream threads() {
        return IntStream.of(Scale.threads());
    }

    @AfterEach
    void close() {
        heap.close();
    }

    @ParameterizedTest
    @MethodSource("threads")
    @DisplayName("B-01 M-02 M-03 no block of the heap overlaps another and every byte survives")
    void noOverlapAndContentSurvives(int threads) throws InterruptedException {
        int steps = Scale.of(400_000, 100_000_000) / threads;
        Team.run(threads, true, number -> new Churn(new Random(number), number + 1).run(steps));
        assertEmpty();
    }

    /** One thread's blocks, each stamped all over: of the heap, and of what it keeps at hand. */
    private final class Churn {
        private final ThreadHeap mine = heap.threadHeap();
        private final Random random;
        private final int owner;
        private final long[] address = new long[60];
        private final long[] size = new long[address.length];

        Churn(Random random, int owner) {
            this.random = random;
            this.owner = owner;
        }

        void run(int steps) {
            for (int step = 0; step < steps; step++) {
                int slot = random.nextInt(address.length);
                if (step % 5_000 == 4_999) {
                    heap.trim();
                } else if (step % 3_000 == 2_999) {
                    mine.release();
                } else if (address[slot] == 0) {
                    allocate(slot);
                } else if (random.nextInt(3) == 0) {
                    resize(slot);
                } else {
                    free(slot);
                }
            }
            for (int slot = 0; slot < address.length; slot++) {
                if (address[slot] != 0) {
                    free(slot);
                }
            }
        }

        private void allocate(int slot) {
            size[slot] = randomSize();
            switch (random.nextInt(5)) {
                case 0 -> {
                    address[slot] = heap.malloc(size[slot]);
                    mine.free(mine.malloc(size[slot]));
                }
                case 1 -> {
                    address[slot] = heap.calloc(1, size[slot]);
                    check(Stamp.firstNonZero(address[slot], size[slot]) == Stamp.INTACT, "calloc");
                }
                case 2, 3 -> address[slot] = mine.malloc(size[slot]);
                default -> {
                    long alignment = 16L << random.nextInt(9);
                    address[slot] = heap.memalign(alignment, size[slot]);
                    check(address[slot] % alignment == 0, "alignment");
                }
            }
            check(address[slot] != 0, "memory");
            claim(slot);
            Stamp.fill(address[slot], 0, size[slot], owner * 64 + slot);
        }

        private void resize(int slot) {
            long newSize = randomSize();
            release(slot);
            address[slot] = heap.realloc(address[slot], newSize);
            check(address[slot] != 0, "memory");
            long kept = Math.min(size[slot], newSize);
            check(
                    Stamp.firstMismatch(address[slot], kept, owner * 64 + slot) == Stamp.INTACT,
                    "content after realloc");
            size[slot] = newSize;
            claim(slot);
            Stamp.fill(address[slot], 0, newSize, owner * 64 + slot);
        }

        private void free(int slot) {
            check(
                    Stamp.firstMismatch(address[slot], size[slot], owner * 64 + slot)
                            == Stamp.INTACT,
                    "content");
            release(slot);
            if (random.nextBoolean()) {
                mine.free(address[slot]);
            } else {
                heap.free(address[slot]);
            }
            address[slot] = 0;
        }

        private long randomSize() {
            return random.nextLong(1L << random.nextInt(random.nextInt(40) == 0 ? 18 : 12));
        }

        private void claim(int slot) {
            long other = shadow.claim(address[slot], size[slot], OwnerWord.of(owner, slot));
            check(other == OwnerWord.NOBODY, "overlap with " + Long.toHexString(other));
        }

        private void release(int slot) {
            long own = OwnerWord.of(owner, slot);
            check(shadow.release(address[slot], size[slot], own) == own, "ownership");
        }

        private void check(boolean holds, String what) {
            if (!holds) {
                throw new AssertionError(what + " of owner " + owner);
            }
        }
    }

    @Test
    @DisplayName(
            "M-05 statistics are exact at rest and the peak is at least every value seen on the way")
    @Tag("several-cpus")
    void statisticsAreExact() throws InterruptedException {
        int threads = 16;
        int steps = Scale.of(200, 500_000);
        AtomicLong made = new AtomicLong();
        AtomicLong failedSeen = new AtomicLong();
        AtomicLong highestSeen = new AtomicLong();
        try (Heap limited = Heap.builder().capacityBytes(64 * MIB).limitBytes(4 * MIB).build()) {
            Team.run(
                    threads,
                    number -> {
                        Random random = new Random(number);
                        long[] held = new long[512];
                        for (int step = 0; step < steps; step++) {
                            int slot = random.nextInt(held.length);
                            limited.free(held[slot]);
                            held[slot] = limited.malloc(random.nextLong(32_000));
                            (held[slot] == 0 ? failedSeen : made).incrementAndGet();
                            if (step % 64 == 0) {
                                HeapStatistics now = limited.statistics();
                                highestSeen.accumulateAndGet(now.heldBytes(), Math::max);
                                assertThat(now.heldBytes()).isLessThanOrEqualTo(4 * MIB);
                            }
                        }
                        for (long block : held) {
                            limited.free(block);
                        }
                    });
            HeapStatistics end = limited.statistics();
            assertThat(failedSeen).hasPositiveValue();
            assertThat(end.failedAllocations()).isEqualTo(failedSeen.get());
            assertThat(end.allocations()).isEqualTo(made.get());
            assertThat(end.frees()).isEqualTo(made.get());
            assertThat(end.liveBytes()).isZero();
            assertThat(end.liveBlocks()).isZero();
            assertThat(end.peakHeldBytes()).isGreaterThanOrEqualTo(highestSeen.get());
            assertThat(end.peakHeldBytes()).isLessThanOrEqualTo(4 * MIB);
        }
    }

    @Test
    @DisplayName(
            "M-06 B-12 blocks allocated on one thread and freed on another leave nothing behind")
    @Tag("several-cpus")
    void producersAndConsumers() throws InterruptedException {
        int blocks = Scale.of(400_000, 50_000_000);
        BlockingQueue<Long> queue = new ArrayBlockingQueue<>(1024);
        Team.run(
                4,
                number -> {
                    Random random = new Random(number);
                    ThreadHeap mine = heap.threadHeap();
                    for (int n = 0; n < blocks / 2; n++) {
                        if (number % 2 == 0) {
                            long size = 8 + random.nextLong(2000);
                            mine.free(mine.malloc(size));
                            long block = number == 0 ? heap.malloc(size) : mine.malloc(size);
                            RawMemory.storeLongPlain(block, block);
                            queue.put(block);
                        } else {
                            long block = queue.take();
                            assertThat(RawMemory.loadLongPlain(block)).isEqualTo(block);
                            mine.free(block);
                        }
                    }
                });
        assertEmpty();
        assertThat(heap.statistics().heldBytes()).isLessThan(16 * MIB);
    }

    @Test
    @DisplayName(
            "M-09 threads that die, platform and virtual, leave nothing of their own in the heap")
    @Tag("several-cpus")
    void dyingThreadsLeaveNothing() throws InterruptedException {
        for (int generation = 0; generation < Scale.of(20, 1000); generation++) {
            Team.run(
                    16,
                    true,
                    number -> {
                        for (int n = 0; n < 50; n++) {
                            heap.free(heap.malloc(16L * n));
                        }
                    });
        }
        assertEmpty();
        assertThat(heap.statistics().heldBytes()).isLessThan(16 * MIB);
    }

    @Test
    @DisplayName(
            "M-10 the limit is not passed by a byte under 64 threads, and the heap stays usable")
    @Tag("several-cpus")
    void limitHoldsUnderThreads() throws InterruptedException {
        long limit = 8 * MIB;
        int steps = Scale.of(100, 100_000);
        try (Heap limited = Heap.builder().capacityBytes(64 * MIB).limitBytes(limit).build()) {
            AtomicLong failures = new AtomicLong();
            Team.run(
                    64,
                    true,
                    number -> {
                        Random random = new Random(number);
                        long[] held = new long[32];
                        for (int step = 0; step < steps; step++) {
                            int slot = random.nextInt(held.length);
                            limited.free(held[slot]);
                            held[slot] = limited.malloc(random.nextLong(200_000));
                            failures.addAndGet(held[slot] == 0 ? 1 : 0);
                        }
                        for (long block : held) {
                            limited.free(block);
                        }
                    });
            assertThat(failures).hasPositiveValue();
            assertThat(limited.statistics().peakHeldBytes()).isLessThanOrEqualTo(limit);
            assertThat(limited.statistics().liveBlocks()).isZero();
            long again = limited.malloc(MIB);
            assertThat(again).isNotZero();
            limited.free(again);
        }
    }

    @Test
    @DisplayName(
            "M-11 close under load gives everything back; calls in flight say that the heap is closed")
    @Tag("several-cpus")
    void closeUnderLoad() throws InterruptedException {
        for (int round = 0; round < Scale.of(30, 3000); round++) {
            Heap doomed = Heap.builder().capacityBytes(64 * MIB).decay(DECAY).build();
            CyclicBarrier warm = new CyclicBarrier(5);
            AtomicBoolean closed = new AtomicBoolean();
            Team.run(
                    5,
                    number -> {
                        if (number == 0) {
                            warm.await();
                            doomed.close();
                            closed.set(true);
                            return;
                        }
                        try {
                            churnUntilClosed(doomed, new Random(number), warm);
                        } catch (IllegalStateException expected) {
                            assertThat(expected).isNotInstanceOf(MisuseException.class);
                            assertThat(expected).hasMessageContaining("closed");
                        }
                    });
            assertThat(closed).isTrue();
        }
    }

    private static void churnUntilClosed(Heap doomed, Random random, CyclicBarrier warm)
            throws Exception {
        long[] held = new long[32];
        ThreadHeap mine = doomed.threadHeap();
        for (long step = 0; ; step++) {
            int slot = random.nextInt(held.length);
            doomed.free(held[slot]);
            held[slot] = 0;
            held[slot] = doomed.malloc(random.nextLong(60_000));
            mine.free(mine.malloc(random.nextLong(60_000)));
            if (step == 200) {
                warm.await();
            }
        }
    }

    @Test
    @DisplayName(
            "B-07 of two threads that free a block of a third at once exactly one gets through")
    @Tag("several-cpus")
    void oneOfTwoFreesGetsThrough() throws InterruptedException {
        int rounds = Scale.of(5_000, 1_000_000);
        assertThat(freesOfRounds(rounds, true, false)).isEqualTo(rounds);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "B-07 of two frees at once, one by the block's owner, the second is told or logged later")
    @Tag("several-cpus")
    void freeByTheOwnerAndAnother(boolean lent) throws InterruptedException {
        int rounds = Scale.of(5_000, 1_000_000);
        // The owner has no atomic instruction, so in a few nanoseconds both get through.
        assertThat(freesOfRounds(rounds, false, lent))
                .isBetween((long) rounds, rounds + rounds / 20L);
    }

    /**
     * Two threads free the same block, round after round.
     *
     * @param ofThird whether a thread of its own allocates it, and not one of the two
     * @param lent whether the one who allocates it does so, and frees it, through its own heap
     * @return how many frees got through
     */
    private long freesOfRounds(int rounds, boolean ofThird, boolean lent)
            throws InterruptedException {
        int members = ofThird ? 3 : 2;
        long[] block = new long[1];
        AtomicLong freed = new AtomicLong();
        CyclicBarrier ready = new CyclicBarrier(members);
        // The decay is so long that the allocating thread keeps the stripe that it gets first.
        try (Heap raced = Heap.builder().capacityBytes(64 * MIB).decay(DAY).build()) {
            Team.run(
                    members,
                    number -> {
                        boolean allocates = number == members - 1;
                        ThreadHeap mine = raced.threadHeap();
                        Way way =
                                lent && allocates
                                        ? new Way(mine::malloc, mine::free)
                                        : new Way(raced::malloc, raced::free);
                        for (int n = 0; allocates && n < 1_000; n++) {
                            way.free.accept(way.malloc.applyAsLong(40));
                        }
                        for (int round = 0; round < rounds; round++) {
                            if (allocates) {
                                raced.trim(); // nobody is to get a block that both have freed
                                block[0] = way.malloc.applyAsLong(round % 3 == 0 ? 40_000 : 40);
                            }
                            ready.await();
                            if (number < 2 && isFreed(way, block[0])) {
                                freed.incrementAndGet();
                            }
                            ready.await();
                        }
                    });
            raced.trim(); // collects, and takes back what was counted twice
            assertEmpty(raced);
        }
        return freed.get();
    }

    /** How a thread uses the heap. */
    private record Way(LongUnaryOperator malloc, LongConsumer free) {}

    private static boolean isFreed(Way way, long block) {
        try {
            way.free.accept(block);
            return true;
        } catch (MisuseException second) {
            assertThat(second.address()).isEqualTo(block);
            return false;
        }
    }

    private void assertEmpty() {
        assertEmpty(heap);
    }

    private static void assertEmpty(Heap heap) {
        HeapStatistics end = heap.statistics();
        assertThat(end.liveBlocks()).isZero();
        assertThat(end.liveBytes()).isZero();
        assertThat(end.allocations()).isEqualTo(end.frees());
    }
}
