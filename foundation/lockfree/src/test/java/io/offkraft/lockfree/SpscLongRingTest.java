// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

final class SpscLongRingTest extends LongRingContract {
    @Override
    LongRing newRing(int capacity) {
        return new SpscLongRing(capacity);
    }

    @Override
    LongRing newRing(int capacity, long first) {
        return new SpscLongRing(capacity, first);
    }

    @Override
    int capacityMax() {
        return SpscLongRing.CAPACITY_MAX;
    }
}
