// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static io.offkraft.word.PageOrder.PAGE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.buddy.MisuseException;
import io.offkraft.heap.Heap;
import io.offkraft.oracle.Stamp;
import io.offkraft.platform.SystemCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A heap that shrank gives its free memory back. */
@Tag("several-cpus")
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class HeapShrinkTest {
    private static final long MIB = 1L << 20;
    private static final long CAPACITY = 512 * MIB;
    private static final int THREADS = 4;
    private static final Duration DECAY = Duration.ofMillis(300);

    private final SystemCalls calls = SystemCalls.linux();
    private final Heap heap = Heap.builder().capacityBytes(CAPACITY).decay(DECAY).build();
    private final List<List<long[]>> live = new ArrayList<>();
    private long base;

    @BeforeEach
    void findBase() {
        base = heap.malloc(2 * MIB); // blocks are taken from the lowest address up
        heap.free(base);
    }

    @AfterEach
    void close() {
        heap.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 10})
    @DisplayName("B-11 of its free memory a heap gives back at least 95 % within the decay time")
    void freeMemoryGoesBack(int percentLeft) throws InterruptedException {
        fill(16, 18);
        long committed = heap.statistics().committedBytes();
        assertThat(residentBytes()).as("resident of %d", committed).isGreaterThan(committed / 2);
        shrinkTo(percentLeft);

        long used = bytesOfPagesInUse();
        long bound = used + (committed - used) * 5 / 100;
        long freed = System.nanoTime();
        while (residentBytes() > bound
                || (percentLeft == 0 && heap.statistics().committedBytes() > committed / 20)) {
            assertThat(System.nanoTime() - freed)
                    .as(
                            "%d resident, %d in use, %d were committed",
                            residentBytes(), used, committed)
                    .isLessThan(Duration.ofSeconds(30).toNanos());
            Thread.onSpinWait();
        }
        assertContent();
    }

    @Test
    @DisplayName("B-11 trim gives back all free pages of the heap at once")
    void trimGivesBackAllFreePages() throws InterruptedException {
        try (Heap patient =
                Heap.builder().capacityBytes(CAPACITY).decay(Duration.ofHours(1)).build()) {
            long first = patient.malloc(2 * MIB);
            patient.free(first);
            Random random = new Random(5);
            List<long[]> blocks = new ArrayList<>();
            for (int n = 0; n < 4000; n++) {
                blocks.add(allocate(patient, random, 16));
            }
            List<long[]> left = new ArrayList<>();
            for (long[] block : blocks) {
                if (random.nextInt(20) == 0) {
                    left.add(block);
                } else {
                    patient.free(block[0]);
                }
            }
            long resident = calls.residentPages(first, CAPACITY);
            patient.trim();
            long used = pagesOf(left).size();
            assertThat(resident).isGreaterThan(2 * used);
            assertThat(calls.residentPages(first, CAPACITY)).isEqualTo(used);
            left.forEach(HeapShrinkTest::assertIntact);
        }
    }

    @Test
    @DisplayName(
            "B-07 B-11 while a slab's free pages are given back, its last block can be freed, misuse is"
                    + " noticed, and new blocks lie elsewhere")
    void slabIsUsedWhileItsFreePagesGo() throws InterruptedException {
        Gate gate = new Gate("trim");
        try (Heap patient =
                        Heap.builder()
                                .capacityBytes(CAPACITY)
                                .decay(Duration.ofHours(1))
                                .systemCalls(gate.calls)
                                .build();
                gate) {
            List<long[]> blocks = new ArrayList<>();
            for (int n = 0; n < 64; n++) {
                blocks.add(new long[] {patient.malloc(PAGE_BYTES), PAGE_BYTES});
            }
            long[] last = blocks.removeFirst();
            blocks.forEach(block -> patient.free(block[0]));
            gate.shut();
            Thread trimmer = Thread.ofPlatform().name("trim").start(patient::trim);
            gate.awaitSomeone();
            assertThatThrownBy(() -> patient.free(blocks.getFirst()[0]))
                    .isInstanceOf(MisuseException.class);
            patient.free(last[0]);
            assertThatThrownBy(() -> patient.free(last[0])).isInstanceOf(MisuseException.class);
            List<long[]> fresh = new ArrayList<>();
            for (int n = 0; n < 64; n++) {
                long address = patient.malloc(PAGE_BYTES);
                Stamp.fill(address, 0, PAGE_BYTES, (int) PAGE_BYTES);
                fresh.add(new long[] {address, PAGE_BYTES});
            }
            gate.open();
            trimmer.join();
            assertThat(pagesOf(fresh)).hasSize(fresh.size());
            fresh.forEach(HeapShrinkTest::assertIntact);
            fresh.forEach(block -> patient.free(block[0]));
            patient.trim();
            assertThat(patient.statistics().liveBlocks()).isZero();
            assertThat(patient.statistics().heldBytes()).isZero();
            assertThat(patient.unaccountedPages()).isZero();
            assertThat(patient.footprint().resident()).isZero();
        }
    }

    private void fill(int seed, int sizeBits) throws InterruptedException {
        for (int thread = 0; thread < THREADS; thread++) {
            live.add(new ArrayList<>());
        }
        Team.run(
                THREADS,
                number -> {
                    Random random = new Random(seed + number);
                    List<long[]> own = live.get(number);
                    for (int n = 0; n < Scale.of(1_500, 20_000); n++) {
                        own.add(allocate(heap, random, sizeBits));
                    }
                });
    }

    private static long[] allocate(Heap from, Random random, int sizeBits) {
        long size = 1 + random.nextLong(1L << (4 + random.nextInt(sizeBits - 3)));
        long address = from.malloc(size);
        assertThat(address).isNotZero();
        Stamp.fill(address, 0, size, (int) size);
        return new long[] {address, size};
    }

    private void shrinkTo(int percent) throws InterruptedException {
        Team.run(
                THREADS,
                number -> {
                    Random random = new Random(number);
                    List<long[]> left = new ArrayList<>();
                    for (long[] block : live.get(number)) {
                        if (random.nextInt(100) < percent) {
                            left.add(block);
                        } else {
                            heap.free(block[0]);
                        }
                    }
                    live.set(number, left);
                });
    }

    /** What no allocator can give back without moving blocks. */
    private long bytesOfPagesInUse() {
        return pagesOf(live.stream().flatMap(List::stream).toList()).size() * PAGE_BYTES;
    }

    private static Set<Long> pagesOf(List<long[]> blocks) {
        Set<Long> pages = new HashSet<>();
        for (long[] block : blocks) {
            for (long page = block[0] / PAGE_BYTES;
                    page <= (block[0] + block[1] - 1) / PAGE_BYTES;
                    page++) {
                pages.add(page);
            }
        }
        return pages;
    }

    private long residentBytes() {
        return calls.residentPages(base, CAPACITY) * PAGE_BYTES;
    }

    private void assertContent() {
        live.forEach(own -> own.forEach(HeapShrinkTest::assertIntact));
    }

    private static void assertIntact(long[] block) {
        assertThat(Stamp.firstMismatch(block[0], block[1], (int) block[1])).isEqualTo(Stamp.INTACT);
    }
}
