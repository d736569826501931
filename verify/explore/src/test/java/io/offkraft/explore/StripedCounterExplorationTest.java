// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.lockfree.StripedCounter;
import io.offkraft.word.SchedulePoint;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class StripedCounterExplorationTest {
    private static final long SCHEDULES = Boolean.getBoolean("stress") ? 2_000_000 : 10_000;

    /** A counter, ours or a broken one. */
    private interface Counter {
        void add(long delta);

        long sum();

        long sumThenReset();
    }

    private record Ours(StripedCounter counter) implements Counter {
        static Ours ofTwoPlaces() {
            return new Ours(new StripedCounter(Epochs.migrating(), 2));
        }

        @Override
        public void add(long delta) {
            counter.add(delta);
        }

        @Override
        public long sum() {
            return counter.sum();
        }

        @Override
        public long sumThenReset() {
            return counter.sumThenReset();
        }
    }

    /** Broken: adds, and resets, in two steps. */
    private static final class LoadThenStore implements Counter {
        private final long[] parts = new long[2];
        private final boolean addsInOneStep;

        LoadThenStore(boolean addsInOneStep) {
            this.addsInOneStep = addsInOneStep;
        }

        @Override
        public void add(long delta) {
            SchedulePoint.reach();
            long seen = parts[0];
            if (!addsInOneStep) {
                SchedulePoint.reach();
            }
            parts[0] = seen + delta;
        }

        @Override
        public long sum() {
            SchedulePoint.reach();
            return parts[0] + parts[1];
        }

        @Override
        public long sumThenReset() {
            long sum = sum();
            SchedulePoint.reach();
            parts[0] = 0;
            return sum;
        }
    }

    private static Explorer explorer(Supplier<Program> program) {
        return Explorer.of(program).schedules(SCHEDULES);
    }

    /** Adds 1 and 2; a sum has what came before it, and nothing that comes after. */
    private static Supplier<Program> bounds(Supplier<Counter> make) {
        return () -> {
            Counter counter = make.get();
            long[] begun = new long[1];
            long[] ended = new long[1];
            Runnable adding =
                    () -> {
                        for (int delta = 1; delta <= 2; delta++) {
                            begun[0] += delta;
                            counter.add(delta);
                            ended[0] += delta;
                        }
                    };
            Runnable summing =
                    () -> {
                        long last = 0;
                        for (int turn = 0; turn < 2; turn++) {
                            long least = Math.max(last, ended[0]);
                            last = counter.sum();
                            assertThat(last).isBetween(least, begun[0]);
                        }
                    };
            return Program.of(adding, adding, summing)
                    .check(() -> assertThat(counter.sum()).isEqualTo(6));
        };
    }

    private static Supplier<Program> resets(Supplier<Counter> make) {
        return () -> {
            Counter counter = make.get();
            long[] taken = new long[1];
            Runnable adding =
                    () -> {
                        counter.add(1);
                        counter.add(10);
                    };
            Runnable resetting =
                    () -> {
                        long got = counter.sumThenReset();
                        taken[0] += got;
                    };
            return Program.of(adding, adding, resetting, resetting)
                    .check(() -> assertThat(taken[0] + counter.sum()).isEqualTo(22));
        };
    }

    /** {@code sum} may be a value that the counter never had, unless all add 1. */
    private static Supplier<Program> momentary(long first, long second) {
        return () -> {
            Counter counter = Ours.ofTwoPlaces();
            long[] truth = new long[1];
            boolean[] had = new boolean[8];
            had[0] = true;
            Runnable adding =
                    () -> {
                        for (long delta : new long[] {first, second}) {
                            counter.add(delta);
                            truth[0] += delta; // no hook between: one step
                            had[(int) truth[0]] = true;
                        }
                    };
            return Program.of(adding, () -> assertThat(had[(int) counter.sum()]).isTrue());
        };
    }

    @Test
    void sumsLieBetweenTheirBoundsAndAreExactAtTheEnd() {
        explorer(bounds(Ours::ofTwoPlaces)).explore();
        explorer(bounds(Ours::ofTwoPlaces)).exhaust(1);
    }

    @Test
    void eachAdditionIsTakenByExactlyOneReset() {
        explorer(resets(Ours::ofTwoPlaces)).explore();
    }

    @Test
    void aSumOfIncrementsIsAValueThatTheCounterHad() {
        assertThat(explorer(momentary(1, 1)).exhaust(4).schedules()).isPositive();
    }

    @Test
    @DisplayName("what the counter does not promise: a sum of other additions may be no such value")
    void aSumOfOtherAdditionsNeedNotBe() {
        assertThatThrownBy(() -> explorer(momentary(1, 2)).exhaust(4))
                .isInstanceOf(ScheduleFailure.class);
    }

    @Test
    @DisplayName(
            "negative control: each program rejects a counter that adds, or resets, in two steps")
    void additionInTwoStepsIsRejected() {
        assertThatThrownBy(() -> explorer(bounds(() -> new LoadThenStore(false))).explore())
                .isInstanceOf(ScheduleFailure.class);
        assertThatThrownBy(() -> explorer(resets(() -> new LoadThenStore(true))).explore())
                .isInstanceOf(ScheduleFailure.class);
    }
}
