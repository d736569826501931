// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class GrowthTest {
    @Test
    void eachStepBeyondThePeakGivesBackOnce() {
        AtomicInteger steps = new AtomicInteger();
        Growth growth = new Growth(steps::incrementAndGet);

        growth.reach(10);
        assertThat(steps).hasValue(0);
        growth.reach(1000);
        assertThat(steps).hasValue(1);
        growth.reach(1000);
        growth.reach(500);
        growth.reach(1000 + 1000 / 64);
        assertThat(steps).as("not beyond the next step").hasValue(1);
        growth.reach(1100);
        assertThat(steps).hasValue(2);
    }

    @Test
    void stepsBecomeRareAsTheHeapBecomesLarge() {
        AtomicInteger steps = new AtomicInteger();
        Growth growth = new Growth(steps::incrementAndGet);

        for (long pages = 1; pages <= 1 << 20; pages++) {
            growth.reach(pages);
        }

        // ln(2^20 / 2^10) / ln(65 / 64), and 64 until a 64th part is more than the least step
        assertThat(steps.get()).isBetween(470, 540);
    }

    @Test
    void whatIsReachedWhileGivingBackStartsNothing() {
        AtomicInteger steps = new AtomicInteger();
        Growth[] growth = new Growth[1];
        growth[0] =
                new Growth(() -> {
                    steps.incrementAndGet();
                    growth[0].reach(1 << 20);
                });

        growth[0].reach(1000);

        assertThat(steps).hasValue(1);
    }

    @Test
    void afterAFailureTheNextStepIsTriedAgain() {
        AtomicInteger steps = new AtomicInteger();
        Growth growth =
                new Growth(() -> {
                    if (steps.incrementAndGet() == 1) {
                        throw new IllegalStateException("the first fails");
                    }
                });

        assertThatThrownBy(() -> growth.reach(1000)).hasMessage("the first fails");
        growth.reach(2000);

        assertThat(steps).hasValue(2);
    }

    @Test
    @DisplayName("B-11 a heap that grows gives back what lies free in it first")
    void growingHeapGivesBackFirst() {
        final int count = 2048;
        final int some = 40;
        // No time passes: what goes back goes because the heap grows.
        try (Heap heap = Heap.builder().limitBytes(512 << 20).decay(Duration.ofHours(1)).build()) {
            // One that is refused does not count as growth.
            assertThat(heap.malloc(1L << 30)).isZero();
            long[] blocks = new long[count];
            Arrays.setAll(blocks, _ -> touched(heap, 16 << 10));
            for (int i = 0; i < count; i++) {
                if (i % 8 != 0) {
                    heap.free(blocks[i]); // and no slab is empty
                }
            }
            final long full = heap.footprint().resident();
            for (int i = 0; i < some; i++) {
                touched(heap, 1 << 20);
            }

            long live = heap.statistics().liveBytes();
            assertThat(full).isGreaterThan(count * (15L << 10));
            assertThat(heap.footprint().resident()).isBetween(live * 15 / 16, live + live / 8);
        }
    }

    @Test
    @DisplayName("B-14 a heap that grows leaves alone what a thread keeps that had no turn")
    @Tag("several-cpus")
    void threadWithoutATurnKeepsItsSlabs() throws Exception {
        try (Heap heap = Heap.builder().decay(Duration.ofHours(1)).build();
                ExecutorService other = Executors.newSingleThreadExecutor()) {
            other.submit(
                            () -> {
                                for (int i = 0; i < 1000; i++) {
                                    heap.free(heap.malloc(5120));
                                }
                            })
                    .get();
            for (int i = 0; i < 64; i++) {
                touched(heap, 1 << 20);
            }

            assertThat(heap.statistics().bySizeClass())
                    .hasEntrySatisfying(5120, its -> assertThat(its.cachedBytes()).isPositive());
        }
    }

    @Test
    void heapThatGoesUpAndDownBelowItsPeakKeepsItsMemory() {
        try (Heap heap = Heap.builder().decay(Duration.ofHours(1)).build()) {
            upAndDown(heap);
            long resident = heap.footprint().resident();
            for (int round = 0; round < 5; round++) {
                upAndDown(heap);

                assertThat(heap.footprint().resident()).isGreaterThanOrEqualTo(resident);
            }
        }
    }

    private static void upAndDown(Heap heap) {
        long[] blocks = new long[64];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = touched(heap, 40L << 10);
        }
        for (long block : blocks) {
            heap.free(block);
        }
    }

    private static long touched(Heap heap, long bytes) {
        long block = heap.malloc(bytes);
        for (long at = 0; at < bytes; at += PageOrder.PAGE_BYTES) {
            RawMemory.storeBytePlain(block + at, (byte) 1);
        }
        return block;
    }
}
