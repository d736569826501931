// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.config.Contention;
import io.offkraft.heap.BlockPool;
import io.offkraft.heap.Heap;
import io.offkraft.word.RawMemory;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Pools that platform and virtual threads want more blocks of than there are. */
@ParameterizedClass
@EnumSource(Contention.class)
class BlockPoolConcurrencyTest {
    private static final long BYTES = 24;

    @Parameter private Contention contention;

    private final Heap heap = Heap.builder().capacityBytes(16 << 20).build();

    static IntStream threads() {
        return IntStream.of(Scale.threads());
    }

    @AfterEach
    void close() {
        heap.close();
    }

    private BlockPool pool(int capacity) {
        return BlockPool.builder(heap, BYTES, capacity).alignment(8).contention(contention).build();
    }

    /** A pool, and who has which of its blocks. */
    private static final class Owned {
        private final BlockPool pool;
        private final long base;
        private final AtomicIntegerArray owners;

        /** All blocks from {@code base} on are free. */
        Owned(BlockPool pool, long base) {
            this.pool = pool;
            this.base = base;
            owners = new AtomicIntegerArray(pool.capacity());
            for (long n = 0; n < pool.capacity(); n++) {
                RawMemory.storeLongPlain(base + n * BYTES, 0);
                RawMemory.storeLongPlain(base + n * BYTES + 8, ~0L);
            }
        }

        /** The caller has taken the block; what its last owner wrote there is whole. */
        void claim(long address, int owner) {
            int before = owners.getAndSet((int) ((address - base) / BYTES), owner);
            if (before != 0 || (address - base) % BYTES != 0) {
                throw new AssertionError("of owner " + before + " and " + owner);
            }
            long count = RawMemory.loadLongPlain(address);
            check(RawMemory.loadLongPlain(address + 8) == ~count, "the last owner's work");
            RawMemory.storeLongPlain(address, count + owner);
            RawMemory.storeLongPlain(address + 8, ~(count + owner));
        }

        void release(long address, int owner) {
            int before = owners.getAndSet((int) ((address - base) / BYTES), 0);
            check(before == owner, "ownership");
        }

        static void check(boolean holds, String what) {
            if (!holds) {
                throw new AssertionError(what);
            }
        }

        /** All are there, once, and nothing else. */
        void assertAllFree() {
            int capacity = pool.capacity();
            assertThat(pool.available()).isEqualTo(capacity);
            long[] all = new long[capacity + 1];
            assertThat(pool.take(all, 0, capacity + 1)).isEqualTo(capacity);
            for (int n = 0; n < capacity; n++) {
                claim(all[n], 1);
            }
            assertThat(pool.available()).isZero();
            pool.giveBack(all, 0, capacity);
            pool.close();
        }
    }

    private Owned owned(int capacity) {
        BlockPool pool = pool(capacity);
        long base = pool.take();
        pool.giveBack(base);
        return new Owned(pool, base);
    }

    /** One thread's blocks, at most a few more than its share of the pool. */
    private static final class User {
        private final Owned owned;
        private final int owner;
        private final Random random;
        private final long[] mine = new long[5];

        User(Owned owned, int owner) {
            this.owned = owned;
            this.owner = owner;
            random = new Random(owner);
        }

        void run(int steps) {
            BlockPool pool = owned.pool;
            int count = 0;
            for (int step = 0; step < steps; step++) {
                int some = 1 + random.nextInt(mine.length);
                if (random.nextInt(16) == 0) {
                    misuse(count);
                } else if (count == 0 || (count < mine.length && random.nextBoolean())) {
                    count = take(count, Math.min(some, mine.length - count));
                } else {
                    some = Math.min(some, count);
                    for (int n = count - some; n < count; n++) {
                        owned.release(mine[n], owner);
                    }
                    count -= some;
                    if (some == 1) {
                        pool.giveBack(mine[count]);
                    } else {
                        pool.giveBack(mine, count, some);
                    }
                }
            }
            for (int n = 0; n < count; n++) {
                owned.release(mine[n], owner);
            }
            pool.giveBack(mine, 0, count);
        }

