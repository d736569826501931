// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.report;

import io.offkraft.cli.vm.Remark;
import io.offkraft.cli.vm.VmReplayResult;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What came out of replays of memory calls, as tables or a JSON document. */
public final class VmReport {
    private VmReport() {}

    /** Returns {@code {"results":[...]}}. */
    public static String json(List<VmReplayResult> results) {
        return JsonReport.ofDocument(new Document(results));
    }

    private record Document(List<VmReplayResult> results) {}

    /** Returns the tables and remarks, ending in a line break. */
    public static String text(List<VmReplayResult> results) {
        StringBuilder text = new StringBuilder();
        for (VmReplayResult result : results) {
            text.append(text.isEmpty() ? "" : "\n");
            add(text, result);
        }
        return text.toString();
    }

    private static void add(StringBuilder text, VmReplayResult result) {
        text.append(
                "%s: %d calls on %d threads in %s of addresses: %d areas, %s committed\n"
                        .formatted(
                                Path.of(result.log()).getFileName(),
                                result.calls(),
                                result.threads(),
                                Sizes.text(result.spaceBytes()),
                                result.areas(),
                                Sizes.text(result.committedBytes())));
        if (result.difference() == null) {
            text.append("layout: as the model and /proc/self/maps say\n");
            addTimes(text, result.byCall());
        } else {
            text.append("layout: ").append(result.difference()).append('\n');
        }
        if (!result.remarks().isEmpty()) {
            text.append("not replayed as recorded:\n");
            addRemarks(text, result.remarks());
        }
    }

    private static void addTimes(StringBuilder text, List<VmReplayResult.OfCall> byCall) {
        TextTable table = new TextTable(1);
        table.add(List.of("call", "calls", "µs", "bare µs", "× bare"));
        int calls = 0;
        double nanos = 0;
        double bareNanos = 0;
        for (VmReplayResult.OfCall times : byCall) {
            table.add(
                    row(
                            times.call(),
                            times.calls(),
                            times.nanosPerCall(),
                            times.bareNanosPerCall()));
            calls += times.calls();
            nanos += times.calls() * times.nanosPerCall();
            bareNanos += times.calls() * times.bareNanosPerCall();
        }
        table.add(row("all", calls, nanos / calls, bareNanos / calls));
        text.append(table.render());
    }

    private static List<String> row(String call, int calls, double nanos, double bareNanos) {
        return List.of(
                call,
                Integer.toString(calls),
                decimal(nanos / 1000),
                decimal(bareNanos / 1000),
                decimal(nanos / bareNanos));
    }

    private static void addRemarks(StringBuilder text, List<Remark> remarks) {
        for (Remark remark : remarks) {
            text.append(
                    "%6d × %s (first in line %d)\n"
                            .formatted(remark.count(), remark.what(), remark.firstLine()));
        }
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
