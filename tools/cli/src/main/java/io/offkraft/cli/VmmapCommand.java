// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.cli.report.MapPicture;
import io.offkraft.cli.report.MapReport;
import io.offkraft.cli.vmmap.MappedRange;
import io.offkraft.cli.vmmap.ProcessMaps;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints or draws what the addresses of a process are used for. */
@Command(
        name = "vmmap",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Print or draw what a process's addresses are used for: type, rights, and how much of"
                    + " each range is committed, resident, in huge pages and in swap.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "2:bad usage, or a process that can't be read"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  offkraft vmmap --pid 4711",
            "      a table of the process 4711, which must be yours",
            "  offkraft vmmap --pid 4711 --format svg >map.svg",
            "      a picture for a browser; a range tells its figures when pointed at"
        })
final class VmmapCommand implements Callable<Integer> {
    /** {@code --format}. */
    enum Format {
        TEXT,
        SVG,
        JSON;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Replaced by the parser. */
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--format",
            paramLabel = "text|svg|json",
            defaultValue = "text",
            description = "A table, a picture or a JSON document. Default: ${DEFAULT-VALUE}.")
    private Format format = Format.TEXT;

    @Option(names = "--pid", paramLabel = "N", description = "The process. Default: this one.")
    private @Nullable Long pid;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        long process = pid == null ? ProcessHandle.current().pid() : pid;
        try {
            List<MappedRange> ranges = ProcessMaps.withFigures(process);
            out.print(
                    switch (format) {
                        case TEXT -> MapReport.text(ranges);
                        case SVG -> MapPicture.svg(ranges);
                        case JSON -> MapReport.json(ranges) + System.lineSeparator();
                    });
            out.flush();
            return Offkraft.VERIFIED;
        } catch (IOException unreadable) {
            spec.commandLine()
                    .getErr()
                    .println(
                            "offkraft: process %d can't be read: there is none, or it is another"
                                            .formatted(process)
                                    + " user's ("
                                    + unreadable.getMessage()
                                    + ")");
            return Offkraft.UNUSABLE;
        }
    }
}
