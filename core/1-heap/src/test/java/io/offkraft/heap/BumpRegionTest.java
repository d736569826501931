// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of addresses only: the region itself touches no memory. */
class BumpRegionTest {
    private static final long ADDRESS = 0x1001;

    @Test
    @DisplayName("M-08 every byte of a region can be handed out, and not one more")
    void everyByteAndNotOneMore() {
        BumpRegion region = BumpRegion.over(ADDRESS, 100);
        assertThat(region.address()).isEqualTo(ADDRESS);
        assertThat(region.bytes()).isEqualTo(100);
        for (int n = 0; n < 100; n++) {
            assertThat(region.remaining()).isEqualTo(100 - n);
            assertThat(region.allocate(1, 1)).isEqualTo(ADDRESS + n);
        }
        assertThat(region.remaining()).isZero();
        assertThat(region.allocate(1, 1)).isZero();
        assertThat(region.allocate(0, 1)).isZero();
        assertThat(region).hasToString("BumpRegion[0 of 100 bytes left]");
    }

    @Test
    @DisplayName("M-08 all of a region can be handed out at once, and one byte more can't")
    void allAtOnce() {
        BumpRegion region = BumpRegion.over(ADDRESS, 100);
        assertThat(region.allocate(101, 1)).isZero();
        assertThat(region.remaining()).isEqualTo(100);
        assertThat(region.allocate(100, 1)).isEqualTo(ADDRESS);
        assertThat(region.remaining()).isZero();
    }

    @Test
    @DisplayName("M-08 a block lies at the next multiple of its alignment, and ends in the region")
    void alignmentIsKept() {
        BumpRegion region = BumpRegion.over(ADDRESS, 0x100);
        assertThat(region.allocate(3, 1)).isEqualTo(0x1001);
        assertThat(region.allocate(8, 8)).isEqualTo(0x1008);
        assertThat(region.allocate(16, 16)).isEqualTo(0x1010);
        assertThat(region.allocate(1, 0x20)).isEqualTo(0x1020);
        assertThat(region.remaining()).isEqualTo(0x1101 - 0x1021);
        assertThat(region.allocate(2, 0x100)).as("one byte too many").isZero();
        assertThat(region.allocate(1, 0x200)).as("behind the end").isZero();
        assertThat(region.allocate(1, 0x100)).isEqualTo(0x1100);
        assertThat(region.remaining()).isZero();
        assertThat(region.allocate(1, 1)).isZero();
    }

    @Test
    @DisplayName("M-08 a request that is refused leaves what there is to a smaller one")
    void refusalChangesNothing() {
        BumpRegion region = BumpRegion.over(ADDRESS, 10);
        assertThat(region.allocate(11, 1)).isZero();
        assertThat(region.allocate(4, 8)).isZero();
        assertThat(region.allocate(1, 0x4000)).isZero();
        assertThat(region.remaining()).isEqualTo(10);
        assertThat(region.allocate(3, 8)).isEqualTo(0x1008);
    }

    @Test
    @DisplayName("M-08 a size of 0 gets an address of its own")
    void sizeZeroIsABlockOfItsOwn() {
        BumpRegion region = BumpRegion.over(ADDRESS, 2);
        assertThat(region.allocate(0, 1)).isEqualTo(ADDRESS);
        assertThat(region.allocate(0, 1)).isEqualTo(ADDRESS + 1);
        assertThat(region.allocate(0, 1)).isZero();
    }

    @Test
    @DisplayName("M-08 sizes and alignments as large as can be do not overflow")
    void nothingOverflows() {
        long[] sizes = {Long.MAX_VALUE, Long.MIN_VALUE, -1, -ADDRESS, Long.MAX_VALUE - ADDRESS};
        for (long end : new long[] {ADDRESS + 8, 1L << 47, Long.MAX_VALUE}) {
            BumpRegion region = BumpRegion.over(ADDRESS, end - ADDRESS);
            for (long size : sizes) {
                boolean fits = size > 0 && size <= end - ADDRESS;
                assertThat(region.allocate(size, 1)).isEqualTo(fits ? ADDRESS : 0);
                region.reset();
            }
            for (int bit = 0; bit < 63; bit++) {
                long alignment = 1L << bit;
                long begin = Math.ceilDiv(ADDRESS, alignment) * alignment;
                assertThat(region.allocate(1, alignment)).isEqualTo(begin < end ? begin : 0);
                region.reset();
                assertThat(region.allocate(-1, alignment)).isZero();
                assertThat(region.allocate(Long.MAX_VALUE, alignment)).isZero();
                assertThat(region.remaining()).isEqualTo(end - ADDRESS);
            }
        }
        BumpRegion top = BumpRegion.over(Long.MAX_VALUE - 10, 10);
        assertThat(top.allocate(1, 1L << 62)).isZero();
        assertThat(top.allocate(11, 1)).isZero();
        assertThat(top.allocate(10, 1)).isEqualTo(Long.MAX_VALUE - 10);
        assertThat(top.allocate(1, 1)).isZero();
    }

    @Test
    @DisplayName("M-08 an empty region hands out nothing")
    void emptyRegion() {
        BumpRegion region = BumpRegion.over(ADDRESS, 0);
        assertThat(region.allocate(0, 1)).isZero();
        assertThat(region.allocate(1, 1)).isZero();
        assertThat(region.remaining()).isZero();
    }

    @Test
    @DisplayName("M-08 after a reset a region hands out the same memory again")
    void resetTakesAllBack() {
        BumpRegion region = BumpRegion.over(ADDRESS, 64);
        long first = region.allocate(40, 16);
        region.allocate(1, 1);
        region.reset();
        assertThat(region.remaining()).isEqualTo(64);
        assertThat(region.allocate(40, 16)).isEqualTo(first);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 3, 24, -1, -8, Long.MIN_VALUE, Long.MAX_VALUE})
    @DisplayName("M-08 an alignment that is no power of two is refused, and changes nothing")
    void badAlignmentIsRefused(long alignment) {
        BumpRegion region = BumpRegion.over(ADDRESS, 64);
        assertThatThrownBy(() -> region.allocate(1, alignment))
                .isInstanceOf(BadAlignmentException.class)
                .hasMessage("the alignment must be a power of two: " + alignment);
        assertThat(region.remaining()).isEqualTo(64);
    }

    @Test
    @DisplayName("M-08 a range that is none is refused")
    void badRangesAreRefused() {
        for (long address : new long[] {0, -1, Long.MIN_VALUE}) {
            assertThatThrownBy(() -> BumpRegion.over(address, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the address must be 1 or more: " + address);
        }
        for (long bytes : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> BumpRegion.over(ADDRESS, bytes))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("must be in [0, ")
                    .hasMessageContaining(Long.toString(bytes));
        }
    }
}
