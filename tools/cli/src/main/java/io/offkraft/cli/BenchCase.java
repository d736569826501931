// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.cli.bench.Section;
import io.offkraft.workload.WorkloadKind;
import io.offkraft.workload.allocator.AllocatorKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A workload with so many threads on some allocators.
 *
 * @param section where it belongs
 * @param workload what is run
 * @param threads the threads that it has then
 * @param allocators on what, the one that the others are compared with first
 * @param footprint whether peak memory is measured as well
 */
record BenchCase(
        Section section,
        WorkloadKind workload,
        int threads,
        List<AllocatorKind> allocators,
        boolean footprint) {
    private static final int SCALING_LOG2_MAX = 6;

    private static final List<WorkloadKind> OF_ARENAS =
            List.of(WorkloadKind.PAIR_64, WorkloadKind.PAIR_1K, WorkloadKind.PAIR_64K);

    private static final List<WorkloadKind> OF_SCALING =
            List.of(WorkloadKind.PAIR_64, WorkloadKind.HANDOVER_64);

    private static final List<AllocatorKind> SCALED =
            List.of(AllocatorKind.OFFKRAFT, AllocatorKind.OFFKRAFT_HIGH, AllocatorKind.GLIBC);

    /** Returns the cases of {@code workloads} for heaps; peaks are taken with most threads. */
    static List<BenchCase> heaps(
            List<WorkloadKind> workloads,
            List<Integer> threads,
            List<AllocatorKind> allocators,
            Effort effort) {
        List<BenchCase> cases = new ArrayList<>();
        for (WorkloadKind workload : workloads) {
            List<Integer> counts = counts(workload, threads);
            int most = counts.stream().max(Comparator.naturalOrder()).orElseThrow();
            for (int count : counts) {
                boolean footprint = effort.measuresFootprint(workload) && count == most;
                cases.add(of(Section.HEAPS, workload, count, allocators, footprint));
            }
        }
        return cases;
    }

    /** Returns the cases of arenas, which are pairs whose block is an arena. */
    static List<BenchCase> arenas(List<Integer> threads) {
        List<BenchCase> cases = new ArrayList<>();
        cases.addAll(
                all(Section.CONFINED_ARENAS, OF_ARENAS, threads, AllocatorKind.CONFINED_ARENAS));
        cases.addAll(all(Section.SHARED_ARENAS, OF_ARENAS, threads, AllocatorKind.SHARED_ARENAS));
        return cases;
    }

    /** Returns the cases of page allocators. */
    static List<BenchCase> pages(List<Integer> threads) {
        return all(Section.PAGES, WorkloadKind.ofPages(), threads, AllocatorKind.PAGES);
    }

    /** Returns the cases with ever more threads, for those of {@code allocators} it is about. */
    static List<BenchCase> scaling(List<AllocatorKind> allocators, Effort effort) {
        List<Integer> threads =
                IntStream.iterate(
                                0,
                                log2 -> log2 <= SCALING_LOG2_MAX,
                                log2 -> log2 + effort.scalingStep())
                        .mapToObj(log2 -> 1 << log2)
                        .toList();
        return all(
                Section.SCALING,
                OF_SCALING,
                threads,
                SCALED.stream().filter(allocators::contains).toList());
    }

    private static List<BenchCase> all(
            Section section,
            List<WorkloadKind> workloads,
            List<Integer> threads,
            List<AllocatorKind> allocators) {
        List<BenchCase> cases = new ArrayList<>();
        for (WorkloadKind workload : workloads) {
            for (int count : counts(workload, threads)) {
                cases.add(of(section, workload, count, allocators, false));
            }
        }
        return cases;
    }

    /** Returns how many threads there are when those are asked for, each number once. */
    private static List<Integer> counts(WorkloadKind workload, List<Integer> threads) {
        return threads.stream().map(workload::threads).distinct().toList();
    }

    private static BenchCase of(
            Section section,
            WorkloadKind workload,
            int threads,
            List<AllocatorKind> allocators,
            boolean footprint) {
        List<AllocatorKind> able =
                allocators.stream()
                        .filter(kind -> kind.mayBeFreedElsewhere() || !workload.freesElsewhere())
                        .toList();
        return new BenchCase(section, workload, threads, able, footprint);
    }
}
