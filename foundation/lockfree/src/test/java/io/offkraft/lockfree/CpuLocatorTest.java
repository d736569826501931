// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CpuLocatorTest {
    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 1, 7, 8, Integer.MAX_VALUE})
    void aPlaceIsOneOfThoseThereAre(int current) {
        CpuLocator locator = () -> current;
        assertThat(locator.among(8)).isEqualTo(Math.floorMod(current, 8));
        assertThat(locator.among(1)).isZero();
    }

    @Test
    void aThreadKeepsItsPlace() {
        CpuLocator locator = CpuLocator.byThread();
        assertThat(locator.among(64)).isEqualTo(locator.among(64));
    }

    @Test
    void successiveThreadsHaveDifferentPlaces() throws InterruptedException {
        int[] places = new int[2];
        Thread first = new Thread(() -> places[0] = CpuLocator.byThread().among(2));
        Thread second = new Thread(() -> places[1] = CpuLocator.byThread().among(2));
        long distance = second.threadId() - first.threadId();
        first.start();
        second.start();
        first.join();
        second.join();
        assertThat(places[0] == places[1]).isEqualTo(distance % 2 == 0);
    }
}
