// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.cli.ReplayOptions.Format;
import io.offkraft.cli.bench.BenchPage;
import io.offkraft.cli.bench.BenchReport;
import io.offkraft.cli.bench.BenchText;
import io.offkraft.cli.bench.Machine;
import io.offkraft.cli.worker.WorkerJvm;
import io.offkraft.config.ConfigurationException;
import io.offkraft.workload.WorkloadKind;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs the known workloads on allocators: options, checks of options, and the reports. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Run the known allocator workloads on Offkraft's heap and on what you would use instead.",
            "",
            "Each allocator runs in a JVM of its own and is warmed up; then all are timed in turn,"
                    + " round by round. Every block carries its owner's word, which is checked"
                    + " when it is freed. Prints ratios, and leaves bench.json and a page with"
                    + " charts, bench.html, in a folder.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all blocks were right",
            "1:a check failed, or an allocator did",
            "2:bad usage or bad input"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  offkraft bench --quick",
            "      what shows most, in a few minutes",
            "  offkraft bench",
            "      all there is, with more care",
            "  offkraft bench larson mstress --threads 1,2,4 --rounds 21",
            "      two workloads, more carefully",
            "  offkraft bench pair-64 pages --allocator offkraft,glibc --format json",
            "      two allocators, and those of pages; for a program to read"
        })
final class BenchCommand implements Callable<Integer> {
    private static final int MAX_ROUNDS = 10_000;
    private static final int MAX_THREADS = 1024;

    private final BenchWorkers.Launcher launcher;

    /** Replaced by the parser. */
    @Spec private CommandSpec spec = CommandSpec.create();

    @Parameters(
            paramLabel = "WORKLOAD",
            arity = "0..*",
            completionCandidates = WorkloadNames.class,
            description =
                    "One or more of ${COMPLETION-CANDIDATES}. The last three are tables of their"
                            + " own. Default: all.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--quick",
            description =
                    "Fewer workloads, threads and rounds, and JVMs that go from one to the next.")
    private boolean quick;

    @Option(
            names = "--allocator",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "all",
            completionCandidates = Peers.Names.class,
            description =
                    "One or more heaps of ${COMPLETION-CANDIDATES}; with commas, or repeated."
                            + " Default: ${DEFAULT-VALUE} that are installed, without floor, which is"
                            + " no allocator: what a workload itself takes.")
    private List<String> allocators = new ArrayList<>();

    @Option(
            names = "--threads",
            paramLabel = "N",
            split = ",",
            description = "Numbers of threads, with commas. Default: 1,2, or 2 if quick.")
    private @Nullable List<Integer> threads;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Timed rounds; the median counts. Default: 11, or 5 if quick.")
    private @Nullable Integer rounds;

