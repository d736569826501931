// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MpmcLongRingTest extends LongRingContract {
    @Override
    LongRing newRing(int capacity) {
        return new MpmcLongRing(capacity);
    }

    @Override
    LongRing newRing(int capacity, long first) {
        return new MpmcLongRing(capacity, first);
    }

    @Override
    int capacityMax() {
        return MpmcLongRing.CAPACITY_MAX;
    }

    @ParameterizedTest
    @CsvSource({"2, 2, 2", "2, 4, 1", "2, 1, 4", "64, 3, 3", "65536, 2, 2"})
    @DisplayName("R-01 many put and many take: every value once, in the order of each putter")
    void valuesOfManyArriveOnceAndInOrder(int capacity, int putters, int takers)
            throws InterruptedException {
        RingTraffic.run(newRing(capacity), putters, takers, STRESS ? 2_000_000 : 200_000);
    }

    @ParameterizedTest
    @CsvSource({"2, 2, 2", "64, 4, 1"})
    @DisplayName("R-01 many drop: the count is exact")
    void dropsOfManyAreCountedExactly(int capacity, int putters, int takers)
            throws InterruptedException {
        RingTraffic.runDropping(newRing(capacity), putters, takers, STRESS ? 10_000_000 : 200_000);
    }
}
