// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZeroFillTest {
    private static final int MARGIN = 100;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 64, 65, 4096, 32 << 10, (32 << 10) + 1, (64 << 10) + 33, 1 << 20})
    void exactlyTheBytesAreZero(int bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(bytes + 2 * MARGIN).fill((byte) 0x5a);
            ZeroFill.zero(memory.address() + MARGIN, bytes);
            MemorySegment expected = arena.allocate(memory.byteSize());
            expected.asSlice(0, MARGIN).fill((byte) 0x5a);
            expected.asSlice(MARGIN + (long) bytes).fill((byte) 0x5a);
            assertThat(memory.mismatch(expected)).isEqualTo(-1);
        }
    }
}
