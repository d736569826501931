// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SizeClassesTest {
    @Test
    void everySizeGetsTheSmallestClassThatHoldsIt() {
        for (int size = 0; size <= SizeClasses.MAX_BYTES; size++) {
            int sizeClass = SizeClasses.of(size);
            assertThat(SizeClasses.bytes(sizeClass)).isGreaterThanOrEqualTo(Math.max(1, size));
            if (sizeClass > 0) {
                assertThat(SizeClasses.bytes(sizeClass - 1)).isLessThan(size);
            }
        }
    }

    @Test
    void internalWasteIsAtMostAnEighthOfTheBlockOrOneGranule() {
        for (int size = 1; size <= SizeClasses.MAX_BYTES; size++) {
            int block = SizeClasses.bytes(SizeClasses.of(size));
            int waste = block - size;
            assertThat(waste < SizeClasses.GRANULE_BYTES || waste * 8 <= block)
                    .as("%d bytes in a block of %d", size, block)
                    .isTrue();
        }
    }

    @Test
    void slabsHoldEnoughSlotsAndWasteLittleBehindThem() {
        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            long slabBytes = SizeClasses.slabPages(sizeClass) * 4096L;
            int slots = SizeClasses.slots(sizeClass);
            assertThat(slots).isBetween(8, SizeClasses.MAX_SLOTS);
            assertThat(SizeClasses.slabPages(sizeClass)).isBetween(1, 128);
            assertThat(Integer.bitCount(SizeClasses.slabPages(sizeClass))).isOne();
            assertThat(slabBytes - (long) slots * SizeClasses.bytes(sizeClass))
                    .as("class %d", SizeClasses.bytes(sizeClass))
                    .isBetween(0L, slabBytes / 16);
        }
    }

    @Test
    void alignedClassesAreMultiplesOfTheAlignment() {
        for (long alignment = 16; alignment <= 4096; alignment *= 2) {
            for (int size = 0; size <= SizeClasses.MAX_BYTES; size += 7) {
                int sizeClass = SizeClasses.ofAlignedOrMinus1(size, alignment);
                assertThat(sizeClass).isNotNegative();
                assertThat(SizeClasses.bytes(sizeClass)).isGreaterThanOrEqualTo(size);
                assertThat(SizeClasses.bytes(sizeClass) % alignment).isZero();
            }
        }
    }
}
