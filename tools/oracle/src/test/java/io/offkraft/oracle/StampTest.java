// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StampTest {
    private static final int BYTES = 77;

    private final Arena arena = Arena.ofConfined();
    private final long block = arena.allocate(256, 16).address();

    @AfterEach
    void close() {
        arena.close();
    }

    @Test
    void stampedBlockIsIntactAtEveryAlignmentAndSize() {
        for (int shift = 0; shift < 9; shift++) {
            for (int bytes = 0; bytes < 40; bytes++) {
                Stamp.fill(block + shift, 0, bytes, 5);
                assertThat(Stamp.firstMismatch(block + shift, bytes, 5)).isEqualTo(Stamp.INTACT);
            }
        }
    }

    @Test
    void stampInPiecesEqualsStampAtOnce() {
        for (int cut = 0; cut <= BYTES; cut++) {
            RawMemory.fill(block, BYTES, (byte) 0);
            Stamp.fill(block, 0, cut, 9);
            Stamp.fill(block, cut, BYTES, 9);
            assertThat(Stamp.firstMismatch(block, BYTES, 9)).as("cut %d", cut).isEqualTo(-1);
        }
    }

    @Test
    void everyChangeOfOneByteIsFoundAtItsOffset() {
        for (int shift = 0; shift < 8; shift += 4) {
            long address = block + shift;
            for (int offset = 0; offset < BYTES; offset++) {
                Stamp.fill(address, 0, BYTES, 1234);
                byte old = RawMemory.loadBytePlain(address + offset);
                RawMemory.storeBytePlain(address + offset, (byte) (old + 1));
                assertThat(Stamp.firstMismatch(address, BYTES, 1234)).isEqualTo(offset);
                assertThat(Stamp.expectedByte(1234, offset)).isEqualTo(old);
            }
        }
    }

    @Test
    void stampTouchesNothingOutsideItsRange() {
        RawMemory.fill(block, 256, (byte) 0x55);

        Stamp.fill(block + 16, 3, 61, 7);

        for (int offset = 0; offset < 256; offset++) {
            if (offset < 19 || offset >= 77) {
                assertThat(RawMemory.loadBytePlain(block + offset)).isEqualTo((byte) 0x55);
            }
        }
    }

    @Test
    void contentOfAnotherObjectDoesNotPass() {
        for (int other = 1; other < 2000; other++) {
            Stamp.fill(block, 0, 16, other);
            assertThat(Stamp.firstMismatch(block, 16, 0)).isNotEqualTo(Stamp.INTACT);
        }
    }

    @Test
    void contentMovedByAnyDistanceDoesNotPass() {
        Stamp.fill(block, 0, 200, 3);

        for (int shift = 1; shift < 100; shift++) {
            assertThat(Stamp.firstMismatch(block + shift, 64, 3)).isNotEqualTo(Stamp.INTACT);
        }
    }

    @Test
    void everyByteThatIsNotZeroIsFoundAtItsOffset() {
        for (int offset = 0; offset < BYTES; offset++) {
            RawMemory.fill(block, BYTES, (byte) 0);
            assertThat(Stamp.firstNonZero(block, BYTES)).isEqualTo(Stamp.INTACT);
            RawMemory.storeBytePlain(block + offset, (byte) 0x80);
            assertThat(Stamp.firstNonZero(block, BYTES)).isEqualTo(offset);
            assertThat(Stamp.firstNonZero(block, offset)).isEqualTo(Stamp.INTACT);
        }
    }
}
