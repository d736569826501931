// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.Blocks;
import io.offkraft.workload.allocator.HeapOptions;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every workload runs on every allocator, and none of them lets a broken one pass. */
@Timeout(120)
class WorkloadsTest {
    private static final int OPERATIONS = 1_000;

    private static final List<WorkloadKind> ARENA_WORKLOADS =
            List.of(WorkloadKind.PAIR_64, WorkloadKind.PAIR_64K);

    /** Calls that broken allocators carry out well. */
    private static final int GOOD = 300;

    static Stream<Arguments> pairings() {
        return Stream.of(
                        pairings(WorkloadKind.ofHeaps(), AllocatorKind.HEAPS),
                        pairings(WorkloadKind.ofPages(), AllocatorKind.PAGES),
                        pairings(ARENA_WORKLOADS, AllocatorKind.CONFINED_ARENAS),
                        pairings(ARENA_WORKLOADS, AllocatorKind.SHARED_ARENAS))
                .flatMap(pairings -> pairings);
    }

    private static Stream<Arguments> pairings(
            List<WorkloadKind> workloads, List<AllocatorKind> allocators) {
        return workloads.stream()
                .flatMap(workload ->
                        allocators.stream()
                                .filter(kind -> kind.library().isEmpty())
                                .filter(kind ->
                                        kind.mayBeFreedElsewhere() || !workload.freesElsewhere())
                                .map(kind -> Arguments.of(workload, kind)));
    }

    @ParameterizedTest
    @MethodSource("pairings")
    void everyBlockIsItsOwnersAlone(WorkloadKind workload, AllocatorKind kind) {
        try (Rounds rounds = rounds(workload, 2, kind)) {
            for (int round = 0; round < 2; round++) {
                Measured measured = rounds.run(workload == WorkloadKind.PAIR_1M ? 50 : OPERATIONS);
                assertThat(measured.nanos()).isPositive();
                assertThat(measured.operations()).isPositive();
            }
            rounds.checkNothingIsLost();
        }
    }

    @ParameterizedTest
    @EnumSource(WorkloadKind.class)
    void moreThreadsThanCpusMayTakePart(WorkloadKind workload) {
        int threads = 7;
        try (Rounds rounds = rounds(workload, threads, AllocatorKind.OFFKRAFT)) {
            assertThat(rounds.threads()).isBetween(threads - 1, threads);
            assertThat(rounds.threads()).isEqualTo(workload.threads(threads));
            rounds.run(OPERATIONS / 4);
            rounds.checkNothingIsLost();
        }
    }

    @ParameterizedTest
    @EnumSource(WorkloadKind.class)
    void workIsAsMuchAsAskedFor(WorkloadKind workload) {
        int operations = 30_000;
        try (Rounds rounds = rounds(workload, 1, HonestBlocks::new)) {
            long done = rounds.run(operations).operations();
            // Some fill a table first, others stop in the middle of a turn.
            assertThat(done).isBetween((long) (operations * 0.85), operations + 5_000L);
        }
    }

    @ParameterizedTest
    @EnumSource(value = WorkloadKind.class)
    void oneThreadDoesTheSameEachTime(WorkloadKind workload) {
        if (workload.threads(1) > 1 || workload == WorkloadKind.VIRTUAL) {
            return; // who comes first is not ours to say
        }
        assertThat(trail(workload)).isEqualTo(trail(workload));
    }

    private static long trail(WorkloadKind workload) {
        long[] hash = new long[1];
        IntFunction<Blocks> hashing =
                slots ->
                        new HonestBlocks(slots) {
                            @Override
                            public boolean allocate(int object, long sizeBytes, int alignLog2) {
                                hash[0] = hash[0] * 31 + object * 1_000_003L + sizeBytes;
                                return super.allocate(object, sizeBytes, alignLog2);
                            }

                            @Override
                            public void free(int object) {
                                hash[0] = hash[0] * 31 + ~object;
                                super.free(object);
                            }
                        };
        try (Rounds rounds = rounds(workload, 1, hashing)) {
            rounds.run(OPERATIONS);
        }
        return hash[0];
    }

