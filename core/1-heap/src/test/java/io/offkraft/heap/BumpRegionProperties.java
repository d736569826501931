// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Random requests of regions, beside a list of intervals and arithmetic that cannot overflow. Of
 * addresses only: no memory is touched.
 */
class BumpRegionProperties {
    private static final int SEEDS = Boolean.getBoolean("stress") ? 100_000 : 300;
    private static final int STEPS = 150;

    private record Interval(BigInteger begin, BigInteger end) {}

    @Test
    @DisplayName("M-08 blocks never overlap, are the lowest that fit, and a refusal is one of need")
    void blocksAreThoseOfTheModel() {
        for (long n = 1; n <= SEEDS; n++) {
            long seed = Long.getLong("seed", n);
            try {
                new Run(new Random(seed)).run();
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError("seed " + seed, failure);
            }
        }
    }

    private static final class Run {
        private final Random random;
        private final BumpRegion region;
        private final BigInteger end;
        private final List<Interval> blocks = new ArrayList<>();

        Run(Random random) {
            this.random = random;
            long address = random.nextLong(1, 1L << (1 + random.nextInt(62)));
            long bytes = Math.min(someLong(), Long.MAX_VALUE - address);
            region = BumpRegion.over(address, bytes);
            end = BigInteger.valueOf(address).add(BigInteger.valueOf(bytes));
        }

        private long someLong() {
            return random.nextLong(1L << random.nextInt(63));
        }

        void run() {
            for (int step = 0; step < STEPS; step++) {
                if (random.nextInt(50) == 0) {
                    region.reset();
                    blocks.clear();
                }
                allocate(1L << random.nextInt(random.nextBoolean() ? 6 : 63), randomSize());
            }
        }

        private long randomSize() {
            return switch (random.nextInt(8)) {
                case 0 -> region.remaining();
                case 1 -> region.remaining() + 1;
                case 2 -> random.nextLong();
                default -> random.nextLong(Math.max(1, region.bytes() / 16));
            };
        }

        private void allocate(long alignment, long size) {
            BigInteger seen =
                    blocks.isEmpty()
                            ? BigInteger.valueOf(region.address())
                            : blocks.getLast().end();
            BigInteger unit = BigInteger.valueOf(alignment);
            BigInteger begin = seen.add(unit).subtract(BigInteger.ONE).divide(unit).multiply(unit);
            BigInteger wanted = new BigInteger(Long.toUnsignedString(size)).max(BigInteger.ONE);
            boolean fits = begin.add(wanted).compareTo(end) <= 0;

            long given = region.allocate(size, alignment);

            assertThat(BigInteger.valueOf(given)).isEqualTo(fits ? begin : BigInteger.ZERO);
            if (fits) {
                blocks.add(new Interval(begin, begin.add(wanted)));
            }
            assertThat(BigInteger.valueOf(region.remaining()))
                    .isEqualTo(end.subtract(blocks.isEmpty() ? seen : blocks.getLast().end()));
        }
    }
}
