// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LockReportTest {
    @Test
    void rowSaysHowManyOfAHundredWaitedAndTimesHaveUnits() {
        LockFigures bin =
                new LockFigures(
                        "bin",
                        200,
                        3,
                        new LockFigures.Times(999, 1_500, 2_500_000, 3_000_000_000L),
                        new LockFigures.Times(10, 20, 30, 40));
        LockFigures vmem =
                new LockFigures(
                        "vmem",
                        1,
                        0,
                        new LockFigures.Times(0, 0, 0, 0),
                        new LockFigures.Times(1, 1, 1, 1));

        String text =
                LockReport.text(
                        List.of(new LockReport.OfTrace("a/b.gz", 2, "spin", List.of(bin, vmem))));

        assertThat(text.lines().map(line -> line.replaceAll(" +", " ")))
                .containsExactly(
                        "trace lock acquired contended % wait p50 p99 p99.9 max"
                                + " hold p50 p99 p99.9 max",
                        "b.gz bin 200 3 1.50 999 ns 1.5 µs 2.5 ms 3.0 s 10 ns 20 ns 30 ns 40 ns",
                        "b.gz vmem 1 0 0.00 – – – – 1 ns 1 ns 1 ns 1 ns");
    }
}
