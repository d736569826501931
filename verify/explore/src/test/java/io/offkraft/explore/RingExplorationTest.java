// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.explore.BrokenRing.Flaw;
import io.offkraft.lockfree.LongRing;
import io.offkraft.lockfree.MpmcLongRing;
import io.offkraft.lockfree.SpscLongRing;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class RingExplorationTest {
    private static final long SCHEDULES = Boolean.getBoolean("stress") ? 2_000_000 : 20_000;
    private static final long NONE = -1;

    /** The hooks of a call that nobody disturbs; at the last one it has claimed its position. */
    private static final int MPMC_HOOKS = 4;

    private static Explorer explorer(Supplier<Program> program) {
        return Explorer.of(program).schedules(SCHEDULES);
    }

    private static Numbers mpmc() {
        return Numbers.of(new MpmcLongRing(2));
    }

    private static Numbers spsc() {
        return Numbers.of(new SpscLongRing(2));
    }

    @Test
    @DisplayName("R-01 many put and many take: each value once, in the order of its putter")
    void valuesAreConserved() {
        explorer(RingPrograms.valuesAreConserved(RingExplorationTest::mpmc)).explore();
        explorer(RingPrograms.oneToOneInOrder(RingExplorationTest::mpmc)).explore();
    }

    @Test
    @DisplayName("R-01 full and empty are exact, in all schedules with few preemptions")
    void fullAndEmptyAreExact() {
        explorer(RingPrograms.emptyIsExact(RingExplorationTest::mpmc)).exhaust(3);
        explorer(RingPrograms.fullIsExact(RingExplorationTest::mpmc)).exhaust(3);
    }

    @Test
    @DisplayName("R-01 between two threads, in all schedules with few preemptions")
    void spscRingKeepsTheOrder() {
        explorer(RingPrograms.oneToOneInOrder(RingExplorationTest::spsc)).exhaust(4);
        explorer(RingPrograms.oneToOneInOrder(RingExplorationTest::mpmc)).exhaust(2);
    }

    @ParameterizedTest
    @EnumSource(names = {"CLAIMS_IN_TWO_STEPS", "PUBLISHES_EARLY", "VACATES_EARLY"})
    @DisplayName("negative control: a ring that claims, publishes or vacates wrongly is rejected")
    void brokenRingIsRejected(Flaw flaw) {
        Supplier<Numbers> rings = () -> new BrokenRing(2, flaw);
        assertThatThrownBy(() -> explorer(RingPrograms.valuesAreConserved(rings)).explore())
                .isInstanceOf(ScheduleFailure.class);
    }

    @Test
    @DisplayName("negative control: Vyukov's ring as published, full or empty by its slot, is not")
    void ringThatGoesByTheSlotIsNotExact() {
        Supplier<Numbers> rings = () -> new BrokenRing(2, Flaw.GOES_BY_THE_SLOT);
        explorer(RingPrograms.valuesAreConserved(rings)).explore();
        assertThatThrownBy(() -> explorer(RingPrograms.emptyIsExact(rings)).exhaust(2))
                .isInstanceOf(ScheduleFailure.class);
        assertThatThrownBy(() -> explorer(RingPrograms.fullIsExact(rings)).exhaust(2))
                .isInstanceOf(ScheduleFailure.class);
    }

    /** A putter that stops in the ring's empty state; the others only take. */
    private static Suspension putterAndTakers() {
        LongRing ring = new MpmcLongRing(2);
        return new Suspension(
                () -> assertThat(ring.offer(1)).isTrue(),
                List.of(() -> ring.pollOr(NONE), () -> ring.pollOr(NONE)),
                () -> assertThat(ring.offer(2)).isTrue());
    }

    /** A putter that stops; the others put more than there is room for. */
    private static Suspension putterAndPutters() {
        LongRing ring = new MpmcLongRing(2);
        Runnable other =
                () -> {
                    ring.offer(2);
                    ring.offer(3);
                };
        return new Suspension(
                () -> ring.offer(1),
                List.of(other, other),
                () -> assertThat(ring.size()).isEqualTo(2));
    }

    /** A taker that stops; the others take more than there is. */
    private static Suspension takerAndTakers() {
        LongRing ring = new MpmcLongRing(2);
        assertThat(ring.offer(1)).isTrue();
        assertThat(ring.offer(2)).isTrue();
        Runnable other =
                () -> {
                    ring.pollOr(NONE);
                    ring.pollOr(NONE);
                };
        return new Suspension(
                () -> ring.pollOr(NONE),
                List.of(other, other),
                () -> assertThat(ring.size()).isZero());
    }

    /** A taker that stops in a full ring; the others only put. */
    private static Suspension takerAndPutters() {
        LongRing ring = new MpmcLongRing(2);
        assertThat(ring.offer(1)).isTrue();
        assertThat(ring.offer(2)).isTrue();
        return new Suspension(
                () -> assertThat(ring.pollOr(NONE)).isEqualTo(1),
                List.of(() -> ring.offer(3)),
                () -> assertThat(ring.pollOr(NONE)).isEqualTo(2));
    }

    @Test
    @DisplayName("R-05 whoever stops in the MPMC ring holds up nobody who does the same as he")
    void stoppedThreadHoldsUpNobodyOfItsOwnSide() {
        Suspension.holdsNobodyUp(RingExplorationTest::putterAndPutters, 2 * MPMC_HOOKS);
        Suspension.holdsNobodyUp(RingExplorationTest::takerAndTakers, 2 * MPMC_HOOKS);
    }

    @Test
    @DisplayName(
            "R-05 who stops in the MPMC ring between claim and publication holds up the others")
    void stoppedThreadHoldsUpTheOtherSideOnlyOnceItHasClaimed() {
        Suspension.holdsNobodyUp(RingExplorationTest::putterAndTakers, MPMC_HOOKS - 1);
        Suspension.holdsOthersUp(RingExplorationTest::putterAndTakers, MPMC_HOOKS);
        Suspension.holdsNobodyUp(RingExplorationTest::takerAndPutters, MPMC_HOOKS - 1);
        Suspension.holdsOthersUp(RingExplorationTest::takerAndPutters, MPMC_HOOKS);
    }

    @Test
    @DisplayName("R-05 nobody who stops in the SPSC ring holds the other one up")
    void spscRingIsWaitFree() {
        Suspension.holdsNobodyUp(() -> spscVictim(true), 8);
        Suspension.holdsNobodyUp(() -> spscVictim(false), 8);
    }

    private static Suspension spscVictim(boolean putterStops) {
        LongRing ring = new SpscLongRing(2);
        Runnable putter =
                () -> {
                    for (int value = 1; value <= 4; value++) {
                        ring.offer(value);
                    }
                };
        Runnable taker =
                () -> {
                    for (int i = 0; i < 4; i++) {
                        ring.pollOr(NONE);
                    }
                };
        return new Suspension(
                putterStops ? putter : taker,
                List.of(putterStops ? taker : putter),
                () -> assertThat(ring.size()).isBetween(0, 2));
    }
}
