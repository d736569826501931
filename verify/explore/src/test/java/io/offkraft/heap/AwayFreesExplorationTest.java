// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.explore.Explorer;
import io.offkraft.explore.Program;
import io.offkraft.word.SchedulePoint;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Threads that free blocks of another one's bin without its guard, and its collecting of them. */
class AwayFreesExplorationTest {
    private final SlabMemory memory = new SlabMemory();

    @AfterEach
    void close() {
        memory.close();
    }

    private static long[] takeAll(OneSlab slab) {
        return LongStream.generate(slab.bin::takeOr0).takeWhile(block -> block != 0).toArray();
    }

    /** The owner's: puts all that is free into the slab. */
    private static void collect(OneSlab slab) {
        assertThat(slab.bin.takeEmpty(new long[0], 0, true)).isZero();
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    @Test
    @DisplayName("B-07 a second free of another one's block is refused, whenever it is collected")
    void secondFreeIsRefused() {
        Explorer.of(
                        () -> {
                            OneSlab slab = new OneSlab(memory);
                            final long block = slab.bin.takeOr0();
                            final long neighbour = slab.bin.takeOr0();
                            slab.bin.takeOr0(); // is in the hand
                            return Program.of(
                                            () -> {
                                                check(
                                                        slab.freeAway(block),
                                                        "the first free is refused");
                                                check(
                                                        !slab.freeAway(block),
                                                        "the second free is not");
                                            },
                                            () ->
                                                    check(
                                                            slab.freeAway(neighbour),
                                                            "the other is refused"),
                                            () -> {
                                                collect(slab);
                                                collect(slab);
                                            })
                                    .check(() -> {
                                        collect(slab);
                                        assertThat(slab.bin.foreignFrees()).as("twice").isZero();
                                    });
                        })
                .exhaust(3);
    }

    @Test
    @DisplayName(
            "B-07 of two threads that free another one's block at once one does, or it is told")
    void twoFreesAtOnceAreOne() {
        Explorer.of(
                        () -> {
                            OneSlab slab = new OneSlab(memory);
                            final long block = slab.bin.takeOr0();
                            slab.bin.takeOr0(); // is in the hand
                            int[] freed = new int[1];
                            Runnable free =
                                    () -> {
                                        boolean did = slab.freeAway(block);
                                        freed[0] += did ? 1 : 0;
                                    };
                            return Program.of(
                                            free,
                                            free,
                                            () -> {
                                                collect(slab);
                                                collect(slab);
                                            })
                                    .check(() -> {
                                        collect(slab);
                                        assertThat(freed[0] + slab.bin.foreignFrees()).isEqualTo(1);
                                        assertThat(takeAll(slab)).doesNotHaveDuplicates();
                                    });
                        })
                .exhaust(3);
    }

    @Test
    @DisplayName(
            "B-07 of its owner and another thread that free a block at once one does, or it is told")
    void ownersAndAnothersFreeAtOnceAreOne() {
        Explorer.of(
                        () -> {
                            OneSlab slab = new OneSlab(memory);
                            final long block = slab.bin.takeOr0();
                            slab.bin.takeOr0(); // is in the hand
                            int[] freed = new int[1];
                            int[] taken = new int[1];
                            return Program.of(
                                            () -> {
                                                boolean did = slab.freeAway(block);
                                                freed[0] += did ? 1 : 0;
                                            },
                                            () -> {
                                                boolean did = slab.bin.free(block);
                                                freed[0] += did ? 1 : 0;
                                                if (did) {
                                                    long next = slab.bin.takeOr0();
                                                    SchedulePoint.reach();
                                                    did = slab.bin.free(next);
                                                    freed[0] += did ? 1 : 0;
                                                    taken[0] = 1;
                                                }
                                                collect(slab);
                                            })
                                    .check(() -> {
                                        long[] all = takeAll(slab);
                                        assertThat(freed[0] + slab.bin.foreignFrees())
                                                .as("as often as it was handed out")
                                                .isEqualTo(1 + taken[0]);
                                        assertThat(all)
                                                .doesNotHaveDuplicates()
                                                .hasSize(SizeClasses.slots(OneSlab.SIZE_CLASS) - 1);
                                    });
                        })
                .exhaust(3);
    }
}
