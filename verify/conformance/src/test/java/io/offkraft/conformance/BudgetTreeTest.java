// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.buddy.MisuseException;
import io.offkraft.heap.Heap;
import io.offkraft.heap.HeapBudget;
import io.offkraft.oracle.OwnerWord;
import io.offkraft.oracle.ShadowMap;
import io.offkraft.oracle.Stamp;
import io.offkraft.word.RawMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server, its sessions and their queries: heaps below heaps, on many threads. */
@Tag("several-cpus")
class BudgetTreeTest {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;
    private static final long LIMIT = 12 * MIB;

    private final Heap server =
            Heap.builder()
                    .name("server")
                    .capacityBytes(128 * MIB)
                    .limitBytes(LIMIT)
                    .decay(Duration.ofMillis(2))
                    .build();

    @AfterEach
    void close() {
        server.trim();
        assertThat(server.budget().heldWithDescendantsBytes()).isZero();
        assertThat(server.budget().chargedBytes()).isZero();
        assertThat(server.unaccountedPages()).isZero();
        server.close();
    }

    /** Three levels; a heap comes after the one above it. */
    private List<Heap> tree() {
        List<Heap> heaps = new ArrayList<>(List.of(server));
        for (int session = 0; session < 3; session++) {
            Heap above =
                    server.child()
                            .name("session-" + session)
                            .reservationBytes(session * MIB)
                            .limitBytes((3 + session) * MIB)
                            .build();
            heaps.add(above);
            for (int query = 0; query < 3; query++) {
                heaps.add(
                        above.child()
                                .name("query-" + query)
                                .reservationBytes(query == 0 ? 512 * KIB : 0)
                                .limitBytes((1 + query) * MIB)
                                .build());
            }
        }
        return heaps;
    }

    private static void checkLimits(List<Heap> heaps) {
        for (Heap heap : heaps) {
            HeapBudget budget = heap.budget();
            assertThat(budget.chargedBytes()).isBetween(0L, budget.limitBytes());
            assertThat(budget.peakChargedBytes()).isBetween(0L, budget.limitBytes());
            assertThat(budget.heldWithDescendantsBytes())
                    .isBetween(budget.heldBytes(), budget.chargedBytes());
        }
    }

    /** At rest, but for the decay thread: every account is the sum of what is below it. */
    private static void checkSums(List<Heap> heaps) {
        List<HeapBudget> budgets = budgets(heaps);
        for (List<HeapBudget> again = budgets(heaps);
                !again.equals(budgets);
                again = budgets(heaps)) {
            budgets = again;
        }
        for (HeapBudget budget : budgets) {
            long charged = budget.heldBytes();
            long held = budget.heldBytes();
            for (HeapBudget its : budgets) {
                int cut = its.name().lastIndexOf('/');
                if (cut > 0 && its.name().substring(0, cut).equals(budget.name())) {
                    charged += its.chargeToParentBytes();
                    held += its.heldWithDescendantsBytes();
                }
            }
            assertThat(budget.chargedBytes()).as(budget.name()).isEqualTo(charged);
            assertThat(budget.heldWithDescendantsBytes()).as(budget.name()).isEqualTo(held);
        }
    }

    private static List<HeapBudget> budgets(List<Heap> heaps) {
        return heaps.stream().map(Heap::budget).toList();
    }

