// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.report;

import io.offkraft.workload.allocator.AllocatorKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Results as an aligned table, each with its ratio to the C library where that was replayed too.
 */
public final class TextReport {
    private static final String NONE = "–";
    private static final String UNKNOWN = "n/a";
    private final List<ReplayResult> results;
    private final boolean hasGlibc;

    private TextReport(List<ReplayResult> results) {
        this.results = results;
        this.hasGlibc = results.stream().anyMatch(TextReport::isGlibc);
    }

    /**
     * Returns the table with a heading, ending in a line break; nothing if there are no results.
     */
    public static String of(List<ReplayResult> results) {
        return results.isEmpty() ? "" : new TextReport(results).render();
    }

    private String render() {
        TextTable table = new TextTable(2);
        table.add(heading());
        for (ReplayResult result : results) {
            table.add(row(result));
        }
        return table.render();
    }

    private List<String> heading() {
        List<String> cells = new ArrayList<>();
        cells.addAll(List.of("trace", "allocator", "operations", "threads", "ns/op"));
        if (hasGlibc) {
            cells.add("× glibc");
        }
        cells.addAll(List.of("peak live", "peak resident"));
        if (hasGlibc) {
            cells.add("× glibc");
        }
        cells.addAll(List.of("overlaps", "corruptions", "misuses", "leaks"));
        return cells;
    }

    private List<String> row(ReplayResult result) {
        Optional<ReplayResult> glibc =
                results.stream()
                        .filter(other -> isGlibc(other) && other.trace().equals(result.trace()))
                        .findFirst();
        List<String> cells = new ArrayList<>();
        cells.add(Path.of(result.trace()).getFileName().toString());
        cells.add(result.allocator());
        cells.add(Long.toString(result.operations()));
        cells.add(Integer.toString(result.threads()));
        cells.add(decimal("%.1f", result.nanosPerOperation()));
        if (hasGlibc) {
            cells.add(
                    ratio(
                            result.nanosPerOperation(),
                            glibc.map(ReplayResult::nanosPerOperation).orElse(null)));
        }
        cells.add(bytes(result.peakLiveBytes()));
        cells.add(bytes(result.peakResidentBytes()));
        if (hasGlibc) {
            cells.add(
                    ratio(
                            asDouble(result.peakResidentBytes()),
                            glibc.map(peer -> asDouble(peer.peakResidentBytes())).orElse(null)));
        }
        addFindings(cells, result);
        return cells;
    }

    private static void addFindings(List<String> cells, ReplayResult result) {
        boolean verified = result.overlaps() != null;
        cells.add(count(result.overlaps(), NONE));
        cells.add(count(result.corruptions(), NONE));
        cells.add(count(result.misuses(), NONE));
        cells.add(count(result.leaks(), verified ? UNKNOWN : NONE));
    }

    private static boolean isGlibc(ReplayResult result) {
        return result.allocator().equals(AllocatorKind.GLIBC.label());
    }

    private static @Nullable Double asDouble(@Nullable Long value) {
        return value == null ? null : (double) value;
    }

    private static String count(@Nullable Long count, String otherwise) {
        return count == null ? otherwise : count.toString();
    }

    private static String ratio(@Nullable Double value, @Nullable Double toValue) {
        return value == null || toValue == null || toValue == 0
                ? NONE
                : decimal("%.2f", value / toValue);
    }

    private static String bytes(@Nullable Long bytes) {
        if (bytes == null) {
            return UNKNOWN;
        }
        return Sizes.text(bytes);
    }

    private static String decimal(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
