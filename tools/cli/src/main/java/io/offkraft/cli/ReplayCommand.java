// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.cli.ReplayOptions.Format;
import io.offkraft.cli.ReplayOptions.Locks;
import io.offkraft.cli.ReplayOptions.Toggle;
import io.offkraft.cli.ReplayOptions.Verify;
import io.offkraft.cli.replay.ReplayPlan;
import io.offkraft.cli.report.JsonReport;
import io.offkraft.cli.report.TextReport;
import io.offkraft.cli.report.VmReport;
import io.offkraft.cli.trace.TraceFormatException;
import io.offkraft.cli.trace.TraceReader;
import io.offkraft.cli.vm.StraceFormatException;
import io.offkraft.cli.vm.VmReplay;
import io.offkraft.cli.vm.VmReplayException;
import io.offkraft.cli.vm.VmReplayResult;
import io.offkraft.cli.worker.Task;
import io.offkraft.config.ConfigurationException;
import io.offkraft.config.OffkraftConfig;
import io.offkraft.config.Quantities;
import io.offkraft.sync.Synchronization;
import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.HeapOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Replays recorded programs on allocators: options, checks of options, and the report. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Replay recorded programs on Offkraft's heap and on what you would use instead.",
            "",
            "A trace is every malloc, calloc, realloc, memalign and free of a real program, in"
                    + " order. Each allocator makes the same calls in a JVM of its own: first with"
                    + " every block verified, then for its footprint, then against the clock.",
            "",
            "With --vm, a log of memory calls (strace -f -e trace=memory -o LOG program) is replayed"
                    + " in a virtual address space instead; the layout at the end is compared with"
                    + " a plain model's and with /proc/self/maps, the times with bare calls.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all verified (or verification was off)",
            "1:a verification failed, or memory ran out",
            "2:bad usage or bad input"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  offkraft replay traces/redis.ckt.gz",
            "      verified, on as many threads as the program had, beside all peers",
            "  offkraft replay traces/*.ckt.gz --rounds 11 --allocator offkraft,glibc",
            "      medians of 11 timing rounds, interleaved",
            "  offkraft replay traces/gcc.ckt.gz --threads 8 --verify full --format json",
            "      objects cross threads; for a program to read",
            "  offkraft replay traces/javac.ckt.gz --limit 16M",
            "      see how it ends when memory runs out",
            "  offkraft replay --vm traces/vm/*.strace.gz --rounds 11",
            "      mmap, munmap, mprotect ... of a JVM, a python and an sqlite in one space"
        })
final class ReplayCommand implements Callable<Integer> {
    private static final int MAX_ROUNDS = 10_000;

    /** Replaced by the parser. */
    @Spec private CommandSpec spec = CommandSpec.create();

    @Parameters(
            paramLabel = "TRACE",
            arity = "1..*",
            description = "Trace files (.ckt.gz); with --vm, strace's.")
    private List<Path> traces = new ArrayList<>();

    @Option(
            names = "--vm",
            description = "Replay memory calls in an address space, not allocations in heaps.")
    private boolean vm;