    @ParameterizedTest
    @EnumSource(WorkloadKind.class)
    @DisplayName("negative control: every workload notices that a block has a second owner")
    void secondOwnerIsNoticed(WorkloadKind workload) {
        try (Rounds rounds = rounds(workload, 2, SharedBlocks::new)) {
            assertThatThrownBy(() -> rounds.run(OPERATIONS))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessageContaining("another block overlaps it");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = WorkloadKind.class,
            names = {
                "LARSON",
                "XMALLOC_TEST",
                "MSTRESS",
                "RPTEST",
                "ALLOC_TEST",
                "SH6",
                "SH8",
                "OCCUPANCY",
                "NETTY_PATTERN"
            })
    @DisplayName("negative control: every workload with many live blocks notices that they overlap")
    void overlapIsNoticed(WorkloadKind workload) {
        try (Rounds rounds = rounds(workload, 2, OverlappingBlocks::new)) {
            assertThatThrownBy(() -> rounds.run(OPERATIONS))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessageContaining("another block overlaps it");
        }
    }

    @ParameterizedTest
    @EnumSource(WorkloadKind.class)
    @DisplayName("negative control: every workload notices that a block is lost")
    void lossIsNoticed(WorkloadKind workload) {
        try (Rounds rounds = rounds(workload, 2, ForgetfulBlocks::new)) {
            rounds.run(OPERATIONS);
            assertThatThrownBy(rounds::checkNothingIsLost)
                    .isInstanceOf(IntegrityException.class)
                    .hasMessage("all blocks were freed, but the allocator counts 1 that are live");
        }
    }

    @ParameterizedTest
    @EnumSource(WorkloadKind.class)
    @DisplayName("negative control: every workload notices that the end of a block is written to")
    void damageAtTheEndIsNoticed(WorkloadKind workload) {
        if (workload == WorkloadKind.CACHE_SCRATCH || workload == WorkloadKind.CACHE_THRASH) {
            return; // one word is a block's begin and end; the test before has that
        }
        try (Rounds rounds = rounds(workload, 2, DamagingBlocks::new)) {
            assertThatThrownBy(() -> rounds.run(OPERATIONS)).isInstanceOf(IntegrityException.class);
        }
    }

    @ParameterizedTest
    @EnumSource(WorkloadKind.class)
    void wantOfMemoryEndsAllThreads(WorkloadKind workload) {
        IntFunction<Blocks> scarce =
                slots ->
                        new HonestBlocks(slots) {
                            private final AtomicInteger left = new AtomicInteger(500);

                            @Override
                            public boolean allocate(int object, long sizeBytes, int alignLog2) {
                                return left.getAndDecrement() > 0
                                        && super.allocate(object, sizeBytes, alignLog2);
                            }
                        };
        try (Rounds rounds = rounds(workload, 4, scarce)) {
            assertThatThrownBy(() -> rounds.run(OPERATIONS))
                    .isInstanceOf(NoMemoryException.class)
                    .hasMessageMatching("there is no memory for a block of \\d+ bytes");
        }
    }

    /** What is left are the tasks that the threads are given. */
    @ParameterizedTest
    @EnumSource(
            value = WorkloadKind.class,
            names = {"PAIR_64", "OCCUPANCY", "NETTY_PATTERN", "RPTEST", "SH6", "ALLOC_TEST"})
    void workloadItselfMakesNoJavaObjects(WorkloadKind workload) {
        try (Rounds rounds = rounds(workload, 1, AllocatorKind.GLIBC)) {
            rounds.run(10 * OPERATIONS);
            Measured measured = rounds.run(10 * OPERATIONS);
            assertThat(measured.javaHeapBytes()).isBetween(0L, measured.operations());
        }
    }

    @Test
    @DisplayName("negative control: Java objects that an allocator makes are counted")
    void javaObjectsOfTheAllocatorAreCounted() {
        IntFunction<Blocks> wasteful =
                slots ->
                        new HonestBlocks(slots) {
                            private final byte[][] waste = new byte[slots][];

                            @Override
                            public boolean allocate(int object, long sizeBytes, int alignLog2) {
                                waste[object] = new byte[1_000];
                                return super.allocate(object, sizeBytes, alignLog2);
                            }
                        };
        try (Rounds rounds = rounds(WorkloadKind.LARSON, 2, wasteful)) {
            Measured measured = rounds.run(OPERATIONS);
            assertThat(measured.javaHeapBytes())
                    .isBetween(1_000 * measured.operations(), 2_000 * measured.operations());
        }
    }

    @Test
    void heapsAndPagesHaveWorkloadsOfTheirOwn() {
        assertThat(WorkloadKind.ofHeaps()).doesNotContainAnyElementsOf(WorkloadKind.ofPages());
        assertThat(WorkloadKind.quickOnes()).isSubsetOf(WorkloadKind.ofHeaps());
        assertThat(WorkloadKind.values())
                .hasSize(WorkloadKind.ofHeaps().size() + WorkloadKind.ofPages().size());
        assertThat(WorkloadKind.LARSON.keepsMany()).isTrue();
        assertThat(WorkloadKind.PAIR_64.keepsMany()).isFalse();
    }

    @Test
    void labelsLeadBackToTheirKinds() {
        for (WorkloadKind kind : WorkloadKind.values()) {
            assertThat(WorkloadKind.ofLabelOrNull(kind.label())).isEqualTo(kind);
            assertThat(kind.description()).isNotBlank();
        }
        assertThat(WorkloadKind.ofLabelOrNull("none")).isNull();
        assertThat(WorkloadKind.quickOnes()).contains(WorkloadKind.LARSON).doesNotHaveDuplicates();
    }

    private static Rounds rounds(WorkloadKind workload, int threads, AllocatorKind kind) {
        return new Rounds(
                workload,
                threads,
                slots -> kind.open(slots, new HeapOptions(null, null)),
                kind::crew);
    }

    private static Rounds rounds(
            WorkloadKind workload, int threads, IntFunction<Blocks> allocator) {
        return new Rounds(workload, threads, allocator, AllocatorKind.GLIBC::crew);
    }

    /** After a while, another owner writes its word into each block as soon as it is handed out. */
    private static final class SharedBlocks extends HonestBlocks {
        private final AtomicInteger allocations = new AtomicInteger();

        SharedBlocks(int objects) {
            super(objects);
        }

        @Override
        public void storeLong(int object, long offsetBytes, long value) {
            super.storeLong(object, offsetBytes, value);
            if (offsetBytes == 0 && allocations.incrementAndGet() > GOOD) {
                super.storeLong(object, 0, value + 1);
            }
        }
    }

    /** After a while, all blocks are in the same place. */
    private static final class OverlappingBlocks extends HonestBlocks {
        private static final long LARGEST_BYTES = 8 << 20;

        private final AtomicInteger allocations = new AtomicInteger();
        private final long place = Arena.ofAuto().allocate(LARGEST_BYTES, 16).address();
        private final boolean[] overlaps;

        OverlappingBlocks(int objects) {
            super(objects);
            overlaps = new boolean[objects];
        }

        @Override
        public boolean allocate(int object, long sizeBytes, int alignLog2) {
            overlaps[object] = allocations.incrementAndGet() > GOOD;
            return overlaps[object] || super.allocate(object, sizeBytes, alignLog2);
        }

        @Override
        public void free(int object) {
            if (!overlaps[object]) {
                super.free(object);
            }
        }

        @Override
        public long address(int object) {
            return overlaps[object] ? place : super.address(object);
        }
    }

    /** Forgets one free. */
    private static final class ForgetfulBlocks extends HonestBlocks {
        private final AtomicInteger frees = new AtomicInteger();

        ForgetfulBlocks(int objects) {
            super(objects);
        }

        @Override
        public void free(int object) {
            if (frees.incrementAndGet() != 100) {
                super.free(object);
            }
        }
    }

    /** Writes its own data behind the size that it thinks a block has. */
    private static final class DamagingBlocks extends HonestBlocks {
        private final AtomicInteger stores = new AtomicInteger();

        DamagingBlocks(int objects) {
            super(objects);
        }

        @Override
        public void storeLong(int object, long offsetBytes, long value) {
            boolean damaged = offsetBytes > 0 && stores.incrementAndGet() > 300;
            super.storeLong(object, offsetBytes, damaged ? 0 : value);
        }
    }
}
