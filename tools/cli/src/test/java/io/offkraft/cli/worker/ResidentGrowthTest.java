// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.platform.ResidentSet;
import org.junit.jupiter.api.Test;

class ResidentGrowthTest {
    @Test
    void growthIsThePeakLessFilesAndSharedMemoryLessWhatWasThere() {
        ResidentSet before = new ResidentSet(170, 100, 50, 20, 999);
        ResidentSet after = new ResidentSet(200, 110, 60, 30, 400);

        assertThat(ResidentGrowth.peakBytes(before, after)).isEqualTo(400 - 60 - 30 - 100);
    }

    @Test
    void shrinkingIsNoGrowth() {
        ResidentSet before = new ResidentSet(170, 100, 50, 20, 999);
        ResidentSet after = new ResidentSet(160, 90, 50, 20, 160);

        assertThat(ResidentGrowth.peakBytes(before, after)).isZero();
    }
}
