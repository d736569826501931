// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.cli.replay.ReplayPlan;
import io.offkraft.cli.report.ReplayResult;
import io.offkraft.cli.worker.Setup;
import io.offkraft.cli.worker.Task;
import io.offkraft.cli.worker.Worker;
import io.offkraft.cli.worker.WorkerJvm;
import io.offkraft.workload.allocator.AllocatorKind;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Replays every trace on every allocator, each in a worker of its own, and puts the results side by
 * side.
 *
 * <p>Of one trace, all allocators are verified and measured for footprint, side by side; then they
 * are timed round by round in turn, one at any time, so that what disturbs the machine for a while
 * disturbs them all.
 *
 * <p>An allocator that fails drops out; the others go on.
 *
 * <p><b>Thread safety:</b> one thread.
 */
final class Comparison {
    /** Footprints are nearly exact; a few are measured where precision was asked for. */
    private static final int FOOTPRINTS_MAX = 3;

    private final ReplayRequest request;
    private final Turns turns;
    private final List<ReplayResult> results = new ArrayList<>();
    private boolean good = true;

    /**
     * What came of it.
     *
     * @param results one an allocator that got through, a trace after the other
     * @param isGood whether all got through and nothing was found
     */
    record Outcome(List<ReplayResult> results, boolean isGood) {}

    private Comparison(ReplayRequest request, Turns turns) {
        this.request = request;
        this.turns = turns;
    }

    /** Carries out {@code request}; what is found or fails is told in lines on {@code err}. */
    static Outcome run(ReplayRequest request, PrintWriter err) {
        long candidates = (long) request.plans().size() * request.allocators().size();
        try (Progress progress = Progress.of("replay", candidates * stepsEach(request))) {
            Turns turns = new Turns(progress, err);
            Comparison comparison = new Comparison(request, turns);
            request.plans().forEach(comparison::compare);
            return new Outcome(comparison.results, comparison.good && turns.failures().isEmpty());
        }
    }

    /** One allocator's steps on one trace: start, verify, footprints, warm up, rounds. */
    private static long stepsEach(ReplayRequest request) {
        return 2L + (request.verified() ? 1 : 0) + footprints(request) + request.rounds();
    }

    private static int footprints(ReplayRequest request) {
        return Math.min(request.rounds(), FOOTPRINTS_MAX);
    }

    private void compare(ReplayPlan plan) {
        List<Candidate> candidates = new ArrayList<>();
        try {
            for (AllocatorKind kind : request.allocators()) {
                candidates.add(start(plan, kind));
            }
            turns.sideBySide(candidates, "start", Candidate::awaitReady);
            if (request.verified()) {
                turns.sideBySide(candidates, "verify", Candidate::verify);
            }
            for (int round = 0; round < footprints(request); round++) {
                turns.sideBySide(candidates, "footprint", Candidate::measureFootprint);
            }
            turns.inTurn(candidates, "warm up", Candidate::warmUp);
            for (int round = 0; round < request.rounds(); round++) {
                turns.inTurn(candidates, "time", Candidate::time);
            }
            for (Candidate candidate : candidates) {
                good &= candidate.isClean();
                results.add(candidate.result());
            }
        } finally {
            candidates.forEach(Candidate::close);
        }
    }

    private Candidate start(ReplayPlan plan, AllocatorKind kind) {
        Setup setup =
                new Setup(
                        new Task.Replay(plan.trace().file().toString(), request.threads()),
                        kind,
                        request.heap());
        return new Candidate(
                plan,
                kind,
                purpose ->
                        Worker.start(
                                setup,
                                WorkerJvm.of(plan.trace(), purpose, request.smp()),
                                turns::tell));
    }
}
