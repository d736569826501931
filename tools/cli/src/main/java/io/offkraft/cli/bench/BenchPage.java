// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.bench;

import io.offkraft.cli.report.Sizes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A benchmark as one page that needs nothing else, no network either: facts and tables in HTML,
 * charts by a script out of the same document that is the JSON file.
 */
public final class BenchPage {
    private static final String NONE = "–";
    private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");

    private final BenchReport report;
    private final Html html = new Html();

    private BenchPage(BenchReport report) {
        this.report = report;
    }

    /** Returns the page. */
    public static String of(BenchReport report) {
        Map<String, String> parts =
                Map.of(
                        "style", resource("bench.css"),
                        "content", new BenchPage(report).content(),
                        "data", data(report.json()),
                        "library", script(resource("chart.umd.min.js")),
                        "script", script(resource("bench.js")));
        return PLACE.matcher(resource("bench.html"))
                .replaceAll(
                        place -> Matcher.quoteReplacement(parts.getOrDefault(place.group(1), "")));
    }

    /** Inside a script element nothing is escaped; what would end it must not be there. */
    private static String data(String json) {
        return json.replace("<", "\\u003c");
    }

    private static String script(String code) {
        return code.replace("</script", "<\\/script");
    }

    private static String resource(String name) {
        try (InputStream in = BenchPage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing in the program");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String content() {
        addHead();
        addSummary();
        for (Section section : Section.values()) {
            Grid<Figure> grid = Grid.timed(report.figures(), section);
            if (!grid.rows().isEmpty()) {
                addTimed(section, grid);
            }
        }
        addCounted();
        return html.render();
    }

    private void addHead() {
        BenchReport.Options options = report.options();
        html.begin("header").element("h1", "Offkraft beside its peers");
        html.element(
                "p",
                "%s. Each allocator in a JVM of its own; %d timed rounds, in turn; medians%s."
                        .formatted(
                                report.date(),
                                options.rounds(),
                                options.quick() ? ". A quick run, for a first look" : ""),
                "class",
                "lead");
        addLines("left-out", "Left out", report.leftOut());
        addLines("failures", "Failed", report.failures());
        html.begin("dl", "class", "facts");
        Machine machine = report.machine();
        addFact("Processor", machine.processor());
        addFact("CPUs", Integer.toString(machine.cpus()));
        addFact("Memory", Sizes.text(machine.memoryBytes()));
        addFact("Kernel", machine.kernel());
        addFact("Transparent huge pages", machine.hugePages());
        addFact("C library", machine.cLibrary());
        addFact("JDK", machine.java());
        addFact("Netty", machine.netty());
        addFact("jemalloc", machine.jemalloc());
        addFact("mimalloc", machine.mimalloc());
        addFact("Commit", machine.commit());
        addFact("Took", options.seconds() + " s");
        for (Map.Entry<String, String> property : options.properties().entrySet()) {
            addFact(property.getKey(), property.getValue());
        }
        html.end().end();
    }

    private void addLines(String kind, String title, List<String> lines) {
        if (lines.isEmpty()) {
            return;
        }
        html.begin("div", "class", "lines " + kind).element("strong", title).begin("ul");
        lines.forEach(line -> html.element("li", line));
        html.end().end();
    }

    private void addFact(String name, @Nullable String value) {
        if (value != null) {
            html.begin("div").element("dt", name).element("dd", value).end();
        }
    }

    private void addSummary() {
        html.begin("section", "id", "summary").element("h2", "In short");
        html.element(
                "p",
                "A peer's time over Offkraft's in the same case, and the geometric mean of all"
                        + " cases. Above 1, Offkraft is faster.",
                "class",
                "note");
        html.begin("div", "class", "chart summary", "data-chart", "summary").end();
        List<Figure> lost = report.lost();
        if (lost.isEmpty()) {
            html.element("p", "No peer was faster in any case, by more than 5 %.");
        } else {
            html.begin("details")
                    .element("summary", "Where a peer was faster (%d)".formatted(lost.size()));
            html.begin("div", "class", "scroll").begin("table").begin("thead").begin("tr");
            for (String title : List.of("section", "workload", "threads", "peer", "×")) {
                html.element("th", title);
            }
            html.end().end().begin("tbody");
            for (Figure figure : lost) {
                html.begin("tr").element("td", figure.section()).element("th", figure.workload());
                html.element("td", Integer.toString(figure.threads()));
                html.element("td", figure.allocator());
                addRatio(figure.ratio());
                html.end();
            }
            html.end().end().end().end();
        }
        html.end();
    }

    private void addTimed(Section section, Grid<Figure> grid) {
        html.begin("section", "id", section.label()).element("h2", section.title());
        html.element("p", section.note(), "class", "note");
        html.begin(
                        "div",
                        "class",
                        "charts",
                        "data-chart",
                        section == Section.SCALING ? "lines" : "bars",
                        "data-section",
                        section.label())
                .end();
        String baseline = section.baseline().label();
        html.begin("div", "class", "scroll").begin("table").begin("thead").begin("tr");
        html.element("th", "workload").element("th", "threads");
        for (String allocator : grid.allocators()) {
            html.element("th", allocator, "colspan", allocator.equals(baseline) ? "1" : "2");
        }
        html.end().end().begin("tbody");
        for (Grid.Row<Figure> row : grid.rows()) {
            addRow(row, grid.allocators(), baseline);
        }
        addMeans(section, grid.allocators(), baseline);
        html.end().end().end();
        html.element(
                "p",
                "Median nanoseconds (hover for the quartiles); × is the time over that of %s."
                        .formatted(baseline),
                "class",
                "legend");
        html.end();
    }

    private void addRow(Grid.Row<Figure> row, List<String> allocators, String baseline) {
        String description =
                row.cells().values().stream().map(Figure::description).findFirst().orElse("");
        html.begin("tr").element("th", row.workload(), "title", description);
        html.element("td", Integer.toString(row.threads()));
        for (String allocator : allocators) {
            Figure figure = row.cellOrNull(allocator);
            if (figure == null) {
                html.element("td", NONE, "class", "none");
            } else {
                Spread nanos = figure.nanosPerBlock();
                html.element(
                        "td",
                        nanos(nanos.median()),
                        "title",
                        "quartiles %s to %s ns"
                                .formatted(
                                        nanos(nanos.lowerQuartile()),
                                        nanos(nanos.upperQuartile())));
            }
            if (!allocator.equals(baseline)) {
                addRatio(figure == null ? null : figure.ratio());
            }
        }
        html.end();
    }

    private void addMeans(Section section, List<String> allocators, String baseline) {
        html.begin("tr", "class", "means").element("th", "geometric mean").element("td", "");
        for (String allocator : allocators) {
            html.element("td", "");
            if (!allocator.equals(baseline)) {
                OptionalDouble mean = report.meanRatio(section.label(), allocator);
                addRatio(mean.isPresent() ? mean.getAsDouble() : null);
            }
        }
        html.end();
    }

    private void addRatio(@Nullable Double ratio) {
        if (ratio == null) {
            html.element("td", "", "class", "ratio");
            return;
        }
        String kind =
                ratio < BenchReport.FASTER
                        ? " slower"
                        : ratio > BenchReport.SLOWER ? " faster" : "";
        html.element("td", decimal(ratio, 2), "class", "ratio" + kind);
    }

    private void addCounted() {
        html.begin("section", "id", "counted").element("h2", "Counted, not timed");
        for (CountedFigure counted : report.counted()) {
            for (Section section : Section.values()) {
                Grid<CountedFigure.Value> grid = Grid.counted(counted, section);
                if (!grid.rows().isEmpty()) {
                    addCounted(counted, section, grid);
                }
            }
        }
        html.end();
    }

    private void addCounted(
            CountedFigure counted, Section section, Grid<CountedFigure.Value> grid) {
        html.begin("details", section == Section.HEAPS ? "open" : "class", "open");
        html.element(
                "summary",
                "%s: %s".formatted(counted.title(), section.title().toLowerCase(Locale.ROOT)));
        html.begin("div", "class", "scroll").begin("table").begin("thead").begin("tr");
        html.element("th", "workload").element("th", "threads");
        grid.allocators().forEach(allocator -> html.element("th", allocator));
        html.end().end().begin("tbody");
        for (Grid.Row<CountedFigure.Value> row : grid.rows()) {
            html.begin("tr").element("th", row.workload());
            html.element("td", Integer.toString(row.threads()));
            for (String allocator : grid.allocators()) {
                CountedFigure.Value value = row.cellOrNull(allocator);
                html.element(
                        "td",
                        value == null ? NONE : BenchText.number(counted.unit(), value.value()));
            }
            html.end();
        }
        html.end().end().end().end();
    }

    private static String nanos(double value) {
        return decimal(value, value < 1000 ? 1 : 0);
    }

    private static String decimal(double value, int digits) {
        return BenchText.decimal("%." + digits + "f", value);
    }
}