    @Option(
            names = "--threads",
            paramLabel = "recorded|N",
            defaultValue = "recorded",
            description =
                    "The program's own threads, or deal the calls to N threads in short runs, so"
                            + " that objects cross threads. Default: ${DEFAULT-VALUE}.")
    private String threads = "recorded";

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "1",
            description = "Timing rounds; the median counts. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--allocator",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "all",
            completionCandidates = AllocatorNames.class,
            description =
                    "One or more of ${COMPLETION-CANDIDATES}; with commas, or repeated."
                            + " Default: ${DEFAULT-VALUE}.")
    private List<String> allocators = new ArrayList<>();

    @Option(
            names = "--synchronization",
            paramLabel = "none|spin",
            description = "Offkraft's locks. none needs one replay thread. Default: by --smp.")
    private @Nullable Locks locks;

    @Option(
            names = "--smp",
            paramLabel = "on|off",
            description = "Offkraft for many CPUs or for one. off needs one replay thread.")
    private @Nullable Toggle smp;

    @Option(
            names = "--verify",
            paramLabel = "full|off",
            description = "Check every block in a round of its own. Default: full for one round.")
    private @Nullable Verify verify;

    @Option(
            names = "--format",
            paramLabel = "text|json",
            defaultValue = "text",
            description = "A table or a JSON document. Default: ${DEFAULT-VALUE}.")
    private Format format = Format.TEXT;

    @Option(
            names = "--limit",
            paramLabel = "BYTES",
            converter = ByteCount.class,
            description = "The most bytes Offkraft's heap may hold, such as 512K, 64M or 2G.")
    private @Nullable Long limitBytes;

    @Override
    public Integer call() {
        if (vm) {
            return replayMemoryCalls();
        }
        try {
            ReplayRequest request = request();
            PrintWriter out = spec.commandLine().getOut();
            PrintWriter err = spec.commandLine().getErr();
            Comparison.Outcome outcome = Comparison.run(request, err);
            out.print(
                    switch (format) {
                        case TEXT -> TextReport.of(outcome.results());
                        case JSON -> JsonReport.of(outcome.results()) + System.lineSeparator();
                    });
            out.flush();
            return outcome.isGood() ? Offkraft.VERIFIED : Offkraft.FAILED;
        } catch (TraceFormatException | ConfigurationException e) {
            spec.commandLine().getErr().println("offkraft: " + e.getMessage());
            return Offkraft.UNUSABLE;
        }
    }

    private int replayMemoryCalls() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        for (String other : List.of("--allocator", "--smp", "--verify", "--limit")) {
            if (spec.commandLine().getParseResult().hasMatchedOption(other)) {
                throw wrong(other + " is about heaps; with --vm there is none");
            }
        }
        Integer threadCount = ThreadsOption.countOrNull(threads, spec.commandLine());
        checkRounds();
        try {
            if ((locks == Locks.NONE || !config().smp())
                    && (threadCount == null || threadCount > 1)) {
                throw wrong(
                        "without synchronization one thread may use the space; add --threads 1");
            }
            Synchronization choice =
                    locks == null ? Synchronization.defaultChoice() : locks.synchronization();
            List<VmReplayResult> results = new ArrayList<>();
            for (Path log : traces) {
                results.add(VmReplay.replay(log, threadCount, rounds, choice));
            }
            out.print(
                    switch (format) {
                        case TEXT -> VmReport.text(results);
                        case JSON -> VmReport.json(results) + System.lineSeparator();
                    });
            out.flush();
            return results.stream().allMatch(result -> result.difference() == null)
                    ? Offkraft.VERIFIED
                    : Offkraft.FAILED;
        } catch (StraceFormatException | ConfigurationException e) {
            err.println("offkraft: " + e.getMessage());
            return Offkraft.UNUSABLE;
        } catch (VmReplayException e) {
            err.println("offkraft: " + e.getMessage());
            return Offkraft.FAILED;
        }
    }

    private void checkRounds() {
        if (rounds < 1 || rounds > MAX_ROUNDS) {
            throw wrong("--rounds must be in [1, %d]: %d".formatted(MAX_ROUNDS, rounds));
        }
    }

    private ReplayRequest request() throws TraceFormatException {
        OffkraftConfig config = config();
        List<AllocatorKind> kinds = kinds();
        Integer threadCount = ThreadsOption.countOrNull(threads, spec.commandLine());
        checkRounds();
        List<ReplayPlan> plans = new ArrayList<>();
        for (Path file : traces) {
            ReplayPlan plan = Task.Replay.plan(TraceReader.read(file), threadCount);
            if (kinds.contains(AllocatorKind.OFFKRAFT)) {
                rejectThreadsWithoutLocks(plan, config);
            }
            plans.add(plan);
        }
        boolean verified = verify == null ? rounds == 1 : verify == Verify.FULL;
        Synchronization synchronization = locks == null ? null : locks.synchronization();
        return new ReplayRequest(
                plans,
                kinds,
                threadCount,
                rounds,
                verified,
                new HeapOptions(limitBytes, synchronization),
                smp == null ? null : smp == Toggle.ON);
    }

    /**
     * Throws what is wrong with the properties itself, even where it keeps a class from loading.
     */
    static OffkraftConfig config() {
        try {
            return OffkraftConfig.parse(System.getProperties());
        } catch (ExceptionInInitializerError e) {
            if (e.getCause() instanceof ConfigurationException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private List<AllocatorKind> kinds() {
        LinkedHashSet<AllocatorKind> kinds = new LinkedHashSet<>();
        for (String name : allocators) {
            kinds.addAll(
                    AllocatorNames.kinds(name)
                            .orElseThrow(() ->
                                    wrong(
                                            "--allocator must be one of %s: %s"
                                                    .formatted(
                                                            String.join(", ", new AllocatorNames()),
                                                            name))));
        }
        return List.copyOf(kinds);
    }

    private void rejectThreadsWithoutLocks(ReplayPlan plan, OffkraftConfig config) {
        if (plan.threads() == 1) {
            return;
        }
        String where =
                "%s is replayed on %d threads; add --threads 1"
                        .formatted(plan.trace().file(), plan.threads());
        if (smp == null ? !config.smp() : smp == Toggle.OFF) {
            throw wrong("with SMP off one thread may use the heap, but " + where);
        }
        if (locks == Locks.NONE) {
            throw wrong("without synchronization one thread may use the heap, but " + where);
        }
    }

    private ParameterException wrong(String problem) {
        return new ParameterException(spec.commandLine(), problem);
    }

    /** A number of bytes as sizes are written everywhere in Offkraft. */
    static final class ByteCount implements ITypeConverter<Long> {
        @Override
        public Long convert(String value) {
            try {
                long bytes = Quantities.bytes(value);
                if (bytes > 0) {
                    return bytes;
                }
            } catch (IllegalArgumentException _) {
                // said below, as for zero
            }
            throw new TypeConversionException(
                    "'%s' is not a number of bytes such as 1048576, 512K, 64M or 2G"
                            .formatted(value));
        }
    }
}
