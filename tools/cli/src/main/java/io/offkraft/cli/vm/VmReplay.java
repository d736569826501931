// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import io.offkraft.sync.Synchronization;
import io.offkraft.vmem.Area;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Replays logs of memory calls in a space, compares the layout, and measures. */
public final class VmReplay {
    /** Rounds that let the JVM compile what is measured after them. */
    private static final int WARM_UP_ROUNDS = 3;

    private VmReplay() {}

    /**
     * Replays a log.
     *
     * @param threadCount on how many threads; null for as many as were recorded
     * @param rounds how many timed rounds; the median counts
     * @throws StraceFormatException if there is anything wrong with the log
     * @throws VmReplayException if the space refuses what the kernel once did
     */
    public static VmReplayResult replay(
            Path log, @Nullable Integer threadCount, int rounds, Synchronization synchronization)
            throws StraceFormatException {
        VmPlan plan = VmPlan.of(log);
        return replay(
                plan,
                threadCount,
                rounds,
                () -> new SpaceTarget(plan.addresses().bytes(), synchronization, plan.remarks()),
                () -> new SpaceTarget(plan.addresses().bytes(), synchronization, new Remarks()));
    }

    /** Replays with spaces of the caller's choice, in the first of which the layout is compared. */
    static VmReplayResult replay(
            VmPlan plan,
            @Nullable Integer threadCount,
            int rounds,
            Supplier<SpaceTarget> compared,
            Supplier<SpaceTarget> timed) {
        VmRound round = new VmRound(plan, threadCount);
        List<Area> areas;
        long committedBytes;
        LayoutDifference difference;
        try (SpaceTarget target = compared.get()) {
            round.run(target);
            areas = target.space().areas();
            committedBytes = target.space().committedBytes();
            difference = LayoutComparison.of(plan, target.space()).orElse(null);
        }
        return new VmReplayResult(
                plan.log().file().toString(),
                plan.log().lines(),
                plan.steps().size(),
                round.threads(),
                plan.addresses().bytes(),
                areas.size(),
                committedBytes,
                difference == null ? times(plan, round, rounds, timed) : List.of(),
                plan.remarks().all(),
                difference);
    }

    private static List<VmReplayResult.OfCall> times(
            VmPlan plan, VmRound round, int rounds, Supplier<SpaceTarget> timed) {
        long[][] ours = new long[rounds][];
        long[][] bare = new long[rounds][];
        for (int number = -WARM_UP_ROUNDS; number < rounds; number++) {
            long[] oursNow = nanos(round, timed.get());
            long[] bareNow = nanos(round, new BareTarget(plan.addresses().bytes()));
            if (number >= 0) {
                ours[number] = oursNow;
                bare[number] = bareNow;
            }
        }
        List<VmReplayResult.OfCall> times = new ArrayList<>();
        int[] counts = round.counts();
        for (int kind = 0; kind < counts.length; kind++) {
            times.add(
                    new VmReplayResult.OfCall(
                            round.kinds().get(kind),
                            counts[kind],
                            median(ours, kind) / counts[kind],
                            median(bare, kind) / counts[kind]));
        }
        times.sort(
                Comparator.comparingInt(VmReplayResult.OfCall::calls)
                        .reversed()
                        .thenComparing(VmReplayResult.OfCall::call));
        return times;
    }

    private static long[] nanos(VmRound round, VmTarget target) {
        try (target) {
            return round.run(target);
        }
    }

    private static double median(long[][] rounds, int kind) {
        long[] sorted = Arrays.stream(rounds).mapToLong(nanos -> nanos[kind]).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1
                ? sorted[middle]
                : (sorted[middle - 1] + sorted[middle]) / 2.0;
    }
}