        private int take(int count, int some) {
            if (some == 1) {
                mine[count] = owned.pool.take();
                some = mine[count] == 0 ? 0 : 1;
            } else {
                some = owned.pool.take(mine, count, some);
            }
            for (int n = count; n < count + some; n++) {
                owned.claim(mine[n], owner);
            }
            return count + some;
        }

        /** Some of the thread's own blocks, and one wrong address: they stay its own. */
        private void misuse(int count) {
            long[] batch = new long[count + 1];
            System.arraycopy(mine, 0, batch, 0, count);
            batch[count] = owned.base + 1;
            try {
                owned.pool.giveBack(batch, 0, count + 1);
                throw new AssertionError("not told");
            } catch (MisuseException told) {
                Owned.check(told.kind() == Kind.INTERIOR, "kind: " + told);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("threads")
    @DisplayName("M-07 no block has two owners however many threads take and give back")
    void noBlockHasTwoOwners(int threads) throws InterruptedException {
        int steps = Scale.of(200_000, 100_000_000) / threads;
        for (int capacity : new int[] {1, 3, 4 * threads}) {
            Owned owned = owned(capacity);
            Team.run(threads, true, number -> new User(owned, number + 1).run(steps / 3));
            owned.assertAllFree();
        }
    }

    @Test
    @DisplayName("M-07 nobody is refused a block while there are as many as threads")
    void nobodyIsRefusedInVain() throws InterruptedException {
        int threads = Scale.threads().length == 1 ? 1 : 4;
        Owned owned = owned(threads);
        int steps = Scale.of(40_000, 20_000_000) / threads;
        Team.run(
                threads,
                true,
                number -> {
                    for (int step = 0; step < steps; step++) {
                        long block = owned.pool.take();
                        owned.claim(block, number + 1);
                        owned.release(block, number + 1);
                        owned.pool.giveBack(block);
                    }
                });
        assertThat(owned.pool.refusals()).isZero();
        owned.assertAllFree();
    }

    /** Two threads who do the same with the same blocks, again and again. */
    @Test
    @DisplayName(
            "M-07 B-07 of two that give one block back at once one succeeds, the other is told")
    @Tag("several-cpus")
    void ofTwoReturnsOneSucceeds() throws InterruptedException {
        int capacity = Scale.of(10_000, 5_000_000);
        BlockPool pool = pool(capacity);
        long[] all = new long[capacity];
        assertThat(pool.take(all, 0, capacity)).isEqualTo(capacity);
        AtomicInteger succeeded = new AtomicInteger();
        AtomicIntegerArray turn = new AtomicIntegerArray(2);
        Team.run(
                2,
                number -> {
                    int mine = 0;
                    for (int n = 0; n < capacity; n++) {
                        turn.set(number, n);
                        while (turn.get(1 - number) < n && !Thread.interrupted()) {
                            Thread.onSpinWait();
                        }
                        try {
                            pool.giveBack(all[n]);
                            mine++;
                        } catch (MisuseException told) {
                            Owned.check(told.kind() == Kind.DOUBLE_FREE, "kind: " + told);
                            Owned.check(told.address() == all[n], "address: " + told);
                        }
                    }
                    turn.set(number, capacity);
                    succeeded.addAndGet(mine);
                });
        assertThat(succeeded).hasValue(capacity);
        new Owned(pool, all[0]).assertAllFree();
    }

    @Test
    @DisplayName("M-07 a pool that is closed while threads use it throws in each of them")
    @Tag("several-cpus")
    void closedUnderTheirHands() throws InterruptedException {
        for (int round = 0; round < Scale.of(20, 2_000); round++) {
            BlockPool pool = pool(8);
            AtomicInteger atWork = new AtomicInteger();
            Team.run(
                    4,
                    true,
                    number -> {
                        if (number == 0) {
                            while (atWork.get() < 3 && !Thread.interrupted()) {
                                Thread.onSpinWait();
                            }
                            pool.close();
                            return;
                        }
                        atWork.incrementAndGet();
                        assertThatThrownBy(
                                        () -> {
                                            while (!Thread.currentThread().isInterrupted()) {
                                                pool.giveBack(pool.take());
                                            }
                                        })
                                .isExactlyInstanceOf(IllegalStateException.class)
                                .hasMessage("the pool is closed");
                    });
            assertThat(heap.statistics().liveBlocks()).isZero();
        }
    }
}
