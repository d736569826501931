// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.buddy.MisuseException;
import io.offkraft.config.Contention;
import io.offkraft.heap.BlockPool;
import io.offkraft.heap.BumpRegion;
import io.offkraft.heap.Heap;
import io.offkraft.lockfree.IndexStack;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.SchedulePoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A pool of three blocks, of which the threads want more than there are. */
final class BlockPoolExplorationTest {
    private static final long SCHEDULES = Boolean.getBoolean("stress") ? 500_000 : 5_000;
    private static final int CAPACITY = 3;
    private static final long BYTES = 64;

    /** Hooks of a batch that is taken and given back, disturbed a few times. */
    private static final int HOOKS = 24;

    private static final Heap HEAP =
            Heap.builder().capacityBytes(8L << 20).decay(Duration.ofDays(100)).build();

    @AfterAll
    static void closeHeap() {
        HEAP.close();
    }

    /** What the threads share, ours or a broken twin. */
    private interface Blocks {
        /** Returns up to {@code count} blocks. */
        long[] take(int count);

        /** Returns whether they were given back, all or none. */
        boolean give(long... blocks);

        /** Checks that so many are free, each once, and ends. */
        void assertFree(int count);
    }

    private record Ours(BlockPool pool) implements Blocks {
        static Ours of(Contention contention) {
            return new Ours(
                    BlockPool.builder(HEAP, BYTES, CAPACITY)
                            .contention(contention)
                            .synchronization(Synchronization.SPIN)
                            .build());
        }

        @Override
        public long[] take(int count) {
            long[] into = new long[count];
            if (count > 1) {
                return Arrays.copyOf(into, pool.take(into, 0, count));
            }
            into[0] = pool.take();
            return into[0] == 0 ? new long[0] : into;
        }

        @Override
        public boolean give(long... blocks) {
            try {
                if (blocks.length == 1) {
                    pool.giveBack(blocks[0]);
                } else {
                    pool.giveBack(blocks, 0, blocks.length);
                }
                return true;
            } catch (MisuseException told) {
                return false;
            }
        }

        @Override
        public void assertFree(int count) {
            assertThat(pool.available()).isEqualTo(count);
            long[] all = take(CAPACITY + 1);
            assertThat(all).hasSize(count).doesNotHaveDuplicates();
            pool.close();
        }
    }

    /** Broken: a return looks whether the block is taken, and then says that it is free. */
    private static final class LookThenGive implements Blocks {
        private final IndexStack stack = IndexStack.full(CAPACITY);
        private final boolean[] taken = new boolean[CAPACITY];

        @Override
        public long[] take(int count) {
            long[] some = new long[count];
            int got = 0;
            while (got < count) {
                int index = stack.popOr(-1);
                if (index < 0) {
                    break;
                }
                SchedulePoint.reach();
                taken[index] = true;
                some[got++] = index;
            }
            return Arrays.copyOf(some, got);
        }

        @Override
        public boolean give(long... blocks) {
            boolean all = true;
            for (long block : blocks) {
                SchedulePoint.reach();
                boolean was = block >= 0 && taken[(int) block];
                if (was) {
                    SchedulePoint.reach();
                    taken[(int) block] = false;
                    stack.push((int) block);
                }
                all &= was;
            }
            return all;
        }

        @Override
        public void assertFree(int count) {
            assertThat(take(CAPACITY + 1)).hasSize(count).doesNotHaveDuplicates();
        }
    }

    private static void share(Blocks blocks, Set<Long> owned, int count) {
        long[] mine = blocks.take(count);
        for (long block : mine) {
            check(owned.add(block), "two owners");
        }
        SchedulePoint.reach();
        for (long block : mine) {
            owned.remove(block);
        }
        check(blocks.give(mine), "an own block is refused");
    }

    /** In a thread of a program, where no class should be loaded that can be done without. */
    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    /** Each thread takes its number of blocks, or what it gets, and gives them back; twice. */
    private static Explorer owners(Supplier<Blocks> make, int... counts) {
        return Explorer.of(() -> {
            Blocks blocks = make.get();
            Set<Long> owned = new HashSet<>();
            List<Runnable> users = new ArrayList<>();
            for (int count : counts) {
                users.add(() -> {
                    share(blocks, owned, count);
                    share(blocks, owned, count);
                });
            }
            return new Program(users, () -> blocks.assertFree(CAPACITY));
        });
    }

    @ParameterizedTest
    @EnumSource(Contention.class)
    @DisplayName("M-07 in all schedules tried no block has two owners, and all are back at the end")
    void blocksHaveOneOwner(Contention contention) {
        owners(() -> Ours.of(contention), 1, 1, 1).schedules(SCHEDULES).explore();
        owners(() -> Ours.of(contention), 2, 1, 2).schedules(SCHEDULES).explore();
        owners(() -> Ours.of(contention), 3, 2).schedules(SCHEDULES).explore();
        owners(() -> Ours.of(contention), 2, 1).exhaust(2);
    }

    /** Two give the same block back, and one of them another one with it. */
    private static Explorer returnedTwice(Supplier<Blocks> make, boolean batch) {
        return Explorer.of(() -> {
            Blocks blocks = make.get();
            long[] mine = blocks.take(2);
            int[] back = new int[1];
            return Program.of(
                            () -> {
                                boolean did = blocks.give(mine[0]);
                                back[0] += did ? 1 : 0;
                            },
                            () -> {
                                boolean did =
                                        batch
                                                ? blocks.give(mine[1], mine[0])
                                                : blocks.give(mine[0]);
                                back[0] += !did ? 0 : batch ? 2 : 1;
                            })
                    .check(() -> {
                        assertThat(back[0]).isIn(batch ? List.of(1, 2) : List.of(1));
                        blocks.assertFree(CAPACITY - 2 + back[0]);
                    });
        });
    }

