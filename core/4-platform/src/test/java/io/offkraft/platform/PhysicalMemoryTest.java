// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class PhysicalMemoryTest {
    @Test
    void totalIsTheFigureOfMeminfoInBytes() {
        assertThat(
                        PhysicalMemory.totalBytes(
                                List.of("MemTotal:       24618404 kB", "MemFree: 1 kB")))
                .isEqualTo(24_618_404L * 1024);
    }

    @Test
    void meminfoWithoutTheLineIsAnErrorThatNamesIt() {
        assertThatThrownBy(() -> PhysicalMemory.totalBytes(List.of("MemFree: 1 kB")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("MemTotal");
    }

    @Test
    void thisMachineHasMemory() {
        assertThat(PhysicalMemory.totalBytes()).isGreaterThan(1L << 20);
    }
}
