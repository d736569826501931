// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockTableTest {
    private static final int PAGES = 100_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 32_766, 32_767, 32_768, 65_535, 65_536, 99_990})
    void lengthOfABlockIsKeptExactlyAndForgottenWhole(long pages) {
        try (Arena arena = Arena.ofConfined()) {
            var memory = arena.allocate((long) PAGES * BlockTable.BYTES_PER_PAGE, Long.BYTES);
            BlockTable table = new BlockTable(memory.address());
            table.begin(5, pages);
            assertThat(table.lengthOr0(5)).isEqualTo(pages);
            assertThat(table.lengthOr0(4)).isZero();
            for (long inside : new long[] {6, 7, 8, 4 + pages}) {
                if (inside > 5 && inside < 5 + pages) {
                    assertThat(table.lengthOr0(inside)).as("page %d", inside).isZero();
                    assertThat(table.beginOfBlockOrMinus1(inside)).isEqualTo(5);
                }
            }
            assertThat(table.beginOfBlockOrMinus1(5 + pages)).isEqualTo(-1);
            assertThat(table.beginOfBlockOrMinus1(4)).isEqualTo(-1);
            table.end(5);
            for (long at = 0; at < memory.byteSize(); at += Long.BYTES) {
                assertThat(memory.get(java.lang.foreign.ValueLayout.JAVA_LONG, at)).isZero();
            }
        }
    }

    @Test
    void neighboursKeepTheirOwnLengths() {
        try (Arena arena = Arena.ofConfined()) {
            var memory = arena.allocate((long) PAGES * BlockTable.BYTES_PER_PAGE, Long.BYTES);
            BlockTable table = new BlockTable(memory.address());
            table.begin(0, 1);
            table.begin(1, 40_000);
            table.begin(40_001, 7);
            table.end(0);
            assertThat(table.lengthOr0(1)).isEqualTo(40_000);
            assertThat(table.beginOfBlockOrMinus1(40_000)).isEqualTo(1);
            assertThat(table.beginOfBlockOrMinus1(40_007)).isEqualTo(40_001);
            assertThat(table.beginOfBlockOrMinus1(0)).isEqualTo(-1);
        }
    }
}