    @Option(
            names = "--format",
            paramLabel = "text|json",
            defaultValue = "text",
            description = "Print tables or the JSON document. Default: ${DEFAULT-VALUE}.")
    private Format format = Format.TEXT;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            defaultValue = "results/bench",
            description = "The folder for bench.json and bench.html. Default: ${DEFAULT-VALUE}.")
    private Path output = Path.of("results/bench");

    private final Effort ifQuick;

    /** A command that starts the workers there are. */
    BenchCommand() {
        this(WorkerJvm::ofWorkloads);
    }

    /** A command that has its workers started by {@code launcher}. */
    BenchCommand(BenchWorkers.Launcher launcher) {
        this(launcher, Effort.QUICK);
    }

    /** The same, with another effort than the usual if it is to be quick. */
    BenchCommand(BenchWorkers.Launcher launcher, Effort ifQuick) {
        this.launcher = launcher;
        this.ifQuick = ifQuick;
    }

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        try {
            ReplayCommand.config();
            Peers peers = peers();
            BenchRequest request = request(peers);
            Files.createDirectories(output);
            peers.leftOut().forEach(line -> err.println("offkraft: " + line));
            BenchReport report = measure(request, peers, err);
            write(report, err);
            return report.failures().isEmpty() ? Offkraft.VERIFIED : Offkraft.FAILED;
        } catch (ConfigurationException e) {
            err.println("offkraft: " + e.getMessage());
            return Offkraft.UNUSABLE;
        } catch (IOException e) {
            err.println("offkraft: %s can't be written: %s".formatted(output, e));
            return Offkraft.UNUSABLE;
        }
    }

    private Peers peers() {
        try {
            return Peers.of(allocators, library -> library.find().isPresent());
        } catch (IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
    }

    private BenchRequest request(Peers peers) {
        Effort effort = quick ? ifQuick : Effort.FULL;
        int roundCount = rounds == null ? effort.rounds() : rounds;
        if (roundCount < 1 || roundCount > MAX_ROUNDS) {
            throw wrong("--rounds must be in [1, %d]: %d".formatted(MAX_ROUNDS, roundCount));
        }
        for (int count : threads(effort)) {
            if (count < 1 || count > MAX_THREADS) {
                throw wrong("--threads must be in [1, %d]: %d".formatted(MAX_THREADS, count));
            }
        }
        List<Integer> elsewhere = threads == null ? effort.threadsElsewhere() : threads;
        List<BenchCase> cases = new ArrayList<>();
        cases.addAll(BenchCase.heaps(workloads(effort), threads(effort), peers.chosen(), effort));
        if (isAskedFor(WorkloadNames.SCALING)) {
            cases.addAll(BenchCase.scaling(peers.chosen(), effort));
        }
        if (isAskedFor(WorkloadNames.ARENAS)) {
            cases.addAll(BenchCase.arenas(elsewhere));
        }
        if (isAskedFor(WorkloadNames.PAGES)) {
            cases.addAll(BenchCase.pages(elsewhere));
        }
        return new BenchRequest(cases, effort, roundCount);
    }

    private List<Integer> threads(Effort effort) {
        return threads == null ? effort.threads() : threads;
    }

    private boolean isAskedFor(String table) {
        return names.isEmpty() || names.contains(table);
    }

    private List<WorkloadKind> workloads(Effort effort) {
        if (names.isEmpty()) {
            return effort.workloads();
        }
        List<String> known = new ArrayList<>();
        new WorkloadNames().forEach(known::add);
        SequencedSet<WorkloadKind> workloads = new LinkedHashSet<>();
        for (String name : names) {
            if (!known.contains(name)) {
                throw wrong(
                        "WORKLOAD must be one of %s: %s".formatted(String.join(", ", known), name));
            }
            WorkloadKind workload = WorkloadKind.ofLabelOrNull(name);
            if (workload != null) {
                workloads.add(workload);
            }
        }
        return List.copyOf(workloads);
    }

    private BenchReport measure(BenchRequest request, Peers peers, PrintWriter err) {
        long begin = System.nanoTime();
        BenchRun.Outcome outcome = BenchRun.run(request, launcher, err);
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
        return new BenchReport(
                OffsetDateTime.now(ZoneId.systemDefault())
                        .truncatedTo(ChronoUnit.SECONDS)
                        .format(DateTimeFormatter.ISO_OFFSET_DATE_TIME),
                Machine.ofThisProcess(),
                new BenchReport.Options(
                        quick, request.rounds(), threads(request.effort()), properties(), seconds),
                peers.leftOut(),
                outcome.failures(),
                outcome.figures(),
                outcome.counted());
    }

    private static Map<String, String> properties() {
        Map<String, String> properties = new TreeMap<>();
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith("offkraft.")) {
                properties.put(name, System.getProperty(name));
            }
        }
        return properties;
    }

    private void write(BenchReport report, PrintWriter err) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        String json = report.json() + System.lineSeparator();
        Path document = Files.writeString(output.resolve("bench.json"), json);
        Path page = Files.writeString(output.resolve("bench.html"), BenchPage.of(report));
        out.print(
                switch (format) {
                    case TEXT -> BenchText.of(report);
                    case JSON -> json;
                });
        out.flush();
        err.println("offkraft: wrote %s and %s".formatted(document, page));
    }

    private ParameterException wrong(String problem) {
        return new ParameterException(spec.commandLine(), problem);
    }
}
