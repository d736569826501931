// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a thread does with pages that it has in hand when the heap is closed behind its back. */
class HeldPagesTest {
    private final Heap top =
            Heap.builder().capacityBytes(2 << 20).decay(Duration.ofHours(1)).build();
    private final Heap child = top.child().reservationBytes(1 << 20).build();
    private final HeldPages pages = child.pages();

    @AfterEach
    void everythingIsBack() {
        assertThat(top.budget().chargedBytes()).isZero();
        assertThat(top.budget().heldWithDescendantsBytes()).isZero();
        assertThat(top.malloc(2 << 20)).as("all pages in one run").isNotZero();
        top.close();
    }

    @Test
    @DisplayName("M-11 who gives a run back late finds that the end of the heap has done it")
    void lateGivingBackDoesNothing() {
        final long one = pages.takeOr0(10, 0);
        final long two = pages.takeOr0(10, 0);
        final long three = pages.takeOr0(10, 0);
        child.close();
        final long others = top.pages().takeOr0(10, 0);
        assertThat(others).isEqualTo(one); // as the lowest free one
        pages.giveBack(one, 10);
        pages.giveBackAged(two, 10);
        pages.giveBackTail(three, 10, 4);
        assertThat(pages.tryExtend(one, 10, 12)).isFalse();
        assertThat(top.pages().blockPagesOr0(others)).isEqualTo(10);
        assertThat(top.budget().chargedBytes()).isEqualTo(10 * 4096);
        top.pages().giveBack(others, 10);
    }

    @Test
    @DisplayName("M-11 a heap that is closed takes nothing any more")
    void lateTakingGetsNothing() {
        child.close();
        assertThat(pages.takeOr0(1, 0)).isZero();
        assertThat(pages.takeInHandOr0(1)).isZero();
    }

    @Test
    @DisplayName("B-03 who finds no room waits for pages that another thread is about to give back")
    void requestWaitsForPagesInHand() throws InterruptedException {
        final long run = pages.takeOr0(512, 0);
        assertThat(run).isNotZero();
        final AtomicLong got = new AtomicLong();
        final Thread other = new Thread(() -> got.set(top.malloc(1 << 20)));
        pages.beginGivingBack();
        other.start();
        while (other.isAlive() && other.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        pages.giveBack(run, 512);
        pages.endGivingBack();
        other.join();
        assertThat(got).doesNotHaveValue(0);
        top.free(got.get());
        top.trim();
        child.close();
    }

    @Test
    @DisplayName("M-10 growing and shrinking in place is charged as it goes")
    void runsGrowAndShrink() {
        final long run = pages.takeOr0(300, 0);
        assertThat(pages.tryExtend(run, 300, 400)).isTrue();
        assertThat(child.budget().chargedBytes()).isEqualTo(400 * 4096);
        assertThat(pages.tryExtend(run, 400, 1 << 20)).isFalse();
        pages.giveBackTail(run, 400, 7);
        assertThat(top.budget().heldWithDescendantsBytes()).isEqualTo(7 * 4096);
        assertThat(top.budget().chargedBytes()).isEqualTo(1 << 20);
        child.close();
    }
}
