// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What {@link SlabTable#barePages} says, beside what the kernel does. */
class BarePagesTest {
    private static final int BLOCK_BYTES = 6 << 10; // which shares pages with its neighbours
    private static final int BLOCKS = 512;

    private final Heap heap = Heap.builder().decay(Duration.ofHours(1)).build();

    @AfterEach
    void close() {
        heap.close();
    }

    @Test
    @DisplayName(
            "B-11 pages of a slab in use that are given back carry no memory until they are taken")
    void pagesThatAreGivenBackCarryNoMemory() {
        assertThat(barePages()).isZero();
        Deque<Long> freed = fillAndThin(heap);
        assertThat(barePages()).as("free, and as they were").isZero();

        heap.trim();

        assertThat(barePages()).isGreaterThan(BLOCKS);
        assertThat(heldPages() - barePages()).isEqualTo(residentPages());
        heap.trim();
        assertThat(heldPages() - barePages()).as("twice").isEqualTo(residentPages());

        int taken = freed.size();
        for (int i = 0; i < taken; i++) {
            touched(heap);
            assertThat(heldPages() - barePages()).isGreaterThanOrEqualTo(residentPages());
        }
        int slabPages = SizeClasses.slabPages(SizeClasses.of(BLOCK_BYTES));
        assertThat(heldPages() - barePages())
                .as("but for what lies ready of one slab")
                .isLessThanOrEqualTo(residentPages() + slabPages);
    }

    @Test
    void whatIsTakenAndFreedCarriesMemory() {
        fillAndThin(heap);
        heap.trim();
        Deque<Long> again = new ArrayDeque<>();
        for (int i = 0; i < BLOCKS / 2; i++) {
            again.push(touched(heap));
        }
        final long bare = barePages();

        again.forEach(heap::free);

        assertThat(barePages()).isEqualTo(bare);
        for (int i = 0; i < BLOCKS / 4; i++) {
            touched(heap);
            assertThat(heldPages() - barePages()).isGreaterThanOrEqualTo(residentPages());
        }
        heap.trim();
        assertThat(barePages()).isGreaterThan(bare);
        assertThat(heldPages() - barePages()).isEqualTo(residentPages());
    }

    @Test
    void pagesOfASlabThatGoesCountNoMore() {
        Deque<Long> kept = new ArrayDeque<>();
        fillAndThin(heap, kept);
        heap.trim();
        assertThat(barePages()).isPositive();

        kept.forEach(heap::free);
        heap.trim();

        assertThat(barePages()).isZero();
        assertThat(heldPages()).isZero();
    }

    @Test
    @DisplayName("B-11 a heap that ends leaves no page behind that counts as given back")
    void pagesOfAHeapThatEndsCountNoMore() {
        try (Heap child = heap.child().build()) {
            fillAndThin(child);
            heap.trim();
            assertThat(barePages()).isPositive();
        }

        assertThat(barePages()).isZero();
    }

    /** Returns what was freed again. */
    private static Deque<Long> fillAndThin(Heap heap) {
        return fillAndThin(heap, new ArrayDeque<>());
    }

    private static Deque<Long> fillAndThin(Heap heap, Deque<Long> kept) {
        Deque<Long> freed = new ArrayDeque<>();
        int slots = SizeClasses.slots(SizeClasses.of(BLOCK_BYTES));
        for (int i = 0; i < BLOCKS; i++) {
            (i % slots == 0 ? kept : freed).push(touched(heap));
        }
        freed.forEach(heap::free);
        return freed;
    }

    private static long touched(Heap heap) {
        long block = heap.malloc(BLOCK_BYTES);
        for (int at = 0; at < BLOCK_BYTES; at += 1 << 10) {
            RawMemory.storeBytePlain(block + at, (byte) 1);
        }
        return block;
    }

    private long barePages() {
        return heap.tree().metadata.slabTable().barePages();
    }

    private long heldPages() {
        return heap.tree().buddy.statistics().allocatedPages();
    }

    private long residentPages() {
        return heap.footprint().resident() >>> PageOrder.PAGE_SHIFT;
    }
}
