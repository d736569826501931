// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import static java.util.Objects.requireNonNullElseGet;

import io.offkraft.cli.ReplayOptions.Format;
import io.offkraft.cli.ReplayOptions.Locks;
import io.offkraft.cli.replay.ReplayPlan;
import io.offkraft.cli.report.LockReport;
import io.offkraft.cli.trace.TraceFormatException;
import io.offkraft.cli.trace.TraceReader;
import io.offkraft.cli.worker.Setup;
import io.offkraft.cli.worker.Task;
import io.offkraft.cli.worker.Worker;
import io.offkraft.cli.worker.WorkerException;
import io.offkraft.cli.worker.WorkerJvm;
import io.offkraft.config.ConfigurationException;
import io.offkraft.sync.Synchronization;
import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.HeapOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Replays recorded programs and tells what happened to the locks. */
@Command(
        name = "locks",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Replay recorded programs on Offkraft's heap and tell what happened to its locks.",
            "",
            "By class of locks: how often they were acquired, how often they were not free at once,"
                    + " how long those waited that had to, and how long locks were held. Counted"
                    + " in one round, after others have warmed it up; the counting itself makes"
                    + " sections longer.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:a replay failed", "2:bad usage or bad input"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  offkraft locks traces/redis.ckt.gz --threads 8",
            "      which lock eight threads meet at",
            "  offkraft locks traces/javac.ckt.gz --synchronization mcs --format json",
            "      another lock; for a program to read"
        })
final class LocksCommand implements Callable<Integer> {
    /** Replaced by the parser. */
    @Spec private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "TRACE", arity = "1..*", description = "Trace files (.ckt.gz).")
    private List<Path> traces = new ArrayList<>();

    @Option(
            names = "--threads",
            paramLabel = "recorded|N",
            defaultValue = "recorded",
            description =
                    "The program's own threads, or deal the calls to N threads in short runs."
                            + " Default: ${DEFAULT-VALUE}.")
    private String threads = "recorded";

    @Option(
            names = "--synchronization",
            paramLabel = "KIND",
            description = "The locks: one of ${COMPLETION-CANDIDATES}. Default: as configured.")
    private @Nullable Locks locks;

    @Option(
            names = "--format",
            paramLabel = "text|json",
            defaultValue = "text",
            description = "A table or a JSON document. Default: ${DEFAULT-VALUE}.")
    private Format format = Format.TEXT;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try {
            boolean smp = ReplayCommand.config().smp();
            if (!smp || locks == Locks.NONE) {
                throw new ParameterException(
                        spec.commandLine(),
                        !smp ? "with SMP off there are no locks" : "none has no locks");
            }
            List<LockReport.OfTrace> results = results(err);
            out.print(
                    switch (format) {
                        case TEXT -> LockReport.text(results);
                        case JSON -> LockReport.json(results) + System.lineSeparator();
                    });
            out.flush();
            return Offkraft.VERIFIED;
        } catch (TraceFormatException | ConfigurationException e) {
            err.println("offkraft: " + e.getMessage());
            return Offkraft.UNUSABLE;
        } catch (WorkerException e) {
            err.println("offkraft: " + e.getMessage());
            return Offkraft.FAILED;
        }
    }

    private List<LockReport.OfTrace> results(PrintWriter err) throws TraceFormatException {
        Integer threadCount = ThreadsOption.countOrNull(threads, spec.commandLine());
        List<ReplayPlan> plans = new ArrayList<>();
        for (Path file : traces) {
            plans.add(Task.Replay.plan(TraceReader.read(file), threadCount));
        }
        List<LockReport.OfTrace> results = new ArrayList<>();
        for (ReplayPlan plan : plans) {
            results.add(replay(plan, threadCount, err));
        }
        return results;
    }

    private LockReport.OfTrace replay(
            ReplayPlan plan, @Nullable Integer threadCount, PrintWriter err) {
        Synchronization chosen = locks == null ? null : locks.synchronization();
        String file = plan.trace().file().toString();
        Setup setup =
                new Setup(
                        new Task.Replay(file, threadCount),
                        AllocatorKind.OFFKRAFT,
                        new HeapOptions(null, chosen));
        WorkerJvm jvm = WorkerJvm.of(plan.trace(), WorkerJvm.Purpose.VERIFY_AND_TIME, null);
        try (Worker worker = Worker.start(setup, jvm, line -> err.println("offkraft: " + line))) {
            worker.awaitReady();
            Synchronization used = requireNonNullElseGet(chosen, Synchronization::defaultChoice);
            return new LockReport.OfTrace(
                    file,
                    plan.threads(),
                    used.name().toLowerCase(Locale.ROOT),
                    worker.lockFigures());
        }
    }
}
