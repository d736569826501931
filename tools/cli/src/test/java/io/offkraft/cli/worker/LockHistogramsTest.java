// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.cli.report.LockFigures;
import io.offkraft.sync.LockClass;
import org.junit.jupiter.api.Test;

class LockHistogramsTest {
    @Test
    void countsAndTimesAreByClassAndWaitsOnlyOfWhoWaited() {
        LockHistograms histograms = new LockHistograms();
        LockClass bin = LockClass.named("bin");
        histograms.acquired(LockClass.named("vmem"), 0, false);
        for (int i = 1; i <= 1_000; i++) {
            boolean contended = i > 900;
            histograms.acquired(bin, contended ? 500 : 0, contended);
            histograms.released(bin, i);
        }

        assertThat(histograms.figures())
                .containsExactly(
                        new LockFigures(
                                "bin",
                                1_000,
                                100,
                                new LockFigures.Times(500, 500, 500, 500),
                                new LockFigures.Times(500, 990, 999, 1_000)),
                        new LockFigures(
                                "vmem",
                                1,
                                0,
                                new LockFigures.Times(0, 0, 0, 0),
                                new LockFigures.Times(0, 0, 0, 0)));
        histograms.reset();
        assertThat(histograms.figures()).isEmpty();
    }

    @Test
    void timeThatRanBackwardsOrTooLongIsClamped() {
        LockHistograms histograms = new LockHistograms();
        LockClass bin = LockClass.named("bin");
        histograms.released(bin, -5);
        histograms.released(bin, Long.MAX_VALUE);

        assertThat(histograms.figures().getFirst().holdNanos().p50()).isZero();
    }
}
