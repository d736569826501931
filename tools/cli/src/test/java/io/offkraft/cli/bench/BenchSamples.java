// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.bench;

import io.offkraft.cli.worker.Timed;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Figures to be shown. */
final class BenchSamples {
    static final String NASTY = "</script><b>\"'&{{data}}$1";

    private BenchSamples() {}

    static BenchReport report(List<Figure> figures) {
        return new BenchReport(
                "2026-01-02T03:04:05Z",
                new Machine(
                        NASTY,
                        2,
                        8L << 30,
                        "Linux 6, amd64",
                        null,
                        "glibc 2",
                        "25",
                        null,
                        null,
                        null,
                        "c0ffee"),
                new BenchReport.Options(true, 2, List.of(1, 2), Map.of("offkraft.decay", "1s"), 7),
                List.of("jemalloc is left out: " + NASTY),
                List.of(),
                figures,
                List.of(
                        new CountedFigure(
                                "peak-resident-bytes",
                                "Peak resident memory",
                                CountedFigure.Unit.BYTES,
                                List.of(
                                        new CountedFigure.Value(
                                                "heaps", "larson", 2, "offkraft", 3 << 20))),
                        new CountedFigure(
                                "java-heap-bytes-per-block",
                                "Java heap that a block and its free allocate",
                                CountedFigure.Unit.BYTES_A_BLOCK,
                                List.of(
                                        new CountedFigure.Value(
                                                "heaps", "larson", 2, "netty-pooled", 0.25)))));
    }

    static Figure figure(
            Section section,
            String workload,
            String allocator,
            double nanos,
            @Nullable Double ratio) {
        return new Figure(
                section.label(),
                workload,
                NASTY,
                2,
                allocator,
                new Spread(nanos, nanos - 1, nanos + 1),
                ratio,
                List.of(new Timed(1000, 10, 0)));
    }

    static List<Figure> figures() {
        return List.of(
                figure(Section.HEAPS, "larson", "offkraft", 20, 1.0),
                figure(Section.HEAPS, "larson", "glibc", 50, 2.5),
                figure(Section.HEAPS, "larson", "mimalloc", 18, 0.9),
                figure(Section.HEAPS, "sh6", "offkraft", 10, 1.0),
                figure(Section.HEAPS, "sh6", "glibc", 100, 10.0),
                figure(Section.SCALING, "pair-64", "offkraft", 20, 1.0),
                figure(Section.SCALING, "pair-64", "glibc", 20, 1.0),
                figure(Section.PAGES, "pages-0", "pages-low", 10, 1.0),
                figure(Section.PAGES, "pages-0", "pages-high", 8, 0.8));
    }
}
