// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import static java.util.Objects.requireNonNull;

import io.offkraft.cli.replay.ReplayPlan;
import io.offkraft.cli.report.ReplayResult;
import io.offkraft.cli.worker.Setup;
import io.offkraft.cli.worker.Worker;
import io.offkraft.cli.worker.WorkerException;
import io.offkraft.cli.worker.WorkerJvm;
import io.offkraft.workload.allocator.AllocatorKind;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

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
    private static final int CPUS = Runtime.getRuntime().availableProcessors();

    /** Footprints are nearly exact; a few are measured where precision was asked for. */
    private static final int FOOTPRINTS_MAX = 3;

    private final ReplayRequest request;
    private final PrintWriter err;
    private final Progress progress;
    private final List<ReplayResult> results = new ArrayList<>();
    private boolean good = true;

    /**
     * What came of it.
     *
     * @param results one an allocator that got through, a trace after the other
     * @param isGood whether all got through and nothing was found
     */
    record Outcome(List<ReplayResult> results, boolean isGood) {}

    private Comparison(ReplayRequest request, PrintWriter err, Progress progress) {
        this.request = request;
        this.err = err;
        this.progress = progress;
    }

    /** Carries out {@code request}; what is found or fails is told in lines on {@code err}. */
    static Outcome run(ReplayRequest request, PrintWriter err) {
        long candidates = (long) request.plans().size() * request.allocators().size();
        try (Progress progress = Progress.of(candidates * stepsEach(request))) {
            Comparison comparison = new Comparison(request, err, progress);
            request.plans().forEach(comparison::compare);
            return new Outcome(comparison.results, comparison.good);
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
            sideBySide(candidates, "start", Candidate::awaitReady);
            if (request.verified()) {
                sideBySide(candidates, "verify", Candidate::verify);
            }
            for (int round = 0; round < footprints(request); round++) {
                sideBySide(candidates, "footprint", Candidate::measureFootprint);
            }
            inTurn(candidates, "warm up", Candidate::warmUp);
            for (int round = 0; round < request.rounds(); round++) {
                inTurn(candidates, "time", Candidate::time);
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
                new Setup(plan.trace().file().toString(), kind, request.threads(), request.heap());
        return new Candidate(
                plan,
                kind,
                purpose ->
                        Worker.start(
                                setup,
                                WorkerJvm.of(plan.trace(), purpose, request.smp()),
                                this::tell));
    }

    /** Has every candidate do something that is not timed, as many at once as there are CPUs. */
    private void sideBySide(List<Candidate> candidates, String what, Consumer<Candidate> action) {
        try (ExecutorService pool = Executors.newFixedThreadPool(CPUS)) {
            Map<Candidate, CompletableFuture<Void>> running = new HashMap<>();
            for (Candidate candidate : candidates) {
                running.put(
                        candidate,
                        CompletableFuture.runAsync(() -> action.accept(candidate), pool));
            }
            inTurn(candidates, what, candidate -> outcome(requireNonNull(running.get(candidate))));
        }
    }

    /** Waits for {@code running} and throws what it threw. */
    private static void outcome(CompletableFuture<Void> running) {
        try {
            running.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof WorkerException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /**
     * Has every candidate do something, one after the other; one that fails is told of, ended and
     * taken out.
     */
    private void inTurn(List<Candidate> candidates, String what, Consumer<Candidate> action) {
        for (Candidate candidate : List.copyOf(candidates)) {
            progress.step(candidate.label() + ": " + what);
            try {
                action.accept(candidate);
            } catch (WorkerException e) {
                tell(String.valueOf(e.getMessage()));
                good = false;
                candidate.close();
                candidates.remove(candidate);
            }
        }
    }

    private synchronized void tell(String line) {
        progress.clearLine();
        err.println("offkraft: " + line);
    }
}
