// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.cli.bench.CountedFigure;
import io.offkraft.cli.bench.Figure;
import io.offkraft.cli.bench.Section;
import io.offkraft.cli.bench.Spread;
import io.offkraft.cli.worker.Task;
import io.offkraft.workload.WorkloadKind;
import io.offkraft.workload.allocator.AllocatorKind;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs every case on its allocators, each in a worker of its own, round by round in turn, and puts
 * the figures side by side.
 *
 * <p>An allocator that fails in a case is told of and drops out of it.
 *
 * <p><b>Thread safety:</b> one thread.
 */
final class BenchRun {
    private final BenchRequest request;
    private final Turns turns;
    private final BenchWorkers workers;
    private final List<Figure> figures = new ArrayList<>();
    private final List<CountedFigure.Value> javaHeap = new ArrayList<>();
    private final List<CountedFigure.Value> resident = new ArrayList<>();

    /**
     * What came of it.
     *
     * @param figures what was timed, one an allocator and case
     * @param counted what was counted
     * @param failures what failed or was found, a line each
     */
    record Outcome(List<Figure> figures, List<CountedFigure> counted, List<String> failures) {}

    private BenchRun(BenchRequest request, Turns turns, BenchWorkers workers) {
        this.request = request;
        this.turns = turns;
        this.workers = workers;
    }

    /** Carries out {@code request}; what is found or fails is told in lines on {@code err}. */
    static Outcome run(BenchRequest request, BenchWorkers.Launcher launcher, PrintWriter err) {
        long steps = request.cases().stream().mapToLong(each -> steps(request, each)).sum();
        try (Progress progress = Progress.of("bench", steps)) {
            Turns turns = new Turns(progress, err);
            try (BenchWorkers workers = new BenchWorkers(launcher, turns::tell)) {
                BenchRun run = new BenchRun(request, turns, workers);
                run.runAll();
                return new Outcome(run.figures, run.counted(), turns.failures());
            }
        }
    }

    /** One allocator's steps: warm up, rounds, check, footprint. */
    private static long steps(BenchRequest request, BenchCase each) {
        return each.allocators().size() * (2L + request.rounds() + (each.footprint() ? 1 : 0));
    }

    private void runAll() {
        BenchCase before = null;
        for (BenchCase each : request.cases()) {
            if (request.effort().isolates()
                    || before == null
                    || before.section() != each.section()) {
                workers.close();
                workers.expect(mostThreads(each.section()));
            }
            run(each);
            before = each;
        }
    }

    private int mostThreads(Section section) {
        return request.cases().stream()
                .filter(each -> each.section() == section)
                .mapToInt(BenchCase::threads)
                .max()
                .orElse(1);
    }

    private void run(BenchCase each) {
        String what = "%s %d: ".formatted(each.workload().label(), each.threads());
        List<BenchEntry> entries = new ArrayList<>();
        for (AllocatorKind kind : each.allocators()) {
            entries.add(
                    new BenchEntry(
                            kind,
                            task(each, request.effort().volume()),
                            task(each, request.effort().footprintVolume()),
                            workers));
        }
        if (request.effort().isolates()) {
            turns.inTurn(entries, what + "warm up", BenchEntry::warmUp);
        } else {
            turns.sideBySide(entries, what + "warm up", BenchEntry::warmUp);
        }
        for (int round = 0; round < request.rounds(); round++) {
            turns.inTurn(entries, what + "time", BenchEntry::time);
        }
        turns.inTurn(entries, what + "check", BenchEntry::verify);
        if (each.footprint()) {
            turns.sideBySide(entries, what + "footprint", BenchEntry::measureFootprint);
        }
        addFigures(each, entries);
    }

    private static Task task(BenchCase each, Task.Volume volume) {
        return new Task.Run(each.workload(), each.threads(), volume);
    }

    private void addFigures(BenchCase each, List<BenchEntry> entries) {
        Double baseline = null;
        for (BenchEntry entry : entries) {
            Spread nanos = Spread.ofNanosPerOperation(entry.rounds());
            if (entry.kind() == each.section().baseline()) {
                baseline = nanos.median();
            }
            figures.add(
                    new Figure(
                            each.section().label(),
                            each.workload().label(),
                            each.workload().description(),
                            each.threads(),
                            entry.label(),
                            nanos,
                            baseline == null ? null : Spread.rounded(nanos.median() / baseline),
                            entry.rounds()));
            addCounted(each, entry);
        }
    }

    private void addCounted(BenchCase each, BenchEntry entry) {
        if (each.workload() != WorkloadKind.VIRTUAL) { // the threads themselves are Java objects
            long operations = entry.rounds().stream().mapToLong(round -> round.operations()).sum();
            long bytes = entry.rounds().stream().mapToLong(round -> round.javaHeapBytes()).sum();
            javaHeap.add(value(each, entry, Spread.rounded((double) bytes / operations)));
        }
        Long residentBytes = entry.residentBytes();
        if (residentBytes != null) {
            resident.add(value(each, entry, residentBytes));
        }
    }

    private static CountedFigure.Value value(BenchCase each, BenchEntry entry, double value) {
        return new CountedFigure.Value(
                each.section().label(),
                each.workload().label(),
                each.threads(),
                entry.label(),
                value);
    }

    /** Another figure that is counted gets a line here. */
    private List<CountedFigure> counted() {
        return List.of(
                new CountedFigure(
                        "peak-resident-bytes",
                        "Peak resident memory",
                        CountedFigure.Unit.BYTES,
                        resident),
                new CountedFigure(
                        "java-heap-bytes-per-block",
                        "Java heap that a block and its free allocate",
                        CountedFigure.Unit.BYTES_A_BLOCK,
                        javaHeap));
    }
}
