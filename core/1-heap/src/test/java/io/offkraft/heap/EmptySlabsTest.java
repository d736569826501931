// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.word.PageOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a heap does with slabs that became empty, and with large blocks nobody asks for. */
class EmptySlabsTest {
    private static final long SIZE = 1000;
    private static final long MIB = 1L << 20;
    private static final long MOST_BYTES = (long) EmptySlabs.MOST_PAGES << PageOrder.PAGE_SHIFT;

    /** No time passes. */
    private static final Duration LONG = Duration.ofHours(1);

    @Test
    @DisplayName(
            "B-12 slabs that became empty stay for the next blocks of their size, but not many")
    void emptySlabsStayButNotMany() {
        try (Heap heap = Heap.builder().decay(LONG).build()) {
            allocateAndFree(heap, 64 << 10);
            long held = heap.statistics().heldBytes();
            assertThat(held).isBetween(MOST_BYTES / 2, MOST_BYTES + MIB);

            final int some = (int) (held / SIZE / 2);
            allocateAndFree(heap, some);
            assertThat(heap.statistics().heldBytes()).as("not a page more or less").isEqualTo(held);

            heap.trim();
            assertThat(heap.statistics().heldBytes()).isZero();
        }
    }

    @Test
    @Tag("several-cpus")
    @DisplayName(
            "B-11 a trim waits for what the clock has in hand: nothing is held when it returns")
    void trimWaitsForTheClock() throws InterruptedException {
        try (Heap heap = Heap.builder().decay(LONG).build()) {
            AtomicBoolean over = new AtomicBoolean();
            Thread clock =
                    Thread.ofPlatform()
                            .start(() -> {
                                while (!over.get()) {
                                    heap.onTick();
                                }
                            });
            long most = 0;
            try {
                for (int round = 0; round < 500 && most == 0; round++) {
                    allocateAndFree(heap, 2000);
                    heap.trim();
                    most = heap.statistics().heldBytes();
                }
            } finally {
                over.set(true);
                clock.join();
            }
            assertThat(most).isZero();
        }
    }

    @Test
    @DisplayName("M-10 near its limit a heap keeps no empty slab: others want the pages")
    void nearTheLimitNoEmptySlabStays() {
        final long limit = 4 * MIB;
        try (Heap heap = Heap.builder().limitBytes(limit).decay(LONG).build()) {
            List<Long> blocks = new ArrayList<>();
            for (long block = heap.malloc(SIZE); block != 0; block = heap.malloc(SIZE)) {
                blocks.add(block);
            }
            assertThat(heap.statistics().heldBytes()).isGreaterThan(limit - limit / 32);

            blocks.forEach(heap::free);
            assertThat(heap.statistics().heldBytes()).isBetween(limit / 2, limit - limit / 8);
        }
    }

    @Test
    @DisplayName("M-10 near the limit of the heap above, a heap keeps no empty slab either")
    void nearTheLimitAboveNoEmptySlabStays() {
        final long limit = 4 * MIB;
        try (Heap heap = Heap.builder().limitBytes(limit).decay(LONG).build();
                Heap child = heap.child().build()) {
            final long sibling = heap.malloc(limit - limit / 8);
            allocateAndFree(child, 400);

            assertThat(child.statistics().heldBytes()).isLessThan(limit / 32);
            heap.free(sibling);
        }
    }

    @Test
    @DisplayName("B-11 a heap that gives back at once keeps no empty slab")
    void withoutDecayNoEmptySlabStays() {
        try (Heap heap = Heap.builder().decay(Duration.ZERO).build()) {
            allocateAndFree(heap, 10_000);

            assertThat(heap.statistics().heldBytes()).isLessThan(MIB / 8);
        }
    }

    @Test
    @DisplayName("B-11 a heap that grows gives back the empty slabs it keeps first")
    void growingHeapGivesBackEmptySlabs() {
        try (Heap heap = Heap.builder().decay(LONG).build()) {
            allocateAndFree(heap, 4200);
            assertThat(heap.statistics().heldBytes()).isGreaterThan(4 * MIB);

            final long grown = 8 * MIB;
            final long first = heap.malloc(grown);
            final long second = heap.malloc(grown);

            assertThat(heap.statistics().heldBytes()).isLessThan(2 * grown + MIB / 4);
            heap.free(first);
            heap.free(second);
        }
    }

    @Test
    @DisplayName("B-11 as time passes empty slabs go that were not needed since it passed last")
    void timeTakesWhatWasNotNeeded() {
        try (Heap heap = Heap.builder().decay(LONG).build()) {
            allocateAndFree(heap, 4200);
            timePasses(heap);
            final long held = heap.statistics().heldBytes();
            assertThat(held).isGreaterThan(4 * MIB);

            allocateAndFree(heap, 4200);
            timePasses(heap);
            assertThat(heap.statistics().heldBytes()).as("all were used").isEqualTo(held);

            allocateAndFree(heap, 2100);
            timePasses(heap);
            assertThat(heap.statistics().heldBytes())
                    .as("half were used")
                    .isBetween(held * 7 / 16, held * 9 / 16);

            allocateAndFree(heap, 1);
            timePasses(heap);
            assertThat(heap.statistics().heldBytes()).as("one was").isLessThan(held / 16);

            timePasses(heap);
            assertThat(heap.statistics().heldBytes()).as("none was").isZero();
        }
    }

    @Test
    @DisplayName("B-11 a heap that grows gives back large blocks first that nobody asks for")
    void growingHeapGivesBackUnwantedBlocks() {
        try (Heap heap = Heap.builder().decay(LONG).build()) {
            heap.free(heap.malloc(4 * MIB)); // is not kept, and what is below is not growth
            long kept = 0;
            for (long pages = 10; pages < 20; pages++) {
                heap.free(heap.malloc(pages << PageOrder.PAGE_SHIFT));
                kept += pages << PageOrder.PAGE_SHIFT;
            }
            long[] others = new long[8];
            Arrays.setAll(others, _ -> heap.malloc(33L << PageOrder.PAGE_SHIFT));
            assertThat(heap.statistics().large().cachedBytes()).isEqualTo(kept);

            final long grown = heap.malloc(8 * MIB);

            assertThat(heap.statistics().large().cachedBytes()).isZero();
            heap.free(grown);
            Arrays.stream(others).forEach(heap::free);
        }
    }

    /** Half the decay time. */
    private static void timePasses(Heap heap) {
        heap.upkeep().tick(() -> false);
    }

    private static void allocateAndFree(Heap heap, int count) {
        long[] blocks = new long[count];
        Arrays.setAll(blocks, _ -> heap.malloc(SIZE));
        assertThat(blocks).doesNotContain(0);
        for (long block : blocks) {
            heap.free(block);
        }
    }
}
