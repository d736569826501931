// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Where others free blocks of a size nothing of it is lent, for a while. */
@Tag("several-cpus")
class LendingRestTest {
    private static final long SIZE = 100;

    /** More than a thread needs to get a stripe of its own. */
    private static final int WARM = 1000;

    private final Heap heap =
            Heap.builder().capacityBytes(256L << 20).decay(Duration.ofHours(1)).build();
    private final ThreadHeap mine = heap.threadHeap();
    private final ExecutorService other = Executors.newSingleThreadExecutor();

    @AfterEach
    void close() {
        other.close();
        heap.close();
    }

    private void lendOne() {
        for (int i = 0; i < WARM; i++) {
            mine.free(mine.malloc(SIZE));
        }
        assumeTrue(heap.stripes().get(0).isOwned(), "the kernel has no barrier for other threads");
        assertThat(isLent()).isTrue();
    }

    private boolean isLent() {
        return bin().magazine().isAnyLent();
    }

    private Bin bin() {
        return heap.stripes().get(0).bin(SizeClasses.of(SIZE));
    }

    private void onOther(Runnable work) throws Exception {
        other.submit(work).get();
    }

    @Test
    @DisplayName("B-12 where others free what it hands out nothing is lent; later again")
    void nothingIsLentWhereOthersLook() throws Exception {
        lendOne();
        for (int i = 0; i < 300; i++) {
            final long block = mine.malloc(SIZE);
            onOther(() -> heap.free(block));
        }
        assertThat(isLent()).isFalse();
        final long[] blocks = new long[100];
        for (int i = 0; i < 2 * ExchangeCount.ENOUGH; i++) {
            for (int n = 0; n < blocks.length; n++) {
                blocks[n] = mine.malloc(SIZE);
            }
            for (long block : blocks) {
                mine.free(block);
            }
        }
        assertThat(isLent()).isTrue();
        assertThat(heap.statistics().liveBytes()).isZero();
    }

    @Test
    @DisplayName(
            "B-12 one free by another thread does not end lending for good, though one block is all that is asked for")
    void lendingComesBackWithoutExchanges() throws Exception {
        lendOne();
        final long notLentAnyMore = mine.malloc(SIZE);
        mine.free(mine.malloc(SIZE));
        onOther(() -> heap.free(notLentAnyMore));
        assertThat(isLent()).isTrue();
        heap.trim(); // what is lent goes back at the next call
        mine.free(mine.malloc(SIZE));
        assertThat(isLent()).as("another thread had to look").isFalse();

        for (int i = 0; i < 2 * ExchangeCount.ENOUGH; i++) {
            mine.free(mine.malloc(SIZE));
        }
        assertThat(isLent()).as("one call in sixteen asks for a loan").isFalse();
        for (int i = 0; i < 2 * ExchangeCount.ENOUGH * LoanRest.CALLS_A_TRY; i++) {
            mine.free(mine.malloc(SIZE));
        }

        assertThat(isLent()).isTrue();
    }

    @Test
    @DisplayName(
            "where others are freed first a block is lent once in sixteen calls; else each time")
    void nothingIsLentForNothing() {
        final Deque<Long> blocks = new ArrayDeque<>();
        int lent = 0;
        for (int i = 0; i < 1000 + 10; i++) {
            final long block = mine.malloc(SIZE);
            blocks.addLast(block);
            if (bin().magazine().isLent(block)) {
                lent++;
            }
            if (blocks.size() > 10) {
                mine.free(blocks.removeFirst());
            }
        }
        assertThat(lent)
                .isBetween(1000 / LoanRest.CALLS_A_TRY / 2, 1000 / LoanRest.CALLS_A_TRY * 2);

        boolean innerIsLent = false;
        for (int i = 0; i < 2 * LoanRest.CALLS_A_TRY; i++) {
            final long outer = mine.malloc(SIZE);
            final long inner = mine.malloc(SIZE);
            innerIsLent = bin().magazine().isLent(inner);
            mine.free(inner);
            mine.free(outer);
        }
        assertThat(innerIsLent).as("each last one is the first to be freed").isTrue();
        blocks.forEach(mine::free);
        assertThat(heap.statistics().liveBytes()).isZero();
    }

    @Test
    @DisplayName("B-12 where others free no more the hand comes back with time")
    void timeBringsTheHandBack() throws Exception {
        lendOne();
        for (int i = 0; i < 300; i++) {
            final long block = mine.malloc(SIZE);
            onOther(() -> heap.free(block));
        }
        final HandUse hand = bin().hand();
        assertThat(hand.isGivenUp()).isTrue();
        final long kept = mine.malloc(SIZE);
        heap.free(heap.malloc(SIZE)); // without an exchange
        heap.upkeep().tick(() -> false);
        assertThat(hand.isGivenUp()).isTrue();
        heap.free(heap.malloc(SIZE));
        heap.upkeep().tick(() -> false);
        heap.free(kept);

        assertThat(hand.isGivenUp()).isFalse();
    }
}
