// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.cli.replay.ReplayPlan;
import io.offkraft.cli.replay.Verdict;
import io.offkraft.cli.report.ReplayResult;
import io.offkraft.cli.worker.Worker;
import io.offkraft.cli.worker.WorkerJvm.Purpose;
import io.offkraft.workload.allocator.AllocatorKind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One allocator's part in a comparison: its worker, and what has been measured so far.
 *
 * <p><b>Thread safety:</b> one thread.
 */
final class Candidate implements Contestant {
    private final ReplayPlan plan;
    private final AllocatorKind kind;
    private final Function<Purpose, Worker> workers;
    private final Worker worker;
    private final List<Long> nanos = new ArrayList<>();
    private final List<Long> residentBytes = new ArrayList<>();
    private @Nullable Verdict verdict;

    /** Starts what {@code kind} needs to take part; {@code workers} starts a worker for it. */
    Candidate(ReplayPlan plan, AllocatorKind kind, Function<Purpose, Worker> workers) {
        this.plan = plan;
        this.kind = kind;
        this.workers = workers;
        this.worker = workers.apply(Purpose.VERIFY_AND_TIME);
    }

    @Override
    public String label() {
        return kind.label();
    }

    void awaitReady() {
        worker.awaitReady();
    }

    void verify() {
        verdict = worker.verify();
    }

    /** Measures the footprint in a process that has done nothing before. */
    void measureFootprint() {
        try (Worker fresh = workers.apply(Purpose.FOOTPRINT)) {
            fresh.awaitReady();
            Long bytes = fresh.footprintBytes();
            if (bytes != null) {
                residentBytes.add(bytes);
            }
        }
    }

    void warmUp() {
        worker.warmUp();
    }

    void time() {
        nanos.add(worker.time().nanos());
    }

    /** Returns whether nothing was found, or nothing was looked for. */
    boolean isClean() {
        return verdict == null || verdict.isClean();
    }

    /** Returns the medians of what was measured, and the verdict. */
    ReplayResult result() {
        int operations = plan.trace().records();
        Verdict verdict = this.verdict;
        return new ReplayResult(
                plan.trace().file().toString(),
                kind.label(),
                operations,
                plan.threads(),
                rounded(median(nanos) / operations),
                plan.trace().peakLiveBytes(),
                residentBytes.isEmpty() ? null : Math.round(median(residentBytes)),
                verdict == null ? null : verdict.overlaps(),
                verdict == null ? null : verdict.corruptions(),
                verdict == null ? null : verdict.misuses(),
                verdict == null ? null : verdict.leaks());
    }

    @Override
    public void close() {
        worker.close();
    }

    /** Returns the middle value, or the mean of the two in the middle. */
    static double median(List<Long> values) {
        List<Long> sorted = values.stream().sorted().toList();
        int upper = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(upper)
                : (sorted.get(upper - 1) + sorted.get(upper)) / 2.0;
    }

    private static double rounded(double nanos) {
        return Math.round(nanos * 100) / 100.0;
    }
}
