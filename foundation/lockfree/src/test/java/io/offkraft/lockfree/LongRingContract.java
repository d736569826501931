// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every ring keeps to. */
abstract class LongRingContract {
    static final boolean STRESS = Boolean.getBoolean("stress");

    /** What the tests never offer. */
    static final long NONE = Long.MIN_VALUE;

    private static final int WRAPS = 1_000_000;

    abstract LongRing newRing(int capacity);

    /** Returns a ring through which {@code first} values have gone. */
    abstract LongRing newRing(int capacity, long first);

    abstract int capacityMax();

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8, 1 << 10, 1 << 16})
    @DisplayName("R-01 a ring of each capacity is full and empty exactly when it should be")
    void ringTakesAsManyAsItsCapacityAndGivesThemBackInOrder(int capacity) {
        LongRing ring = newRing(capacity);
        assertThat(ring.capacity()).isEqualTo(capacity);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < capacity; i++) {
                assertThat(ring.size()).isEqualTo(i);
                assertThat(ring.offer(i)).isTrue();
            }
            assertThat(ring.offer(-1)).isFalse();
            assertThat(ring.size()).isEqualTo(capacity);
            for (int i = 0; i < capacity; i++) {
                assertThat(ring.pollOr(NONE)).isEqualTo(i);
            }
            assertThat(ring.pollOr(NONE)).isEqualTo(NONE);
            assertThat(ring.pollOr(7)).isEqualTo(7);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Integer.MAX_VALUE - 20L, (1L << 32) - 20, Long.MAX_VALUE - 20})
    @DisplayName(
            "R-01 a ring behaves as a queue, also where its positions outgrow an int or a long")
    void ringBehavesAsAQueue(long first) {
        Random random = new Random(1);
        for (int capacity = 2; capacity <= 16; capacity <<= 1) {
            LongRing ring = newRing(capacity, first);
            Queue<Long> queue = new ArrayDeque<>();
            for (int step = 0; step < 1_000; step++) {
                long value = random.nextLong() | 1;
                if (random.nextBoolean()) {
                    boolean room = queue.size() < capacity;
                    assertThat(ring.offer(value)).isEqualTo(room);
                    if (room) {
                        queue.add(value);
                    }
                } else {
                    Long expected = queue.poll();
                    assertThat(ring.pollOr(0)).isEqualTo(expected == null ? 0 : expected);
                }
                assertThat(ring.size()).isEqualTo(queue.size());
            }
        }
    }

    @Test
    @DisplayName("R-01 every long can be a value")
    void everyLongCanBeAValue() {
        LongRing ring = newRing(4);
        for (long value : new long[] {Long.MIN_VALUE, -1, 0, Long.MAX_VALUE}) {
            assertThat(ring.offer(value)).isTrue();
            assertThat(ring.pollOr(value + 1)).isEqualTo(value);
        }
    }

    @Test
    @DisplayName("R-01 a ring of two slots wraps a million times")
    void ringWrapsAMillionTimes() {
        LongRing ring = newRing(2);
        for (long wrap = 0; wrap < WRAPS; wrap++) {
            if (!ring.offer(wrap) || !ring.offer(~wrap) || ring.offer(0)) {
                throw new AssertionError("full wrongly in wrap " + wrap);
            }
            if (ring.pollOr(NONE) != wrap
                    || ring.pollOr(NONE) != ~wrap
                    || ring.pollOr(NONE) != NONE) {
                throw new AssertionError("empty wrongly in wrap " + wrap);
            }
        }
        assertThat(ring.size()).isZero();
    }

    @Test
    @DisplayName("R-01 what finds no room is counted, and nothing else")
    void dropsAreCounted() {
        LongRing ring = newRing(2);
        assertThat(ring.dropped()).isZero();
        assertThat(ring.offerOrDrop(1)).isTrue();
        assertThat(ring.offerOrDrop(2)).isTrue();
        assertThat(ring.offerOrDrop(3)).isFalse();
        assertThat(ring.offer(4)).isFalse();
        assertThat(ring.offerOrDrop(5)).isFalse();
        assertThat(ring.dropped()).isEqualTo(2);
        assertThat(ring.pollOr(NONE)).isEqualTo(1);
        assertThat(ring.offerOrDrop(6)).isTrue();
        assertThat(ring.dropped()).isEqualTo(2);
        assertThat(ring).hasToString(ring.getClass().getSimpleName() + "[2 of 2]");
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -2, 0, 1, 3, 6, 1 << 30 | 1, Integer.MAX_VALUE})
    void capacityThatIsNoPowerOfTwoIsRefused(int capacity) {
        assertThatThrownBy(() -> newRing(capacity))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "capacity must be a power of two in [2, %d]: %d", capacityMax(), capacity);
    }

    @Test
    @DisplayName("R-01 between two threads every value arrives once and in order")
    void valuesArriveOnceAndInOrder() throws InterruptedException {
        RingTraffic.run(newRing(2), 1, 1, STRESS ? 2 * WRAPS : 100_000);
        RingTraffic.run(newRing(64), 1, 1, STRESS ? 20_000_000 : 500_000);
        RingTraffic.run(newRing(1 << 16), 1, 1, STRESS ? 20_000_000 : 500_000);
    }

    @Test
    @DisplayName("R-01 drops between two threads are counted exactly")
    void dropsBetweenThreadsAreCountedExactly() throws InterruptedException {
        RingTraffic.runDropping(newRing(8), 1, 1, STRESS ? 10_000_000 : 200_000);
    }
}
