// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ShadowMapTest {
    private static final long BASE = 0x7f12_3456_0000L;
    private static final long ONE = OwnerWord.of(0, 11);
    private static final long TWO = OwnerWord.of(1, 22);

    private final ShadowMap map = new ShadowMap();

    @Test
    void claimOfFreeRangeMakesItTheOwners() {
        assertThat(map.claim(BASE, 100, ONE)).isEqualTo(OwnerWord.NOBODY);

        assertThat(map.ownerOf(BASE)).isEqualTo(ONE);
        assertThat(map.ownerOf(BASE + 99)).isEqualTo(ONE);
        assertThat(map.ownerOf(BASE + 112)).isEqualTo(OwnerWord.NOBODY);
    }

    @Test
    void everyOverlapIsRefusedAndNamesTheOtherOwner() {
        map.claim(BASE, 64, ONE);

        for (long start = -48; start <= 48; start += 16) {
            assertThat(map.claim(BASE + start, 64, TWO)).as("start %d", start).isEqualTo(ONE);
        }
        assertThat(OwnerWord.object(ONE)).isZero();
        assertThat(OwnerWord.site(ONE)).isEqualTo(11);
    }

    @Test
    void neighboursDoNotOverlap() {
        map.claim(BASE, 64, ONE);

        assertThat(map.claim(BASE + 64, 64, TWO)).isEqualTo(OwnerWord.NOBODY);
        assertThat(map.claim(BASE - 64, 64, TWO)).isEqualTo(OwnerWord.NOBODY);
    }

    @Test
    void refusedClaimLeavesNothingClaimed() {
        map.claim(BASE + 1024, 16, ONE);

        assertThat(map.claim(BASE, 2048, TWO)).isEqualTo(ONE);

        assertThat(map.claim(BASE, 1024, ONE)).isEqualTo(OwnerWord.NOBODY);
        assertThat(map.claim(BASE + 1040, 1008, ONE)).isEqualTo(OwnerWord.NOBODY);
    }

    @Test
    void emptyBlockStillOwnsItsAddress() {
        map.claim(BASE, 0, ONE);

        assertThat(map.claim(BASE, 0, TWO)).isEqualTo(ONE);
    }

    @Test
    void releasedRangeCanBeClaimedAgain() {
        map.claim(BASE, 4096, ONE);

        assertThat(map.release(BASE, 4096, ONE)).isEqualTo(ONE);

        assertThat(map.claim(BASE, 4096, TWO)).isEqualTo(OwnerWord.NOBODY);
    }

    @Test
    void releaseOfWhatIsNotOwnedNamesWhatIsThere() {
        map.claim(BASE, 64, ONE);

        assertThat(map.release(BASE, 64, TWO)).isEqualTo(ONE);
        assertThat(map.release(BASE + 64, 64, TWO)).isEqualTo(OwnerWord.NOBODY);
        assertThat(map.release(BASE, 65, ONE)).isEqualTo(OwnerWord.NOBODY);
    }

    @Test
    void rangesAcrossLeavesAndAtTheEndsOfTheSpaceAreKept() {
        long leafBytes = 1L << 18;
        long end = 1L << ShadowMap.ADDRESS_BITS;

        assertThat(map.claim(BASE & -leafBytes, 3 * leafBytes, ONE)).isZero();
        assertThat(map.claim((BASE & -leafBytes) + 2 * leafBytes, 16, TWO)).isEqualTo(ONE);
        assertThat(map.claim(0, 16, TWO)).isZero();
        assertThat(map.claim(end - 16, 16, TWO)).isZero();
        assertThat(map.ownerOf(end - 1)).isEqualTo(TWO);
    }

    @Test
    void rangeOutsideTheSpaceIsRejectedWithItsValues() {
        assertThatThrownBy(() -> map.claim(-16, 16, ONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0xfffffffffffffff0, 16 bytes");
        assertThatThrownBy(() -> map.claim((1L << 47) - 16, 17, ONE))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> map.claim(BASE, Long.MAX_VALUE, ONE))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> map.claim(BASE, -1, ONE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void largerGranulesCoverTheSameSpace() {
        ShadowMap pages = new ShadowMap(12);

        assertThat(pages.claim(BASE, 4096, ONE)).isZero();
        assertThat(pages.claim(BASE + 4095, 1, TWO)).isEqualTo(ONE);
        assertThat(pages.claim(BASE + 4096, 4096, TWO)).isZero();
        assertThatThrownBy(() -> new ShadowMap(2)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ownersThatDoNotFitTheWordAreRejected() {
        assertThatThrownBy(() -> OwnerWord.of(-1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> OwnerWord.of(Integer.MAX_VALUE, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> OwnerWord.of(0, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(OwnerWord.object(OwnerWord.of(Integer.MAX_VALUE - 1, Integer.MAX_VALUE)))
                .isEqualTo(Integer.MAX_VALUE - 1);
    }

    @Test
    @DisplayName("B-15 of two overlapping claims made at once, exactly one is refused")
    void exactlyOneOfTwoRacingOverlappingClaimsIsRefused() throws Exception {
        long seed = Long.getLong("seed", 20260101);
        int rounds = 20_000;
        SplittableRandom random = new SplittableRandom(seed);
        int[] startsOfTwo = new int[rounds];
        for (int round = 0; round < rounds; round++) {
            startsOfTwo[round] = random.nextInt(-7, 8) * 16;
        }
        long[] answersOfOne = new long[rounds];
        long[] answersOfTwo = new long[rounds];
        CyclicBarrier barrier = new CyclicBarrier(2);

        try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
            Future<?> one = pool.submit(() -> claimAll(barrier, answersOfOne, null, ONE));
            Future<?> two = pool.submit(() -> claimAll(barrier, answersOfTwo, startsOfTwo, TWO));
            one.get();
            two.get();
        }

        for (int round = 0; round < rounds; round++) {
            boolean oneWon = answersOfOne[round] == 0 && answersOfTwo[round] == ONE;
            boolean twoWon = answersOfTwo[round] == 0 && answersOfOne[round] == TWO;
            assertThat(oneWon ^ twoWon).as("seed %d, round %d", seed, round).isTrue();
        }
    }

    /** Claims 8 granules in every round, on fresh addresses each time. */
    private @Nullable Void claimAll(
            CyclicBarrier barrier, long[] answers, int @Nullable [] starts, long owner)
            throws Exception {
        for (int round = 0; round < answers.length; round++) {
            long address = BASE + round * 1024L + (starts == null ? 0 : starts[round]);
            if (round % 64 == 0) {
                barrier.await();
            }
            answers[round] = map.claim(address, 128, owner);
        }
        return null;
    }
}