    @ParameterizedTest
    @EnumSource(Contention.class)
    @DisplayName("M-07 B-07 of two that give one block back at once one succeeds")
    void ofTwoReturnsOneSucceeds(Contention contention) {
        returnedTwice(() -> Ours.of(contention), false).exhaust(3);
        returnedTwice(() -> Ours.of(contention), true).exhaust(3);
    }

    @Test
    @DisplayName("M-07 negative control: a pool that looks and then gives back is found out")
    void lookThenGiveIsRejected() {
        assertThatThrownBy(() -> returnedTwice(LookThenGive::new, false).exhaust(1))
                .isInstanceOf(ScheduleFailure.class);
    }

    /** One gives back a batch that ends with a wrong address; another takes and gives back. */
    private static Explorer wrongBatch(Supplier<Blocks> make) {
        return Explorer.of(() -> {
            Blocks blocks = make.get();
            long[] mine = blocks.take(2);
            return Program.of(
                            () -> check(!blocks.give(mine[0], mine[1], -1), "not told"),
                            () -> {
                                long[] got = blocks.take(3);
                                assertThat(got).hasSize(1).doesNotContain(mine);
                                assertThat(blocks.give(got)).isTrue();
                            })
                    .check(() -> {
                        assertThat(blocks.give(mine)).isTrue();
                        blocks.assertFree(CAPACITY);
                    });
        });
    }

    @ParameterizedTest
    @EnumSource(Contention.class)
    @DisplayName("M-07 nobody gets a block out of a batch that turns out to be wrong")
    void wrongBatchIsNobodyElses(Contention contention) {
        wrongBatch(() -> Ours.of(contention)).exhaust(3);
    }

    @Test
    @DisplayName("M-07 negative control: one that gives back before it has seen all is found out")
    void earlyReturnIsRejected() {
        assertThatThrownBy(() -> wrongBatch(LookThenGive::new).exhaust(1))
                .isInstanceOf(ScheduleFailure.class);
    }

    private static Suspension batches(Contention contention) {
        Blocks blocks = Ours.of(contention);
        Runnable user =
                () -> {
                    blocks.give(blocks.take(2));
                    blocks.give(blocks.take(1));
                };
        return new Suspension(user, List.of(user, user), () -> blocks.assertFree(CAPACITY));
    }

    @Test
    @DisplayName("M-07 R-05 wherever a thread stops in a pool without a lock, the others go on")
    void poolWithoutALockIsLockFree() {
        Suspension.holdsNobodyUp(() -> batches(Contention.HIGH), HOOKS);
    }

    @Test
    @DisplayName("R-05 negative control: under a lock they are held up")
    void poolUnderALockIsNot() {
        Suspension.holdsOthersUp(() -> batches(Contention.LOW), 2);
    }

    /** A region, ours or a broken one. */
    private interface Memory {
        long allocate(long bytes, long alignment);

        void reset();
    }

    /** Broken: the rest is looked at, and then set. */
    private static final class LookThenSet implements Memory {
        private long next = 1;

        @Override
        public long allocate(long bytes, long alignment) {
            SchedulePoint.reach();
            long begin = next + (-next & (alignment - 1));
            if (begin + bytes > 11) {
                return 0;
            }
            SchedulePoint.reach();
            next = begin + bytes;
            return begin;
        }

        @Override
        public void reset() {
            SchedulePoint.reach();
            next = 1;
        }
    }

    private record OurMemory(BumpRegion region) implements Memory {
        @Override
        public long allocate(long bytes, long alignment) {
            return region.allocate(bytes, alignment);
        }

        @Override
        public void reset() {
            region.reset();
        }
    }

    /** Ten bytes from 1 on, after a reset: 1 and 2, 4 to 7, and 8 to 10 or less. */
    private static Explorer allocations(Supplier<Memory> make) {
        return Explorer.of(() -> {
            Memory memory = make.get();
            memory.allocate(5, 1);
            memory.reset();
            int[] owned = new int[11];
            Runnable one = () -> claim(owned, memory.allocate(1, 1), 1);
            Runnable four = () -> claim(owned, memory.allocate(4, 4), 4);
            return Program.of(one, four, one)
                    .check(() -> {
                        while (claim(owned, memory.allocate(1, 1), 1)) {
                            assertThat(owned[0]).isZero();
                        }
                        assertThat(owned[10]).isEqualTo(1);
                        assertThat(Arrays.stream(owned).max()).hasValue(1);
                    });
        });
    }

    private static boolean claim(int[] owned, long address, int bytes) {
        for (int n = 0; address != 0 && n < bytes; n++) {
            owned[(int) address + n]++;
        }
        return address != 0;
    }

    @Test
    @DisplayName("M-08 in all schedules with few preemptions no byte of a region has two owners")
    void bytesHaveOneOwner() {
        allocations(() -> new OurMemory(BumpRegion.over(1, 10))).exhaust(3);
    }

    @Test
    @DisplayName("M-08 negative control: a region that looks and then sets is found out")
    void lookThenSetIsRejected() {
        assertThatThrownBy(() -> allocations(LookThenSet::new).exhaust(1))
                .isInstanceOf(ScheduleFailure.class);
    }
}
