// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Slabs of one class, and what is at hand of them. */
class BinTest extends BinFixture {
    @Test
    @DisplayName("B-07 a block is told to be free, whether blocks are kept in the hand or not")
    void whatLiesInTheHandIsFree() {
        long block = bin.takeOr0();
        assertThat(bin.free(block)).isTrue();
        assertFree(block);

        freeAway(bin.takeOr0());
        exchange();
        assertThat(bin.hand().isGivenUp()).as("who frees away would look at it").isTrue();
        for (int n = 0; n < 3; n++) {
            block = bin.takeOr0();
            assertThat(bin.isLive(block)).isTrue();
            assertThat(bin.free(block)).isTrue();
            assertFree(block);
        }

        for (int n = 0; n < ExchangeCount.ENOUGH; n++) {
            exchange();
        }
        assertThat(bin.hand().isGivenUp()).as("nobody looks at it any more").isFalse();
        block = bin.takeOr0();
        assertThat(bin.free(block)).isTrue();
        assertFree(block);
    }

    @Test
    @DisplayName(
            "B-12 time brings the hand back to who frees what he takes, unless others free meanwhile")
    void timeBringsTheHandBack() {
        freeAway(bin.takeOr0());
        exchange();
        assertThat(bin.hand().isGivenUp()).isTrue();
        long next = bin.takeOr0();
        assertThat(bin.takeOr0()).as("keeps the slab").isPositive();

        bin.passTime();
        freeAway(next);
        bin.takeEmpty(new long[1], 1, true); // collects it
        bin.passTime();
        assertThat(bin.hand().isGivenUp()).as("there was one").isTrue();
        bin.passTime();
        assertThat(bin.hand().isGivenUp()).isFalse();
        long block = bin.takeOr0();
        assertThat(bin.free(block)).isTrue();
        assertFree(block);
    }

    @Test
    @DisplayName("B-07 a block that lies in the hand when that is given up comes again once")
    void whatLiesInTheHandWhenItIsGivenUp() {
        long[] taken = take(bin.magazine().room());
        long inHand = bin.takeOr0();
        freeAway(taken[0]); // looks at the hand
        for (int n = 1; n < taken.length; n++) {
            assertThat(bin.free(taken[n])).isTrue();
        }
        assertThat(bin.free(inHand)).isTrue();
        exchange();
        assertThat(bin.hand().isGivenUp()).isTrue();
        assertFree(inHand);
        long[] again = take(2 * bin.magazine().room());
        assertThat(again).doesNotContain(0).doesNotHaveDuplicates().contains(inHand);
    }

    @Test
    @DisplayName("B-12 what is free in a slab in use is handed out before an empty slab")
    void emptySlabsComeLast() {
        addSlabs(2);
        List<Long> used = takeAllOfSlab();
        final List<Long> emptied = takeAllOfSlab();
        assertThat(bin.takeOr0()).as("in the hand").isNotZero();
        freeAll(used.subList(0, 100));
        assertThat(empty.pages()).isZero();
        freeAll(emptied); // is before the other one in the list now
        freeAll(used.subList(100, 200)); // so that all of the emptied one is back in it

        assertThat(empty.pages()).isEqualTo(SLAB_PAGES);
        for (int n = 0; n < 200; n++) {
            assertThat(slabOf(bin.takeOr0())).as("block %d", n).isEqualTo(slabOf(used.getFirst()));
        }
        take(2 * SLOTS);
        assertThat(empty.pages()).isZero();
    }

    @Test
    void magazineIsFilledFromSeveralSlabs() {
        addSlabs(3);
        List<List<Long>> slabs = new ArrayList<>();
        for (int n = 0; n < 4; n++) {
            slabs.add(takeAllOfSlab());
        }
        for (List<Long> slab : slabs.subList(0, 3)) {
            freeAll(slab.subList(0, 5));
        }
        final int room = bin.magazine().room();
        freeAll(slabs.get(3).subList(0, room)); // the older half goes back: 15, and 17 of these
        take(bin.magazine().count());

        assertThat(bin.takeOr0()).isNotZero();
        assertThat(bin.magazine().count()).isEqualTo(room / 2 - 1);
        assertThat(take(room / 2 - 1)).doesNotContain(0).doesNotHaveDuplicates();
    }

    @Test
    @DisplayName("B-12 it is known how many slabs are empty")
    void emptySlabsAreCounted() {
        addSlabs(3);
        Random random = new Random(7);
        List<Long> held = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            boolean more = random.nextInt(2_000) < 1_000 + (step / 1_000 % 2 == 0 ? 300 : -300);
            if (more) {
                long block = bin.takeOr0();
                if (block != 0) {
                    held.add(block);
                }
            } else if (!held.isEmpty()) {
                long block = held.remove(random.nextInt(held.size()));
                if (random.nextInt(4) == 0) {
                    freeAway(block);
                } else {
                    freeOwn(block);
                }
            }
            assertThat(empty.pages()).as("step %d", step).isEqualTo(emptySlabs() * SLAB_PAGES);
        }
        held.forEach(this::freeOwn);
        assertThat(bin.takeEmpty(new long[8], 8, true)).isEqualTo(4);
        assertThat(empty.pages()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    @DisplayName(
            "B-11 a slab that becomes empty while a sweep is before it is swept, and all others")
    void sweepMeetsSlabsThatMove(int next) {
        List<Long> left = leaveOneOfEachOfThree();
        bin.beginSweep();
        List<Long> order = new ArrayList<>(sweepTheRest().reversed()); // as they are linked again
        Set<Long> met = new HashSet<>();
        bin.beginSweep();
        for (int n = 0; n < next; n++) {
            assertThat(bin.sweepNextOr0(new BitSet())).isEqualTo(order.get(n));
            met.add(order.get(n));
            bin.endSweepOfSlab(true);
        }

        left.stream().filter(block -> baseOf(block) == order.get(next)).forEach(this::freeOwn);
        putAllBack();
        met.addAll(sweepTheRest());

        assertThat(met).containsExactlyInAnyOrderElementsOf(order);
    }

    @Test
    @DisplayName("B-11 of a slab whose memory is being given back no block is handed out")
    void sweptSlabHandsNothingOut() {
        List<Long> left = leaveOneOfEachOfThree();
        bin.beginSweep();
        long swept = bin.sweepNextOr0(new BitSet());
        left.stream().filter(block -> baseOf(block) == swept).forEach(this::freeOwn);
        putAllBack();

        for (long block : take(2 * (SLOTS - 1))) {
            assertThat(baseOf(block)).isNotEqualTo(swept);
        }
        assertThat(bin.takeOr0()).isZero();
        bin.endSweepOfSlab(true);
        assertThat(baseOf(bin.takeOr0())).isEqualTo(swept);
    }
}
