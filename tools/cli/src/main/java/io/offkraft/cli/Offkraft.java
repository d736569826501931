// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The {@code offkraft} command.
 *
 * <p>Exit codes: {@value #VERIFIED} all is well, {@value #FAILED} a verification failed or memory
 * ran out, {@value #UNUSABLE} bad usage or bad input.
 */
@Command(
        name = "offkraft",
        mixinStandardHelpOptions = true,
        versionProvider = Offkraft.Version.class,
        subcommands = {
            ReplayCommand.class,
            BenchCommand.class,
            LocksCommand.class,
            VmmapCommand.class,
            CompletionCommand.class
        },
        description = {
            "Memory outside the Java heap, managed by Offkraft's own layers, tried out on recorded"
                    + " programs and known workloads, and compared with what you would use"
                    + " instead."
        },
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all is well",
            "1:a verification failed, or memory ran out",
            "2:bad usage or bad input"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  offkraft replay traces/redis.ckt.gz",
            "  offkraft bench --quick",
            "  offkraft locks traces/redis.ckt.gz --threads 8",
            "  offkraft vmmap --pid 4711",
            "  offkraft replay --help",
            "  source <(offkraft completion)"
        })
public final class Offkraft implements Runnable {
    /** Exit code: everything asked for was done, and what was verified is right. */
    public static final int VERIFIED = 0;

    /** Exit code: a verification failed, or memory ran out. */
    public static final int FAILED = 1;

    /** Exit code: bad usage or bad input. */
    public static final int UNUSABLE = 2;

    /** Replaced by the parser. */
    @Spec private CommandSpec spec = CommandSpec.create();

    Offkraft() {}

    /** Runs the command line and exits. */
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(run(out, err, args));
    }

    /** Runs the command line and returns the exit code. */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        return new CommandLine(new Offkraft())
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, _) -> explain(e))
                .execute(args);
    }

    /** A command has to be named; the help says which there are. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    private static int explain(ParameterException e) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println(
                "offkraft: "
                        + String.valueOf(e.getMessage()).lines().findFirst().orElse("bad usage"));
        err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        return UNUSABLE;
    }

    /** Says what runs, on what. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version =
                    java.util.Optional.ofNullable(Offkraft.class.getModule().getDescriptor())
                            .flatMap(java.lang.module.ModuleDescriptor::rawVersion)
                            .orElse("(unpackaged)");
            return new String[] {
                "offkraft " + version,
                "Java %s, %s %s"
                        .formatted(
                                Runtime.version(),
                                System.getProperty("os.name"),
                                System.getProperty("os.arch"))
            };
        }
    }
}