    @Test
    @DisplayName(
            "M-10 B-01 no account of a tree is above its limit, no block overlaps, under many threads")
    void limitsHoldInATree() throws InterruptedException {
        int threads = 16;
        int steps = Scale.of(1_500, 200_000);
        List<Heap> heaps = tree();
        ShadowMap shadow = new ShadowMap();
        AtomicInteger working = new AtomicInteger(threads);
        Worker[] workers = new Worker[threads];
        Arrays.setAll(workers, number -> new Worker(heaps, shadow, number));
        Team.run(
                threads + 1,
                true,
                number -> {
                    if (number == threads) {
                        while (working.get() > 0) {
                            checkLimits(heaps);
                        }
                        return;
                    }
                    try {
                        workers[number].run(steps);
                    } finally {
                        working.decrementAndGet();
                    }
                });
        checkLimits(heaps);
        checkSums(heaps);
        long live = 0;
        for (Heap heap : heaps) {
            live += heap.statistics().liveBlocks();
        }
        assertThat(Arrays.stream(workers).mapToLong(Worker::liveBlocks).sum()).isEqualTo(live);
        assertThat(Arrays.stream(workers).mapToLong(worker -> worker.refusals).sum()).isPositive();
        assertThat(Arrays.stream(workers).mapToLong(worker -> worker.moves).sum()).isPositive();
        for (Worker worker : workers) {
            worker.freeAll();
        }
        checkSums(heaps);
        for (Heap heap : heaps) {
            assertThat(heap.statistics().liveBlocks()).isZero();
            assertThat(heap.statistics().liveBytes()).isZero();
        }
        heaps.subList(1, heaps.size()).forEach(Heap::close);
    }

    /** One thread's blocks in all heaps, each stamped all over; some change heaps. */
    private static final class Worker {
        private final List<Heap> heaps;
        private final ShadowMap shadow;
        private final int owner;
        private final Random random;
        private final long[] address = new long[24];
        private final long[] size = new long[address.length];
        private final Heap[] home = new Heap[address.length];
        private long refusals;
        private long moves;

        Worker(List<Heap> heaps, ShadowMap shadow, int number) {
            this.heaps = heaps;
            this.shadow = shadow;
            owner = number + 1;
            random = new Random(number);
        }

        void run(int steps) {
            for (int step = 0; step < steps; step++) {
                int slot = random.nextInt(address.length);
                if (address[slot] == 0) {
                    allocate(slot);
                } else {
                    release(slot);
                    switch (random.nextInt(4)) {
                        case 0, 1 -> move(slot);
                        case 2 -> resize(slot);
                        default -> {
                            home[slot].free(address[slot]);
                            address[slot] = 0;
                        }
                    }
                }
            }
        }

        long liveBlocks() {
            return Arrays.stream(address).filter(block -> block != 0).count();
        }

        void freeAll() {
            for (int slot = 0; slot < address.length; slot++) {
                if (address[slot] != 0) {
                    release(slot);
                    home[slot].free(address[slot]);
                }
            }
        }

        private Heap anyHeap() {
            return heaps.get(random.nextInt(heaps.size()));
        }

        private void allocate(int slot) {
            home[slot] = anyHeap();
            size[slot] = 1 + random.nextLong(1L << random.nextInt(19));
            address[slot] = home[slot].malloc(size[slot]);
            claimOrCount(slot);
        }

        private void claimOrCount(int slot) {
            if (address[slot] == 0) {
                refusals++;
                return;
            }
            long other = shadow.claim(address[slot], size[slot], OwnerWord.of(owner, slot));
            check(other == OwnerWord.NOBODY, "overlap with " + Long.toHexString(other));
            Stamp.fill(address[slot], 0, size[slot], owner * 64 + slot);
        }

        private void release(int slot) {
            int stamp = owner * 64 + slot;
            check(Stamp.firstMismatch(address[slot], size[slot], stamp) == Stamp.INTACT, "content");
            long own = OwnerWord.of(owner, slot);
            check(shadow.release(address[slot], size[slot], own) == own, "ownership");
        }

        private void move(int slot) {
            Heap target = anyHeap();
            long moved = home[slot].transferTo(address[slot], target);
            if (moved == 0) {
                refusals++;
            } else {
                moves++;
                int stamp = owner * 64 + slot;
                check(Stamp.firstMismatch(moved, size[slot], stamp) == Stamp.INTACT, "moved");
                address[slot] = moved;
                home[slot] = target;
            }
            claimOrCount(slot);
        }

