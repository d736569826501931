// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.bench;

import io.offkraft.cli.report.Sizes;
import io.offkraft.cli.report.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** A benchmark for a terminal: tables with ratios, and where Offkraft was slower. */
public final class BenchText {
    private static final String NONE = "–";

    private final BenchReport report;
    private final StringBuilder text = new StringBuilder();

    private BenchText(BenchReport report) {
        this.report = report;
    }

    /** Returns the tables, ending in a line break; nothing if there are no figures. */
    public static String of(BenchReport report) {
        return report.figures().isEmpty() ? "" : new BenchText(report).render();
    }

    private String render() {
        for (Section section : Section.values()) {
            Grid<Figure> grid = Grid.timed(report.figures(), section);
            if (!grid.rows().isEmpty()) {
                addTimed(section, grid);
            }
        }
        for (CountedFigure counted : report.counted()) {
            Grid<CountedFigure.Value> grid = Grid.counted(counted, Section.HEAPS);
            if (!grid.rows().isEmpty()) {
                addCounted(counted, grid);
            }
        }
        addLost();
        return text.toString();
    }

    private void addTimed(Section section, Grid<Figure> grid) {
        String baseline = section.baseline().label();
        boolean compared = grid.allocators().contains(baseline) && grid.allocators().size() > 1;
        text.append(section.title()).append(": ").append(section.note()).append('\n');
        if (compared) {
            text.append("× is the time over that of ")
                    .append(baseline)
                    .append(": above 1, it is slower than that.\n");
        }
        TextTable table = new TextTable(1);
        List<String> heading = new ArrayList<>(List.of("workload", "threads"));
        for (String allocator : grid.allocators()) {
            heading.add(
                    compared && !allocator.equals(baseline) ? "× " + allocator : allocator + " ns");
        }
        table.add(heading);
        for (Grid.Row<Figure> row : grid.rows()) {
            List<String> cells =
                    new ArrayList<>(List.of(row.workload(), Integer.toString(row.threads())));
            for (String allocator : grid.allocators()) {
                cells.add(cell(row.cellOrNull(allocator), compared && !allocator.equals(baseline)));
            }
            table.add(cells);
        }
        if (compared) {
            table.add(means(section, grid.allocators()));
        }
        text.append(table.render()).append('\n');
    }

    private static String cell(@Nullable Figure figure, boolean asRatio) {
        if (figure == null) {
            return NONE;
        }
        Double ratio = figure.ratio();
        if (!asRatio) {
            return decimal("%.1f", figure.nanosPerBlock().median());
        }
        return ratio == null ? NONE : decimal("%.2f", ratio);
    }

    private List<String> means(Section section, List<String> allocators) {
        List<String> cells = new ArrayList<>(List.of("geometric mean", ""));
        for (String allocator : allocators) {
            OptionalDouble mean = report.meanRatio(section.label(), allocator);
            cells.add(
                    mean.isEmpty() || allocator.equals(section.baseline().label())
                            ? ""
                            : decimal("%.2f", mean.getAsDouble()));
        }
        return cells;
    }

    private void addCounted(CountedFigure counted, Grid<CountedFigure.Value> grid) {
        text.append(counted.title()).append('\n');
        TextTable table = new TextTable(1);
        List<String> heading = new ArrayList<>(List.of("workload", "threads"));
        heading.addAll(grid.allocators());
        table.add(heading);
        for (Grid.Row<CountedFigure.Value> row : grid.rows()) {
            List<String> cells =
                    new ArrayList<>(List.of(row.workload(), Integer.toString(row.threads())));
            for (String allocator : grid.allocators()) {
                CountedFigure.Value value = row.cellOrNull(allocator);
                cells.add(value == null ? NONE : number(counted.unit(), value.value()));
            }
            table.add(cells);
        }
        text.append(table.render()).append('\n');
    }

    private void addLost() {
        List<Figure> lost = report.lost();
        if (lost.isEmpty()) {
            return;
        }
        text.append("Where a peer was faster\n");
        TextTable table = new TextTable(3);
        for (Figure figure : lost) {
            table.add(
                    List.of(
                            figure.section(),
                            figure.workload() + ", threads: " + figure.threads(),
                            figure.allocator(),
                            cell(figure, true)));
        }
        text.append(table.render());
    }

    /** Returns a counted number for people. */
    static String number(CountedFigure.Unit unit, double value) {
        return switch (unit) {
            case BYTES -> Sizes.text(Math.round(value));
            case BYTES_A_BLOCK -> decimal("%.1f", value);
        };
    }

    static String decimal(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
