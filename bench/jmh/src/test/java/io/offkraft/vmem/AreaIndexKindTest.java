// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All that are compared find the same. */
class AreaIndexKindTest {
    private static final long PAGE = 4096;

    @ParameterizedTest
    @EnumSource
    void addressIsFoundWhileItIsInAnArea(AreaIndexKind kind) {
        try (AreaIndexKind.Index index = kind.make(16 * PAGE)) {
            final long base = index.baseAddress();
            assertThat(index.findOrNull(base)).isNull();
            index.fill(base, base + 4 * PAGE);
            index.fill(base + 8 * PAGE, base + 12 * PAGE);
            index.map(base + 5 * PAGE, base + 7 * PAGE);
            assertThat(startOrMinus1(index, base + 4 * PAGE - 1)).isEqualTo(base);
            assertThat(startOrMinus1(index, base + 4 * PAGE)).isEqualTo(-1);
            assertThat(startOrMinus1(index, base + 5 * PAGE)).isEqualTo(base + 5 * PAGE);
            assertThat(startOrMinus1(index, base + 7 * PAGE - 1)).isEqualTo(base + 5 * PAGE);
            assertThat(startOrMinus1(index, base + 7 * PAGE)).isEqualTo(-1);
            assertThat(startOrMinus1(index, base + 8 * PAGE)).isEqualTo(base + 8 * PAGE);
            index.unmap(base + 5 * PAGE, base + 7 * PAGE);
            assertThat(startOrMinus1(index, base + 5 * PAGE)).isEqualTo(-1);
            assertThat(startOrMinus1(index, base + 12 * PAGE)).isEqualTo(-1);
        }
    }

    private static long startOrMinus1(AreaIndexKind.Index index, long address) {
        final Area area = index.findOrNull(address);
        return area == null ? -1 : area.start();
    }
}
