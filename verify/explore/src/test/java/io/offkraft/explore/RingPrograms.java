// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Programs that only a ring which is linearizable passes. */
final class RingPrograms {
    private static final long NONE = -1;

    private RingPrograms() {}

    /** Two put 10, 11 and 20, 21; two take. Each value once, and the values of one in order. */
    static Supplier<Program> valuesAreConserved(Supplier<? extends Numbers> rings) {
        return () -> {
            Numbers ring = rings.get();
            List<Long> offered = new ArrayList<>();
            List<Long> first = new ArrayList<>();
            List<Long> second = new ArrayList<>();
            return Program.of(
                            () -> put(ring, offered, 10),
                            () -> put(ring, offered, 20),
                            () -> take(ring, first, 2),
                            () -> take(ring, second, 2))
                    .check(() -> {
                        assertThat(first).satisfies(RingPrograms::isInOrder);
                        assertThat(second).satisfies(RingPrograms::isInOrder);
                        List<Long> taken = new ArrayList<>(first);
                        taken.addAll(second);
                        take(ring, taken, 3);
                        assertThat(taken).containsExactlyInAnyOrderElementsOf(offered);
                    });
        };
    }

    private static void put(Numbers ring, List<Long> offered, long first) {
        for (long value = first; value < first + 2; value++) {
            if (ring.offer(value)) {
                offered.add(value);
            }
        }
    }

    private static void take(Numbers ring, List<Long> taken, int times) {
        for (int i = 0; i < times; i++) {
            long value = ring.pollOr(NONE);
            if (value != NONE) {
                taken.add(value);
            }
        }
    }

    private static void isInOrder(List<? extends Long> taken) {
        for (int i = 1; i < taken.size(); i++) {
            if (taken.get(i) / 10 == taken.get(i - 1) / 10) {
                assertThat(taken.get(i)).isGreaterThan(taken.get(i - 1));
            }
        }
    }

    /** Who has put a value that nobody else takes finds the ring not empty. */
    static Supplier<Program> emptyIsExact(Supplier<? extends Numbers> rings) {
        return () -> {
            Numbers ring = rings.get();
            return Program.of(
                    () -> assertThat(ring.offer(1)).isTrue(),
                    () -> {
                        assertThat(ring.offer(2)).isTrue();
                        assertThat(ring.pollOr(NONE)).isNotEqualTo(NONE);
                    });
        };
    }

    /** In a ring of two: who has taken a value and is the only one to put finds room. */
    static Supplier<Program> fullIsExact(Supplier<? extends Numbers> rings) {
        return () -> {
            Numbers ring = rings.get();
            assertThat(ring.offer(1)).isTrue();
            assertThat(ring.offer(1)).isTrue();
            return Program.of(
                    () -> assertThat(ring.pollOr(NONE)).isEqualTo(1),
                    () -> {
                        assertThat(ring.pollOr(NONE)).isEqualTo(1);
                        assertThat(ring.offer(2)).isTrue();
                    });
        };
    }

    /** One puts 1 to 4 and another takes: all that found room, in order. */
    static Supplier<Program> oneToOneInOrder(Supplier<? extends Numbers> rings) {
        return () -> {
            Numbers ring = rings.get();
            List<Long> offered = new ArrayList<>();
            List<Long> taken = new ArrayList<>();
            return Program.of(
                            () -> {
                                for (long value = 1; value <= 4; value++) {
                                    if (ring.offer(value)) {
                                        offered.add(value);
                                    }
                                }
                            },
                            () -> take(ring, taken, 4))
                    .check(() -> {
                        take(ring, taken, 3);
                        assertThat(taken).isEqualTo(offered);
                    });
        };
    }
}
