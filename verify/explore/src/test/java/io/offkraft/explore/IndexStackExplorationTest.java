// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.lockfree.IndexStack;
import io.offkraft.sync.SpinLock;
import io.offkraft.word.SchedulePoint;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class IndexStackExplorationTest {
    private static final long SCHEDULES = Boolean.getBoolean("stress") ? 2_000_000 : 20_000;
    private static final int NONE = -1;

    /** Hooks of a pop and a push that are disturbed a few times. */
    private static final int HOOKS = 12;

    /** A stack of indices, ours or another. */
    private interface Indices {
        void push(int index);

        int popOr(int ifEmpty);
    }

    /** One that gives two at once. */
    private interface Pairs extends Indices {
        /** Returns the top, with what is under it as {@link #belowOr}. */
        int popTwoOr(int ifEmpty);

        int belowOr(int index, int ifLast);

        /** Puts both on top at once. */
        void pushTwo(int upper, int lower);
    }

    private record Ours(IndexStack stack) implements Pairs {
        static Ours full() {
            return new Ours(IndexStack.full(3));
        }

        @Override
        public int popTwoOr(int ifEmpty) {
            return stack.popSomeOr(2, ifEmpty);
        }

        @Override
        public int belowOr(int index, int ifLast) {
            return stack.belowOr(index, ifLast);
        }

        @Override
        public void pushTwo(int upper, int lower) {
            stack.link(upper, lower);
            stack.push(upper, lower);
        }

        @Override
        public void push(int index) {
            stack.push(index);
        }

        @Override
        public int popOr(int ifEmpty) {
            return stack.popOr(ifEmpty);
        }
    }

    /** Broken: Treiber's stack without a tag. */
    private static final class Untagged implements Pairs {
        private final int[] next = {1, 2, NONE};
        private int top;

        @Override
        public int popTwoOr(int ifEmpty) {
            while (true) {
                SchedulePoint.reach();
                int seen = top;
                if (seen == NONE) {
                    return ifEmpty;
                }
                SchedulePoint.reach();
                int second = next[seen];
                SchedulePoint.reach();
                int below = second == NONE ? NONE : next[second];
                SchedulePoint.reach();
                if (top == seen) {
                    top = below;
                    next[second == NONE ? seen : second] = NONE;
                    return seen;
                }
            }
        }

        @Override
        public int belowOr(int index, int ifLast) {
            return next[index] == NONE ? ifLast : next[index];
        }

        @Override
        public void pushTwo(int upper, int lower) {
            next[upper] = lower;
            while (true) {
                SchedulePoint.reach();
                int seen = top;
                SchedulePoint.reach();
                next[lower] = seen;
                SchedulePoint.reach();
                if (top == seen) {
                    top = upper;
                    return;
                }
            }
        }

        @Override
        public void push(int index) {
            while (true) {
                SchedulePoint.reach();
                int seen = top;
                SchedulePoint.reach();
                next[index] = seen;
                SchedulePoint.reach();
                if (top == seen) {
                    top = index;
                    return;
                }
            }
        }

        @Override
        public int popOr(int ifEmpty) {
            while (true) {
                SchedulePoint.reach();
                int seen = top;
                if (seen == NONE) {
                    return ifEmpty;
                }
                SchedulePoint.reach();
                int below = next[seen];
                SchedulePoint.reach();
                if (top == seen) {
                    top = below;
                    return seen;
                }
            }
        }
    }

    /** Right, but whoever stops with the lock holds all others up. */
    private static final class Locked implements Indices {
        private final SpinLock lock = new SpinLock();
        private final int[] indices = {2, 1, 0};
        private int size = 3;

        @Override
        public void push(int index) {
            lock.lock();
            indices[size++] = index;
            lock.unlock();
        }

        @Override
        public int popOr(int ifEmpty) {
            lock.lock();
            int index = size == 0 ? ifEmpty : indices[--size];
            lock.unlock();
            return index;
        }
    }

    /** One pops; the other pops two and pushes the first of them: A, B, and A again. */
    private static Program popAndAba(Indices stack) {
        int[] taken = {NONE, NONE};
        return Program.of(
                        () -> taken[0] = stack.popOr(NONE),
                        () -> {
                            int first = stack.popOr(NONE);
                            taken[1] = stack.popOr(NONE);
                            stack.push(first);
                        })
                .check(() -> assertConserved(stack, taken));
    }

    /** One takes two at once; the other takes two at once, and puts them back in another order. */
    private static Program pairsAndAba(Pairs stack) {
        int[] taken = {NONE, NONE, NONE};
        return Program.of(
                        () -> {
                            taken[0] = stack.popTwoOr(NONE);
                            taken[1] = taken[0] == NONE ? NONE : stack.belowOr(taken[0], NONE);
                        },
                        () -> {
                            int first = stack.popTwoOr(NONE);
                            int second = first == NONE ? NONE : stack.belowOr(first, NONE);
                            if (second != NONE) {
                                taken[2] = stack.popTwoOr(NONE); // the last one
                                stack.pushTwo(first, second);
                            } else if (first != NONE) {
                                stack.push(first);
                            }
                        })
                .check(() -> assertConserved(stack, taken));
    }

    private static void assertConserved(Indices stack, int... taken) {
        int[] seen = new int[3];
        for (int index : taken) {
            if (index != NONE) {
                seen[index]++;
            }
        }
        int index = stack.popOr(NONE);
        for (int i = 0; i < 4 && index != NONE; i++) {
            seen[index]++;
            index = stack.popOr(NONE);
        }
        assertThat(seen).containsOnly(1);
    }

    /** Each pops twice and pushes what it got. */
    private static Suspension popsAndPushes(Indices stack) {
        Runnable user =
                () -> {
                    int first = stack.popOr(NONE);
                    int second = stack.popOr(NONE);
                    if (first != NONE) {
                        stack.push(first);
                    }
                    if (second != NONE) {
                        stack.push(second);
                    }
                };
        return new Suspension(user, List.of(user, user), () -> assertConserved(stack));
    }

    private static Explorer explorer(Supplier<Program> program) {
        return Explorer.of(program).schedules(SCHEDULES);
    }

    @Test
    @DisplayName("R-02 ABA does not fool the stack, in all schedules with few preemptions")
    void abaDoesNotFoolTheStack() {
        explorer(() -> popAndAba(Ours.full())).exhaust(3);
        explorer(() -> popAndAba(Ours.full())).explore();
    }

    @Test
    @DisplayName("R-02 negative control: without a tag it does, with one preemption")
    void abaFoolsAStackWithoutATag() {
        assertThatThrownBy(() -> explorer(() -> popAndAba(new Untagged())).exhaust(1))
                .isInstanceOf(ScheduleFailure.class);
        assertThatThrownBy(() -> explorer(() -> popAndAba(new Untagged())).explore())
                .isInstanceOf(ScheduleFailure.class);
    }

    @Test
    @DisplayName("R-02 indices that are taken and put back several at once have one owner each")
    void pairsHaveOneOwner() {
        explorer(() -> pairsAndAba(Ours.full())).exhaust(3);
        explorer(() -> pairsAndAba(Ours.full())).explore();
    }

    @Test
    @DisplayName("R-02 negative control: without a tag they have two, with one preemption")
    void pairsWithoutATagHaveTwoOwners() {
        assertThatThrownBy(() -> explorer(() -> pairsAndAba(new Untagged())).exhaust(1))
                .isInstanceOf(ScheduleFailure.class);
        assertThatThrownBy(() -> explorer(() -> pairsAndAba(new Untagged())).explore())
                .isInstanceOf(ScheduleFailure.class);
    }

    @Test
    @DisplayName("R-02 who takes all has it for itself, also with ABA")
    void chainBelongsToWhoTookAll() {
        Supplier<Program> program =
                () -> {
                    IndexStack stack = IndexStack.full(3);
                    int[] taken = {NONE};
                    return Program.of(
                                    () -> taken[0] = stack.popOr(NONE),
                                    () -> {
                                        int index = stack.popAllOr(NONE);
                                        while (index != NONE) {
                                            int below = stack.belowOr(index, NONE);
                                            stack.push(index);
                                            index = below;
                                        }
                                    })
                            .check(() -> assertConserved(new Ours(stack), taken));
                };
        explorer(program).exhaust(3);
        explorer(program).explore();
    }

    @Test
    @DisplayName("R-05 wherever a thread stops in the stack, the others go on")
    void stackIsLockFree() {
        Suspension.holdsNobodyUp(() -> popsAndPushes(Ours.full()), HOOKS);
    }

    @Test
    @DisplayName("R-05 wherever a thread stops that takes or puts back several, the others go on")
    void pairsAreLockFree() {
        Suspension.holdsNobodyUp(
                () -> {
                    Pairs stack = Ours.full();
                    Runnable user =
                            () -> {
                                int first = stack.popTwoOr(NONE);
                                int second = first == NONE ? NONE : stack.belowOr(first, NONE);
                                if (second != NONE) {
                                    stack.pushTwo(first, second);
                                } else if (first != NONE) {
                                    stack.push(first);
                                }
                            };
                    return new Suspension(user, List.of(user), () -> assertConserved(stack));
                },
                HOOKS);
    }

    @Test
    @DisplayName("R-05 negative control: in a stack with a lock it holds them up")
    void stackWithALockIsNot() {
        Suspension.holdsNobodyUp(() -> popsAndPushes(new Locked()), 1);
        Suspension.holdsOthersUp(() -> popsAndPushes(new Locked()), 2);
    }
}
