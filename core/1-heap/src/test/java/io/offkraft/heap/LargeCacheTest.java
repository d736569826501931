// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LargeCacheTest {
    private static final long PAGE = 4096;

    private final LargeCache cache = new LargeCache();

    @Test
    void theBlockFreedLastIsTakenFirst() {
        assertThat(cache.tryPut(1 * PAGE, 9)).isTrue();
        assertThat(cache.tryPut(2 * PAGE, 9)).isTrue();

        assertThat(cache.takeOr0(9)).isEqualTo(2 * PAGE);
        assertThat(cache.takeOr0(9)).isEqualTo(PAGE);
        assertThat(cache.takeOr0(9)).isZero();
    }

    @Test
    void onlyABlockOfAsManyPagesIsTaken() {
        assertThat(cache.tryPut(PAGE, 9)).isTrue();

        assertThat(cache.takeOr0(25)).as("the same place").isZero();
        assertThat(cache.takeOr0(Long.MAX_VALUE)).isZero();
        assertThat(cache.takeOr0(0)).isZero();
        assertThat(cache.pagesOfAll()).isEqualTo(9);
    }

    @Test
    void theOldestIsTakenOnlyAfterAsManyMisses() {
        assertThat(cache.tryPut(PAGE, 9)).isTrue();
        cache.miss();
        assertThat(cache.tryPut(2 * PAGE, 10)).isTrue();

        assertThat(cache.takeOldestOr0(2)).isZero();
        cache.miss();
        long oldest = cache.takeOldestOr0(2);

        assertThat(LargeCache.address(oldest)).isEqualTo(PAGE);
        assertThat(LargeCache.pages(oldest)).isEqualTo(9);
        assertThat(cache.takeOldestOr0(2)).isZero();
    }

    @Test
    void roomIsKeptForWhatIsReserved() {
        assertThat(cache.tryPut(PAGE, 9)).isTrue();
        assertThat(cache.tryReserve(9)).isTrue();
        assertThat(cache.tryReserve(250)).isTrue();

        int put = 0;
        while (cache.tryPut((2 + put) * PAGE, 9)) {
            put++;
        }
        assertThat(put).as("behind, beside the first one").isEqualTo(LargeCache.BLOCKS - 16 - 1);
        assertThat(cache.tryPut(100 * PAGE, 181)).isTrue();
        assertThat(cache.tryPut(200 * PAGE, 1)).as("more pages than are left").isFalse();

        cache.endReservation(9);
        assertThat(cache.tryPut(300 * PAGE, 9)).isTrue();
        assertThat(cache.takeOr0(9)).isEqualTo(300 * PAGE);
        cache.endReservation(250);
        assertThat(cache.tryPut(400 * PAGE, 250)).isTrue();
        assertThat(cache.takeOr0(250)).isEqualTo(400 * PAGE);
        assertThat(cache.takeOr0(181)).isEqualTo(100 * PAGE);
        assertThat(cache.pagesOfAll()).isEqualTo(8 * 9);
    }

    @Test
    void nothingIsReservedWithoutRoom() {
        assertThat(cache.tryPut(PAGE, 300)).isTrue();
        assertThat(cache.tryReserve(213)).isFalse();
        assertThat(cache.tryReserve(212)).isTrue();
        assertThat(cache.tryPut(2 * PAGE, 1)).isFalse();
        assertThat(cache.takeOr0(300)).isEqualTo(PAGE);
        assertThat(cache.tryPut(2 * PAGE, 1)).isTrue();
    }

    @Test
    void randomPutsAndTakesAreAsInAList() {
        for (long seed = 0; seed < 20; seed++) {
            compareWithAList(new Random(seed));
        }
    }

    private static void compareWithAList(Random random) {
        LargeCache cache = new LargeCache();
        List<long[]> model = new ArrayList<>(); // address, pages
        for (long step = 1; step < 5000; step++) {
            long pages = random.nextLong(1, 61);
            if (random.nextBoolean()) {
                int kept = model.stream().mapToInt(block -> (int) block[1]).sum();
                boolean put = cache.tryPut(step * PAGE, pages);
                assertThat(put && kept + pages > LargeCache.PAGES).isFalse();
                if (put) {
                    model.add(new long[] {step * PAGE, pages});
                }
            } else {
                long taken = cache.takeOr0(pages);
                boolean removed = model.removeIf(block -> block[0] == taken && block[1] == pages);
                boolean any = model.stream().anyMatch(block -> block[1] == pages);
                assertThat(taken != 0).as("pages %d, step %d", pages, step).isEqualTo(removed);
                assertThat(taken == 0 && any).isFalse();
            }
            assertThat(cache.pagesOfAll())
                    .isEqualTo(model.stream().mapToInt(block -> (int) block[1]).sum());
            assertThat(model).hasSizeLessThanOrEqualTo(LargeCache.BLOCKS);
        }
        for (long oldest = cache.takeOldestOr0(0); oldest != 0; oldest = cache.takeOldestOr0(0)) {
            long taken = oldest;
            assertThat(model.removeIf(block -> block[0] + block[1] == taken)).isTrue();
        }
        assertThat(model).isEmpty();
    }
}
