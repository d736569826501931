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
    private static final int SOME_BYTES = 16 << 10;

    @Test
    void eachStepBeyondThePeakGivesBackOnce() {
        AtomicInteger steps = new AtomicInteger();
        Growth growth = new Growth(_ -> steps.incrementAndGet());

        growth.reach(4);
        assertThat(steps).hasValue(0);
        growth.reach(2560);
        assertThat(steps).hasValue(1);
        growth.reach(2560);
        growth.reach(500);
        growth.reach(2560 + 2560 / 256);
        assertThat(steps).as("not beyond the next step").hasValue(1);
        growth.reach(2560 + 2560 / 256 + 1);
        assertThat(steps).hasValue(2);
    }

    @Test
    void stepsBecomeRareAsTheHeapBecomesLarge() {
        AtomicInteger steps = new AtomicInteger();
        Growth growth = new Growth(_ -> steps.incrementAndGet());

        for (long pages = 1; pages <= 1 << 20; pages++) {
            growth.reach(pages);
        }

        // ln(2^20 / 2^10) / ln(257 / 256), and 205 until a 256th part is more than the least step
        assertThat(steps.get()).isBetween(1900, 2100);
    }

    @Test
    void whatIsReachedWhileGivingBackStartsNothing() {
        AtomicInteger steps = new AtomicInteger();
        Growth[] growth = new Growth[1];
        growth[0] =
                new Growth(_ -> {
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
                new Growth(_ -> {
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
        assertThat(residentOfGrown(0, 0)).isBetween(15.0 / 16, 9.0 / 8);
    }

    @Test
    @DisplayName("B-11 a heap that grows gives back what it keeps for a few of many calls")
    void growingHeapGivesBackOfSizesThatAreHardlyUsed() {
        assertThat(residentOfGrown(4, 1200)).isBetween(15.0 / 16, 9.0 / 8);
    }

    @Test
    @DisplayName("B-11 a heap that grows keeps what is free of sizes that are used")
    void growingHeapKeepsWhatIsFreeOfSizesInUse() {
        assertThat(residentOfGrown(5, 1200)).isGreaterThan(4.0 / 3);
        assertThat(residentOfGrown(5, 12_000)).isGreaterThan(4.0 / 3);
    }

    @Test
    @DisplayName("B-11 a heap that grows keeps what is free of a size that few calls asked for")
    void growingHeapKeepsWhatIsFreeWhereLittleIsDone() {
        assertThat(residentOfGrown(1, 80)).isGreaterThan(4.0 / 3);
    }

    /**
     * Returns how much of a heap is resident, as a part of what lives, after it was full of blocks
     * of a size, most of which were freed, and has grown; with so many of them used before each
     * step, and so many calls of another size.
     */
    private static double residentOfGrown(int uses, int otherCalls) {
        final int steps = 40;
        // No time passes: what goes back goes because the heap grows.
        try (Heap heap = Heap.builder().limitBytes(512 << 20).decay(Duration.ofHours(1)).build()) {
            // One that is refused does not count as growth.
            assertThat(heap.malloc(1L << 30)).isZero();
            fillAndThin(heap, 32 << 20, SOME_BYTES);
            for (int step = 0; step < steps; step++) {
                callsInPairs(heap, SOME_BYTES, 2 * uses);
                callsInPairs(heap, 64, otherCalls);
                touched(heap, 1 << 20);
            }
            return (double) heap.footprint().resident() / heap.statistics().liveBytes();
        }
    }

    /** Leaves one block a slab, of so many bytes that are resident. */
    private static void fillAndThin(Heap heap, int bytes, int blockBytes) {
        final int slots = SizeClasses.slots(SizeClasses.of(blockBytes));
        final long before = heap.footprint().resident();
        long[] blocks = new long[bytes / blockBytes];
        Arrays.setAll(blocks, _ -> touched(heap, blockBytes));
        for (int i = 0; i < blocks.length; i++) {
            if (i % slots != 0) {
                heap.free(blocks[i]); // and no slab is empty
            }
        }
        assertThat(heap.footprint().resident() - before).isGreaterThan(bytes / 16L * 15);
    }

    private static void callsInPairs(Heap heap, long bytes, int calls) {
        for (int pair = 0; pair < calls / 2; pair++) {
            heap.free(heap.malloc(bytes));
        }
    }

    @Test
    @DisplayName("B-11 what was given back is taken again before a heap counts as larger")
    void growsByWhatMayBeResident() {
        final int mib = 1 << 20;
        try (Heap heap = Heap.builder().decay(Duration.ofHours(1)).build()) {
            fillAndThin(heap, 32 * mib, SOME_BYTES);
            heap.trim(); // most of them
            fillAndThin(heap, 12 * mib, SOME_BYTES + (4 << 10));
            for (int i = 0; i < 8; i++) {
                touched(heap, mib);
            }
            assertThat(heap.statistics().heldBytes()).isGreaterThan(52 * mib);
            assertThat(heap.footprint().resident()).isGreaterThan(23 * mib);

            for (int i = 0; i < 16; i++) {
                touched(heap, mib);
            }
            assertThat(heap.footprint().resident()).isLessThan(32 * mib);
        }
    }

    @Test
    @DisplayName("B-11 as time passes what is free of a size stays where one block was asked for")
    void timeLeavesSizesAloneThatAreHardlyUsed() {
        try (Heap heap = Heap.builder().decay(Duration.ofHours(1)).build()) {
            fillAndThin(heap, 32 << 20, SOME_BYTES);
            heap.upkeep().tick(() -> false);

            callsInPairs(heap, SOME_BYTES, 2);
            callsInPairs(heap, 64, 2000);
            heap.upkeep().tick(() -> false);
            assertThat(heap.footprint().resident()).isGreaterThan(30 << 20);

            heap.upkeep().tick(() -> false);
            assertThat(heap.footprint().resident()).isLessThan(8 << 20);
        }
    }

    @Test
    @DisplayName("B-14 the more stripes a heap has, the less often it looks at each as it grows")
    void callsCountAsAPartWhereThereAreManyStripes() {
        try (Heap heap = Heap.builder().decay(Duration.ofHours(1)).build()) {
            Stripe stripe = heap.stripes().get(0);
            callsInPairs(heap, 64, 2000);
            assertThat(new StripeUse().isDue(stripe, 1, 0)).isTrue();

            StripeUse use = new StripeUse();
            assertThat(use.isDue(stripe, 2, 15)).isFalse();
            assertThat(use.isDue(stripe, 2, 16)).as("has grown far").isTrue();
            assertThat(use.isDue(stripe, 2, 1000)).as("nothing was done").isFalse();
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
