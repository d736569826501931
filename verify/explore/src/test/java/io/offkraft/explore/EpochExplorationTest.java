// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.explore.SketchedEpochs.Kind;
import io.offkraft.lockfree.EpochReclaimer;
import io.offkraft.word.SchedulePoint;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EpochExplorationTest {
    private static final boolean FULL = Boolean.getBoolean("stress");
    private static final long SCHEDULES = FULL ? 2_000_000 : 10_000;

    /** Hooks of a section, a retire and a poll that are disturbed a few times. */
    private static final int HOOKS = 30;

    private static Explorer explorer(Supplier<Program> program) {
        return Explorer.of(program).schedules(SCHEDULES);
    }

    /** A pointer to one of a few nodes; what was unlinked and is reclaimed is poisoned. */
    private static final class Nodes {
        private static final int COUNT = 4;

        private final boolean[] poisoned = new boolean[COUNT];
        private int current;
        private int reclaimed;

        int find() {
            SchedulePoint.reach();
            return current;
        }

        void use(int node) {
            SchedulePoint.reach();
            assertThat(poisoned[node]).as("node " + node + " is reclaimed").isFalse();
        }

        int replace(int node) {
            SchedulePoint.reach();
            int unlinked = current;
            current = node;
            return unlinked;
        }

        void poison(int node) {
            SchedulePoint.reach();
            assertThat(poisoned[node]).as("reclaimed twice").isFalse();
            poisoned[node] = true;
            reclaimed++;
        }
    }

    private static Runnable reader(Epochs epochs, Nodes nodes) {
        return () -> {
            long token = epochs.enter();
            nodes.use(nodes.find());
            epochs.exit(token);
        };
    }

    private static Runnable nestedReader(Epochs epochs, Nodes nodes) {
        return () -> {
            long outer = epochs.enter();
            int node = nodes.find();
            long inner = epochs.enter();
            int later = nodes.find();
            epochs.exit(outer);
            nodes.use(later); // protected by the inner section, which outlasts the outer one
            epochs.exit(inner);
            assertThat(node).isLessThanOrEqualTo(later);
        };
    }

    /** Replaces node 0 by 1, and that by 2; {@code retire} gets each that was unlinked. */
    private static Runnable writer(Nodes nodes, Consumer<Integer> retire) {
        return () -> {
            for (int node = 1; node <= 2; node++) {
                retire.accept(nodes.replace(node));
            }
        };
    }

    private static Supplier<Program> readersAndWriter(Supplier<Epochs> make) {
        return () -> {
            Epochs epochs = make.get();
            Nodes nodes = new Nodes();
            Runnable writer =
                    writer(
                            nodes,
                            unlinked -> {
                                epochs.retire(() -> nodes.poison(unlinked));
                                epochs.poll();
                            });
            return Program.of(reader(epochs, nodes), nestedReader(epochs, nodes), writer)
                    .check(() -> {
                        epochs.poll();
                        epochs.poll();
                        assertThat(nodes.reclaimed).isEqualTo(2);
                    });
        };
    }

    @ParameterizedTest
    @DisplayName("R-03 no reader, nested or migrating, uses what is reclaimed, and all is")
    @ValueSource(ints = {1, 2})
    void readersNeverUseWhatIsReclaimed(int places) {
        explorer(readersAndWriter(() -> new Epochs.Ours(places))).explore();
        assertThat(
                        explorer(readersAndWriter(() -> new Epochs.Ours(places)))
                                .exhaust(FULL ? 4 : 3)
                                .schedules())
                .isGreaterThan(50);
    }

    @Test
    @DisplayName("R-03 nor when the writer waits by synchronize")
    void synchronizeWaitsForReadersOfBefore() {
        explorer(synchronizing(() -> new Epochs.Ours(2), false)).explore();
        explorer(synchronizing(() -> new Epochs.Ours(2), true)).explore();
    }

    private static Supplier<Program> synchronizing(Supplier<Epochs> make, boolean twoWait) {
        return () -> {
            Epochs epochs = make.get();
            Nodes nodes = new Nodes();
            Runnable writer =
                    writer(
                            nodes,
                            unlinked -> {
                                epochs.synchronize();
                                nodes.poison(unlinked);
                            });
            return Program.of(
                    reader(epochs, nodes),
                    nestedReader(epochs, nodes),
                    writer,
                    () -> {
                        if (twoWait) { // and share periods
                            epochs.synchronize();
                        }
                    });
        };
    }

    @Test
    @DisplayName("R-03 whoever retires, polls and closes: none is lost, none comes after the close")
    void noneIsLostAtShutdown() {
        explorer(
                        () -> {
                            EpochReclaimer epochs = new EpochReclaimer(Epochs.migrating(), 2);
                            int[] accepted = new int[1];
                            int[] ran = new int[1];
                            boolean[] closed = new boolean[1];
                            Runnable retiring =
                                    () -> {
                                        try {
                                            for (int item = 0; item < 2; item++) {
                                                epochs.retire(
                                                        item,
                                                        _ -> {
                                                            assertThat(closed[0]).isFalse();
                                                            ran[0]++;
                                                        });
                                                accepted[0]++;
                                                epochs.poll();
                                            }
                                        } catch (IllegalStateException e) {
                                            assertThat(e).hasMessageContaining("after close");
                                        }
                                    };
                            return Program.of(
                                            retiring,
                                            retiring,
                                            () -> {
                                                epochs.close();
                                                closed[0] = true;
                                            })
                                    .check(() -> assertThat(ran[0]).isEqualTo(accepted[0]));
                        })
                .explore();
    }

    @ParameterizedTest
    @EnumSource(names = {"RIGHT", "EXITS_FIRST"})
    void theSketchIsRightIfNothingIsBroken(Kind kind) {
        explorer(readersAndWriter(() -> new SketchedEpochs(kind))).explore();
    }

    @ParameterizedTest
    @DisplayName("negative control: each broken sketch is rejected")
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"RIGHT", "EXITS_FIRST"})
    void brokenSketchIsRejected(Kind kind) {
        assertThatThrownBy(() ->
                        Explorer.of(readersAndWriter(() -> new SketchedEpochs(kind)))
                                .stepsMax(2_000)
                                .schedules(1_000_000)
                                .explore())
                .isInstanceOf(ScheduleFailure.class)
                .hasMessageContaining("is reclaimed");
    }

    @Test
    @DisplayName("negative control: one flip is rejected with three preemptions already")
    void oneFlipIsRejectedWithThreePreemptions() {
        Supplier<Program> program = readersAndWriter(() -> new SketchedEpochs(Kind.ONE_FLIP));
        assertThatThrownBy(() -> Explorer.of(program).exhaust(3))
                .isInstanceOf(ScheduleFailure.class)
                .hasMessageContaining("is reclaimed");
    }

    /** As close does, but without a wait for what was lost. */
    private static void reclaimAll(EpochReclaimer epochs) {
        for (int turn = 0; turn < 3; turn++) { // ends a period that is under way, and one more
            epochs.poll();
        }
        assertThat(epochs.pending()).as("lost").isZero();
    }

    /** Untagged stack; popped numbers come back as {@code giveBack} says. */
    private static Supplier<Program> recycling(boolean afterReaders) {
        return () -> {
            EpochReclaimer epochs = new EpochReclaimer(Epochs.migrating(), 2);
            OffHeapStack stack = new OffHeapStack(OffHeapWords.zeroed(), false);
            for (long number = 3; number > 0; number--) {
                stack.push(number);
            }
            boolean[] owned = new boolean[4];
            Runnable body =
                    () -> {
                        for (int turn = 0; turn < 2; turn++) {
                            long token = epochs.enter();
                            int number = (int) stack.pop();
                            epochs.exit(token);
                            if (number == 0) {
                                continue;
                            }
                            assertThat(owned[number]).as("two own " + number).isFalse();
                            owned[number] = true;
                            if (turn == 0) {
                                owned[number] = false;
                                if (afterReaders) {
                                    epochs.retire(number, stack::push);
                                    epochs.poll();
                                } else {
                                    stack.push(number);
                                }
                            }
                        }
                    };
            return Program.of(body, body, body)
                    .check(() -> {
                        reclaimAll(epochs);
                        for (long left = stack.pop(); left != 0; left = stack.pop()) {
                            assertThat(owned[(int) left]).isFalse();
                            owned[(int) left] = true;
                        }
                        assertThat(owned).containsExactly(false, true, true, true);
                    });
        };
    }

    @Test
    @DisplayName("R-02 a stack without tags has no ABA if what is popped comes back after readers")
    void recyclingAfterReadersHasNoAba() {
        explorer(recycling(true)).explore();
    }

    @Test
    @DisplayName("R-02 negative control: it has if numbers come back at once")
    void recyclingAtOnceHasAba() {
        assertThatThrownBy(() -> explorer(recycling(false)).explore())
                .isInstanceOf(ScheduleFailure.class);
    }

    private static Suspension stoppedInside() {
        EpochReclaimer epochs = new EpochReclaimer(Epochs.migrating(), 2);
        Nodes nodes = new Nodes();
        Runnable victim =
                () -> {
                    long token = epochs.enter();
                    nodes.use(nodes.find());
                    epochs.exit(token);
                    epochs.retire(() -> nodes.poison(3));
                    epochs.poll();
                };
        Runnable other =
                () -> {
                    long token = epochs.enter();
                    nodes.use(nodes.find());
                    epochs.exit(token);
                    epochs.retire(() -> {});
                    epochs.poll();
                };
        Runnable writer =
                writer(
                        nodes,
                        unlinked -> {
                            epochs.retire(() -> nodes.poison(unlinked));
                            epochs.poll();
                        });
        return new Suspension(
                victim,
                List.of(other, writer),
                () -> {
                    reclaimAll(epochs);
                    assertThat(nodes.reclaimed).isEqualTo(3);
                });
    }

    @Test
    @DisplayName("R-05 a thread stopped at any step keeps nobody from entering, retiring, polling")
    void stoppedThreadHoldsNobodyUp() {
        Suspension.holdsNobodyUp(EpochExplorationTest::stoppedInside, HOOKS);
    }

    @Test
    @DisplayName("R-05 a reader stopped inside does hold up who waits for it: synchronize, close")
    void stoppedReaderHoldsUpWhoWaitsForIt() {
        Suspension.holdsOthersUp(
                () -> {
                    EpochReclaimer epochs = new EpochReclaimer(Epochs.migrating(), 2);
                    return new Suspension(
                            () -> epochs.exit(epochs.enter()),
                            List.of(epochs::synchronize),
                            () -> {});
                },
                3); // counted in, about to leave
    }
}
