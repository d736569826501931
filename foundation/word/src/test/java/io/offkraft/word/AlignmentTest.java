// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.word;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlignmentTest {
    @Test
    void powersOfTwoAreTheSixtyFourWithOneBit() {
        for (int bit = 0; bit < Long.SIZE; bit++) {
            assertThat(Alignment.isPowerOfTwo(1L << bit)).as("bit %d", bit).isTrue();
        }
        assertThat(Alignment.isPowerOfTwo(0)).isFalse();
        assertThat(Alignment.isPowerOfTwo(3)).isFalse();
        assertThat(Alignment.isPowerOfTwo(-1)).isFalse();
        assertThat(Alignment.isPowerOfTwo(Long.MAX_VALUE)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 4096, 0, 0",
        "1, 4096, 0, 4096",
        "4095, 4096, 0, 4096",
        "4096, 4096, 4096, 4096",
        "4097, 4096, 4096, 8192",
        "7, 1, 7, 7",
        "-1, 1, -1, -1",
        "-1, 2, -2, 0", // none in 64 bits
        "-4096, 4096, -4096, -4096",
        "9223372036854775807, 4096, 9223372036854771712, -9223372036854775808", // unsigned
        "1, -9223372036854775808, 0, -9223372036854775808",
    })
    void valuesAreAlignedDownAndUp(long value, long alignment, long down, long up) {
        assertThat(Alignment.alignDown(value, alignment)).isEqualTo(down);
        assertThat(Alignment.alignUp(value, alignment)).isEqualTo(up);
        assertThat(Alignment.isAligned(value, alignment)).isEqualTo(value == down);
    }

    @Test
    void randomValuesAreAlignedAsInUnboundedArithmetic() {
        final long seed = Long.getLong("seed", System.nanoTime());
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 100_000; i++) {
            final long value = random.nextLong();
            final long alignment = 1L << random.nextInt(Long.SIZE);
            final BigInteger wide = new BigInteger(Long.toUnsignedString(value));
            final BigInteger unit = new BigInteger(Long.toUnsignedString(alignment));
            final BigInteger down = wide.divide(unit).multiply(unit);
            final BigInteger up =
                    wide.add(unit).subtract(BigInteger.ONE).divide(unit).multiply(unit);
            assertThat(Alignment.alignDown(value, alignment))
                    .as("%s down to %s, seed %d", wide, unit, seed)
                    .isEqualTo(down.longValue());
            assertThat(Alignment.alignUp(value, alignment))
                    .as("%s up to %s, seed %d", wide, unit, seed)
                    .isEqualTo(up.longValue()); // 2^64 becomes 0
        }
    }
}
