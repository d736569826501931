// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.config.Contention;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random calls on pools, beside a model: a stack of what is free, a list of what is taken. */
class BlockPoolProperties {
    private static final List<Kind> KINDS = List.of(Kind.DOUBLE_FREE, Kind.WILD, Kind.INTERIOR);
    private static final int SEEDS = 12;
    private static final int STEPS = Boolean.getBoolean("stress") ? 500_000 : 3_000;

    @ParameterizedTest
    @EnumSource(Contention.class)
    @DisplayName("M-07 a pool is a stack of blocks, whatever is done with it")
    void poolIsAStack(Contention contention) {
        for (long seed = 1; seed <= SEEDS; seed++) {
            run(contention, Long.getLong("seed", seed));
        }
    }

    private static void run(Contention contention, long seed) {
        Random random = new Random(seed);
        int capacity = 1 + random.nextInt(random.nextBoolean() ? 4 : 200);
        try (Heap heap = Heap.builder().capacityBytes(8 << 20).build();
                BlockPool pool =
                        BlockPool.builder(heap, 1 + random.nextInt(300), capacity)
                                .alignment(1L << random.nextInt(9))
                                .contention(contention)
                                .build()) {
            Model model = new Model(pool, random);
            for (int step = 0; step < STEPS; step++) {
                try {
                    model.step();
                } catch (AssertionError | RuntimeException failure) {
                    throw new AssertionError("seed " + seed + ", step " + step, failure);
                }
            }
            assertThat(pool.refusals()).isEqualTo(model.refusals);
        }
    }

    /** What the pool should be. */
    private static final class Model {
        private final BlockPool pool;
        private final Random random;
        private final Deque<Long> free = new ArrayDeque<>();
        private final List<Long> taken = new ArrayList<>();
        private final long base;
        private long refusals;

        Model(BlockPool pool, Random random) {
            this.pool = pool;
            this.random = random;
            base = pool.take();
            pool.giveBack(base);
            for (int n = 0; n < pool.capacity(); n++) {
                free.add(base + n * pool.blockBytes());
            }
        }

        void step() {
            switch (random.nextInt(6)) {
                case 0, 1 -> take();
                case 2 -> takeSome();
                case 3 -> giveBack();
                case 4 -> giveSomeBack();
                default -> misuse();
            }
            assertThat(pool.available()).isEqualTo(free.size());
            assertThat(free.size() + taken.size()).isEqualTo(pool.capacity());
        }

        private void take() {
            Long expected = free.poll();
            assertThat(pool.take()).isEqualTo(expected == null ? 0 : expected);
            if (expected == null) {
                refusals++;
            } else {
                taken.add(expected);
            }
        }

        private void takeSome() {
            int wanted = random.nextInt(pool.capacity() + 2);
            int from = random.nextInt(3);
            long[] into = new long[from + wanted];
            int got = pool.take(into, from, wanted);
            assertThat(got).isEqualTo(Math.min(wanted, free.size()));
            refusals += got < wanted ? 1 : 0;
            for (int n = 0; n < into.length; n++) {
                boolean isBlock = n >= from && n < from + got;
                assertThat(into[n]).isEqualTo(isBlock ? free.remove() : 0L);
                if (isBlock) {
                    taken.add(into[n]);
                }
            }
        }

        private void giveBack() {
            if (!taken.isEmpty()) {
                long block = taken.remove(random.nextInt(taken.size()));
                pool.giveBack(block);
                free.push(block);
            }
        }

        /** Some that are taken, in any order. */
        private List<Long> someTaken() {
            Collections.shuffle(taken, random);
            return new ArrayList<>(taken.subList(0, random.nextInt(taken.size() + 1)));
        }

        private void giveSomeBack() {
            List<Long> some = someTaken();
            pool.giveBack(arrayOf(some), 0, some.size());
            taken.removeAll(some);
            some.forEach(free::push);
        }

        /** One wrong address, alone or among some right ones. */
        private void misuse() {
            long end = base + pool.capacity() * pool.blockBytes();
            Kind kind = KINDS.get(random.nextInt(KINDS.size()));
            long wrong =
                    switch (kind) {
                        case WILD ->
                                random.nextBoolean()
                                        ? base - 1 - random.nextInt(1000)
                                        : end + random.nextInt(1000);
                        case INTERIOR ->
                                base
                                        + random.nextInt(pool.capacity()) * pool.blockBytes()
                                        + random.nextLong(1, pool.blockBytes());
                        default -> free.isEmpty() ? 0 : free.peekLast();
                    };
            Kind expected = wrong == 0 ? Kind.WILD : kind;
            List<Long> batch = someTaken();
            if (random.nextInt(4) == 0 && !batch.isEmpty()) {
                wrong = batch.getFirst(); // once more, at the end
                expected = Kind.DOUBLE_FREE;
                batch.add(wrong);
            } else {
                batch.add(random.nextInt(batch.size() + 1), wrong);
            }
            Kind told = expected;
            assertThatThrownBy(() -> pool.giveBack(arrayOf(batch), 0, batch.size()))
                    .isInstanceOfSatisfying(
                            MisuseException.class,
                            misuse -> assertThat(misuse.kind()).isEqualTo(told));
        }

        private static long[] arrayOf(List<Long> blocks) {
            return blocks.stream().mapToLong(Long::longValue).toArray();
        }
    }
}
