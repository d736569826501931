// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.report;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What happened to locks, as a table or a JSON document. */
public final class LockReport {
    private static final long MICRO = 1_000;
    private static final long MILLI = 1_000_000;
    private static final long SECOND = 1_000_000_000;

    /**
     * One trace.
     *
     * @param trace the file as given
     * @param threads the threads that replayed it
     * @param synchronization the locks
     * @param locks a row a lock class
     */
    @JsonPropertyOrder({"trace", "threads", "synchronization", "locks"})
    public record OfTrace(
            String trace, int threads, String synchronization, List<LockFigures> locks) {}

    private LockReport() {}

    /** Returns {@code {"results":[...]}}. */
    public static String json(List<OfTrace> results) {
        return JsonReport.ofDocument(new Document(results));
    }

    private record Document(List<OfTrace> results) {}

    /** Returns a table with a heading, ending in a line break. */
    public static String text(List<OfTrace> results) {
        TextTable table = new TextTable(2);
        List<String> heading = new ArrayList<>();
        heading.addAll(List.of("trace", "lock", "acquired", "contended", "%"));
        heading.addAll(List.of("wait p50", "p99", "p99.9", "max"));
        heading.addAll(List.of("hold p50", "p99", "p99.9", "max"));
        table.add(heading);
        for (OfTrace result : results) {
            for (LockFigures figures : result.locks()) {
                table.add(row(result.trace(), figures));
            }
        }
        return table.render();
    }

    private static List<String> row(String trace, LockFigures figures) {
        List<String> cells = new ArrayList<>();
        cells.add(Path.of(trace).getFileName().toString());
        cells.add(figures.lock());
        cells.add(Long.toString(figures.acquisitions()));
        cells.add(Long.toString(figures.contentions()));
        cells.add(String.format(Locale.ROOT, "%.2f", figures.contentionPercent()));
        addTimes(cells, figures.waitNanos(), figures.contentions() > 0);
        addTimes(cells, figures.holdNanos(), figures.acquisitions() > 0);
        return cells;
    }

    private static void addTimes(List<String> cells, LockFigures.Times times, boolean any) {
        for (long nanos : List.of(times.p50(), times.p99(), times.p999(), times.max())) {
            cells.add(any ? time(nanos) : "–");
        }
    }

    /** Returns a time with a unit that leaves at most four digits before the point. */
    static String time(long nanos) {
        if (nanos < MICRO) {
            return nanos + " ns";
        }
        if (nanos < MILLI) {
            return String.format(Locale.ROOT, "%.1f µs", (double) nanos / MICRO);
        }
        if (nanos < SECOND) {
            return String.format(Locale.ROOT, "%.1f ms", (double) nanos / MILLI);
        }
        return String.format(Locale.ROOT, "%.1f s", (double) nanos / SECOND);
    }
}