        private void resize(int slot) {
            long newSize = 1 + random.nextLong(1L << random.nextInt(19));
            long moved = home[slot].realloc(address[slot], newSize);
            if (moved == 0) {
                refusals++;
            } else {
                address[slot] = moved;
                size[slot] = newSize;
            }
            claimOrCount(slot);
        }

        private void check(boolean holds, String what) {
            if (!holds) {
                throw new AssertionError(what + " of owner " + owner);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {16 * KIB, 100 * KIB, 600 * KIB})
    @DisplayName("B-03 no request is refused while a block's worth is not in use below the limit")
    void noSpuriousRefusal(long size) throws InterruptedException {
        int threads = 8;
        int steps = Scale.of(4_000, 1_000_000);
        // A slab of 16 KiB blocks has 8 of them: so many blocks as heaps and slabs may leave
        // unused.
        int blocks = 6;
        long room = size <= 32 * KIB ? 8 * size * blocks : size * blocks;
        Heap session = server.child().limitBytes(room).build();
        List<Heap> queries = new ArrayList<>();
        for (int query = 0; query < 3; query++) {
            queries.add(session.child().build());
        }
        Semaphore tokens = new Semaphore(blocks);
        Team.run(
                threads,
                true,
                number -> {
                    Random random = new Random(number);
                    for (int step = 0; step < steps; step++) {
                        Heap heap = queries.get(random.nextInt(queries.size()));
                        tokens.acquire();
                        long block = heap.malloc(size);
                        assertThat(block).as("step %d", step).isNotZero();
                        heap.free(block);
                        tokens.release();
                    }
                });
        assertThat(session.budget().peakChargedBytes()).isLessThanOrEqualTo(room);
        session.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {40, 20_000, 100_000})
    @DisplayName("B-07 of a free and two moves of one block at once exactly one gets through")
    void oneOfThreeGetsThrough(long size) throws InterruptedException {
        int rounds = Scale.of(10_000, 1_000_000);
        Heap first = server.child().name("first").build();
        Heap second = server.child().name("second").build();
        Heap third = server.child().name("third").build();
        long[] block = new long[1];
        AtomicInteger winners = new AtomicInteger();
        AtomicLongArray moved = new AtomicLongArray(3);
        CyclicBarrier ready = new CyclicBarrier(3, () -> block[0] = first.malloc(size));
        CyclicBarrier done = new CyclicBarrier(3);
        Team.run(
                3,
                number -> {
                    for (int round = 0; round < rounds; round++) {
                        ready.await(1, TimeUnit.MINUTES); // not for ever if another failed
                        try {
                            switch (number) {
                                case 0 -> first.free(block[0]);
                                case 1 -> moved.set(1, first.transferTo(block[0], second));
                                default -> moved.set(2, first.transferTo(block[0], third));
                            }
                            winners.incrementAndGet();
                        } catch (MisuseException slower) {
                            assertThat(slower.address()).isEqualTo(block[0]);
                        }
                        done.await(1, TimeUnit.MINUTES);
                        if (number == 0) {
                            assertThat(winners).as("round %d", round).hasValue(1);
                            winners.set(0);
                            second.free(moved.getAndSet(1, 0));
                            third.free(moved.getAndSet(2, 0));
                        }
                        done.await(1, TimeUnit.MINUTES);
                    }
                });
        for (Heap heap : List.of(first, second, third)) {
            assertThat(heap.statistics().liveBlocks()).isZero();
            heap.close();
        }
    }

    @Test
    @DisplayName("M-11 children end under the hands of threads at work: nothing is lost, or harmed")
    void childrenEndUnderLoad() throws InterruptedException {
        long mine = server.malloc(1000);
        Stamp.fill(mine, 0, 1000, 3);
        server.trim();
        HeapBudget before = server.budget();
        for (int round = 0; round < Scale.of(24, 3000); round++) {
            Heap session = server.child().reservationBytes(MIB).build();
            Heap query = session.child().build();
            CyclicBarrier warm = new CyclicBarrier(6);
            AtomicBoolean over = new AtomicBoolean();
            boolean fromTop = round % 2 == 0;
            Team.run(
                    6,
                    true,
                    number -> {
                        if (number == 0) {
                            warm.await();
                            (fromTop ? session : query).close();
                            session.close();
                            over.set(true);
                        } else if (number < 5) {
                            churnUntilClosed(number < 3 ? query : session, number, warm);
                        } else {
                            warm.await();
                            neighbour(over);
                        }
                    });
            HeapBudget after = server.budget();
            assertThat(after.chargedBytes()).isEqualTo(after.heldBytes());
            assertThat(after.heldWithDescendantsBytes()).isEqualTo(after.heldBytes());
            assertThat(query.budget().heldBytes() + session.budget().heldBytes()).isZero();
        }
        server.trim();
        assertThat(server.budget().chargedBytes()).isEqualTo(before.chargedBytes());
        assertThat(Stamp.firstMismatch(mine, 1000, 3)).isEqualTo(Stamp.INTACT);
        server.free(mine);
    }

    private static void churnUntilClosed(Heap doomed, int seed, CyclicBarrier warm)
            throws Exception {
        Random random = new Random(seed);
        long[] held = new long[32];
        try {
            for (long step = 0; ; step++) {
                int slot = random.nextInt(held.length);
                long size = random.nextLong(1L << random.nextInt(18));
                switch (random.nextInt(4)) {
                    case 0 -> {
                        long moved = doomed.realloc(held[slot], size);
                        held[slot] = moved != 0 ? moved : held[slot];
                    }
                    default -> {
                        doomed.free(held[slot]);
                        held[slot] = 0;
                        held[slot] =
                                random.nextBoolean() ? doomed.malloc(size) : doomed.calloc(1, size);
                    }
                }
                if (step == 200) {
                    warm.await();
                }
            }
        } catch (IllegalStateException closed) {
            assertThat(closed)
                    .isNotInstanceOf(MisuseException.class)
                    .hasMessageContaining("closed");
        }
    }

    /** Takes what the others lose, and sees whether anybody still writes there. */
    private void neighbour(AtomicBoolean over) {
        Random random = new Random(9);
        long[] held = new long[64];
        long[] size = new long[held.length];
        for (int step = 0; step < 2_000 || !over.get(); step++) {
            int slot = random.nextInt(held.length);
            if (held[slot] != 0) {
                if (Stamp.firstMismatch(held[slot], size[slot], slot) != Stamp.INTACT) {
                    throw new AssertionError("somebody wrote into a block of " + size[slot]);
                }
                server.free(held[slot]);
            }
            size[slot] = 1 + random.nextLong(60_000);
            held[slot] = server.malloc(size[slot]);
            if (held[slot] != 0) {
                Stamp.fill(held[slot], 0, size[slot], slot);
            }
        }
        for (long block : held) {
            server.free(block);
        }
    }

    @Test
    @DisplayName("M-11 many threads make and end children at once, and what stays is exact")
    void childrenComeAndGo() throws InterruptedException {
        int rounds = Scale.of(400, 40_000);
        Team.run(
                8,
                true,
                number -> {
                    Random random = new Random(number);
                    for (int round = 0; round < rounds; round++) {
                        try (Heap session = server.child().reservationBytes(64 * KIB).build();
                                Heap query = session.child().limitBytes(MIB).build()) {
                            long block = query.malloc(random.nextLong(100_000));
                            if (block != 0) {
                                RawMemory.storeLongPlain(block, number);
                            }
                            if (block != 0 && random.nextBoolean()) {
                                long moved = query.transferTo(block, server);
                                if (moved != 0) {
                                    assertThat(RawMemory.loadLongPlain(moved)).isEqualTo(number);
                                    server.free(moved);
                                }
                            }
                            checkLimits(List.of(query, session, server));
                        }
                    }
                });
        assertThat(server.budget().chargedBytes()).isEqualTo(server.budget().heldBytes());
        assertThat(server.statistics().liveBlocks()).isZero();
    }
}
