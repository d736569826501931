// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BenchTextTest {
    @Test
    void heapsAreATableOfRatiosWithTheirMean() {
        String text = BenchText.of(BenchSamples.report(BenchSamples.figures()));

        assertThat(text.lines())
                .containsSubsequence(
                        "× is the time over that of offkraft: above 1, it is slower than that.",
                        "workload        threads  offkraft ns  × glibc  × mimalloc",
                        "larson                2         20.0     2.50        0.90",
                        "sh6                   2         10.0    10.00           –",
                        "geometric mean                           5.00        0.90");
    }

    @Test
    void countedFiguresHaveTablesOfTheirOwn() {
        assertThat(BenchText.of(BenchSamples.report(BenchSamples.figures())).lines())
                .containsSubsequence(
                        "Peak resident memory",
                        "workload  threads  offkraft",
                        "larson          2   3.0 MiB",
                        "Java heap that a block and its free allocate",
                        "workload  threads  netty-pooled",
                        "larson          2           0.3");
    }

    /** Another configuration of ours is no peer. */
    @Test
    void whereAPeerWasFasterIsTold() {
        assertThat(BenchText.of(BenchSamples.report(BenchSamples.figures())))
                .endsWith("Where a peer was faster\nheaps  larson, threads: 2  mimalloc  0.90\n");
    }

    @Test
    void withoutOurOwnThereAreTimesAndNoRatios() {
        String text =
                BenchText.of(
                        BenchSamples.report(
                                List.of(
                                        BenchSamples.figure(
                                                Section.HEAPS, "larson", "glibc", 50, null))));

        assertThat(text).contains("glibc ns").doesNotContain("×", "geometric", "faster");
    }

    @Test
    void noFiguresAreNoTable() {
        assertThat(BenchText.of(BenchSamples.report(List.of()))).isEmpty();
    }

    @Test
    void quartilesLieBetweenValues() {
        assertThat(Spread.of(List.of(4.0, 1.0, 2.0, 3.0))).isEqualTo(new Spread(2.5, 1.75, 3.25));
        assertThat(Spread.of(List.of(7.0))).isEqualTo(new Spread(7, 7, 7));
    }
}
