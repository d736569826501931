// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.heap.BumpRegion;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A region that platform and virtual threads want more of than there is. */
class BumpRegionConcurrencyTest {
    static IntStream threads() {
        return IntStream.of(Scale.threads());
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    @ParameterizedTest
    @MethodSource("threads")
    @DisplayName("M-08 threads share a region to its last byte, and no byte has two owners")
    void regionIsSharedToItsLastByte(int threads) throws InterruptedException {
        int bytes = Scale.of(1 << 16, 1 << 24);
        long address = 0x10_0003; // of no memory: nothing is written
        BumpRegion region = BumpRegion.over(address, bytes);
        for (int round = 0; round < 3; round++) {
            region.reset();
            int most = 1 << (2 * round);
            AtomicIntegerArray owners = new AtomicIntegerArray(bytes);
            AtomicLong handedOut = new AtomicLong();
            Team.run(
                    threads,
                    true,
                    number -> {
                        Random random = new Random(number);
                        long mine = 0;
                        int size = 1 + random.nextInt(most);
                        long alignment = 1L << random.nextInt(most);
                        while (size > 0) {
                            long block = region.allocate(size, alignment);
                            check(block % alignment == 0, "alignment");
                            for (int n = 0; block != 0 && n < size; n++) {
                                int byteNumber = (int) (block - address) + n;
                                check(owners.getAndIncrement(byteNumber) == 0, "two owners");
                            }
                            mine += block == 0 ? 0 : size;
                            size = block != 0 ? 1 + random.nextInt(most) : size / 2;
                            alignment = size == 1 ? 1 : alignment;
                        }
                        handedOut.addAndGet(mine);
                    });
            assertThat(region.remaining()).isZero();
            assertThat(region.allocate(1, 1)).isZero();
            assertThat(handedOut.get()).isEqualTo(IntStream.range(0, bytes).map(owners::get).sum());
            if (most == 1) {
                assertThat(handedOut).hasValue(bytes);
            }
        }
    }
}
