// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.cli.worker.Task.Volume;
import io.offkraft.workload.WorkloadKind;
import java.util.List;
import java.util.Set;

/** How much is measured, and how carefully. */
enum Effort {
    /** Says nothing about time: the command's own tests. */
    GLANCE(500, 5_000_000, 1_000_000, 1),
    /** Good enough to see where something stands, in two minutes. */
    QUICK(20_000, 200_000_000, 8_000_000, 5),
    /** For figures that are quoted. */
    FULL(100_000, 1_000_000_000, 30_000_000, 11);

    /** A footprint is taken by an interpreter, which is slow; all workloads have filled up then. */
    private static final int FOOTPRINT_OPERATIONS = 20_000;

    private static final Set<WorkloadKind> QUICK_FOOTPRINTS =
            Set.of(
                    WorkloadKind.LARSON,
                    WorkloadKind.MSTRESS,
                    WorkloadKind.OCCUPANCY,
                    WorkloadKind.NETTY_PATTERN);

    private final int operationsEach;
    private final long warmUpNanos;
    private final long roundNanos;
    private final int rounds;

    Effort(int operationsEach, long warmUpNanos, long roundNanos, int rounds) {
        this.operationsEach = operationsEach;
        this.warmUpNanos = warmUpNanos;
        this.roundNanos = roundNanos;
        this.rounds = rounds;
    }

    private boolean isQuick() {
        return this != FULL;
    }

    Volume volume() {
        return new Volume(operationsEach, warmUpNanos, roundNanos);
    }

    Volume footprintVolume() {
        return new Volume(FOOTPRINT_OPERATIONS, 0, 0);
    }

    /** Returns whether the peak of memory of a workload is measured. */
    boolean measuresFootprint(WorkloadKind workload) {
        return isQuick() ? QUICK_FOOTPRINTS.contains(workload) : workload.keepsMany();
    }

    /** Returns by what step the powers of two grow in the numbers of threads that scale. */
    int scalingStep() {
        return isQuick() ? 6 : 1;
    }

    /** Returns the numbers of threads for heaps, unless the command line says otherwise. */
    List<Integer> threads() {
        return isQuick() ? List.of(2) : List.of(1, 2);
    }

    /** Returns the numbers of threads for arenas and pages, unless the command line says so. */
    List<Integer> threadsElsewhere() {
        return isQuick() ? List.of(1) : threads();
    }

    /** Returns the timed rounds, unless the command line says otherwise. */
    int rounds() {
        return rounds;
    }

    /** Returns the workloads of heaps, unless the command line says otherwise. */
    List<WorkloadKind> workloads() {
        return isQuick() ? WorkloadKind.quickOnes() : WorkloadKind.ofHeaps();
    }

    /**
     * Returns whether a case is measured in JVMs that have done nothing before, and warmed up with
     * nothing beside it. JVMs that go from case to case save half of the time, and have seen more
     * kinds of work when they compile.
     */
    boolean isolates() {
        return this == FULL;
    }
}
