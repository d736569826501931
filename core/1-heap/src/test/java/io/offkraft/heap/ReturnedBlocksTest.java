// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.word.PageOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Blocks of a bin that another thread frees, and how they come back. */
class ReturnedBlocksTest extends BinFixture {
    @Test
    @DisplayName("B-07 a block that another freed is free, also when it was collected")
    void freedAwayIsFree() {
        long own = bin.takeOr0();
        long other = bin.takeOr0();
        freeAway(other);

        for (int n = 0; n < 100; n++) {
            assertThat(bin.free(other)).as("free %d", n).isFalse();
            assertThat(bin.free(own)).isTrue();
            own = bin.takeOr0();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2048, 8192, 32_768})
    @DisplayName("B-12 blocks of a page that another freed are used again before a new slab is")
    void largerBlocksAreCollectedSoon(int size) {
        int sizeClass = SizeClasses.of(size);
        Bin larger = new Bin(STRIPE, sizeClass, new HeapMetadata(map, live, table), empty);
        assertThat(larger.add(BASE + PAGES / 2 * PageOrder.PAGE_BYTES)).isTrue();
        List<Long> taken = new ArrayList<>();
        for (long block = larger.takeOr0(); block != 0; block = larger.takeOr0()) {
            taken.add(block);
        }
        assertThat(taken).hasSize(SizeClasses.slots(sizeClass));
        List<Long> freed = taken.subList(0, Math.max(1, (int) PageOrder.PAGE_BYTES / size));
        Outbox outbox = outbox(larger);
        for (long block : freed) {
            assertThat(outbox.free(block)).isTrue();
        }
        outbox.send();

        for (int n = 0; n < freed.size(); n++) {
            assertThat(larger.takeOr0()).isIn(freed);
        }
        assertThat(larger.magazine().room())
                .as("where blocks come back so")
                .isGreaterThanOrEqualTo(Arrivals.ROOM);
        assertThat(larger.takeOr0()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName(
            "B-07 a block that its owner and another thread freed at once is handed out once, and told")
    void freedTwiceIsHandedOutOnce(boolean isBackInItsSlab) {
        final long block = freeBlock(isBackInItsSlab);
        Parcel parcel = goOnToFree(block);
        if (!isBackInItsSlab) {
            assertThat(bin.magazine().takeOr0()).as("to whom it concerns").isZero();
        }

        assertThat(take(SLOTS - 2)).doesNotContain(0, block);
        assertThat(bin.takeOr0()).as("it is on its way").isZero();
        assertThat(bin.foreignFrees()).as("counted twice").isEqualTo(-1);

        bin.arrivals().send(parcel);
        assertThat(bin.takeOr0()).isEqualTo(block);
        assertThat(bin.takeOr0()).isZero();
        assertThat(bin.isLive(block)).isTrue();
        freeOwn(block);
        assertThat(bin.foreignFrees()).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("B-07 the same where it comes back before it is handed out")
    void freedTwiceComesBackOnce(boolean isBackInItsSlab) {
        final long block = freeBlock(isBackInItsSlab);
        bin.arrivals().send(goOnToFree(block));

        putAllBack();
        assertThat(bin.foreignFrees()).isEqualTo(-1);
        assertThat(take(SLOTS - 1)).doesNotContain(0).doesNotHaveDuplicates().contains(block);
        assertThat(bin.takeOr0()).isZero();
    }

    @Test
    @DisplayName(
            "B-07 a block that lies in the hand and was freed by another at once is there once")
    void freedTwiceInTheHand() {
        final long block = bin.takeOr0();
        freeOwn(block);
        bin.arrivals().send(goOnToFree(block));
        putAllBack();

        assertThat(bin.foreignFrees()).isEqualTo(-1);
        assertThat(take(SLOTS)).doesNotContain(0).doesNotHaveDuplicates();
        assertThat(bin.takeOr0()).isZero();
    }

    @Test
    @DisplayName("B-07 the same where it comes back while it lies in the hand")
    void freedTwiceComesBackIntoTheHand() {
        final long block = bin.takeOr0();
        freeOwn(block);
        bin.arrivals().send(goOnToFree(block));

        assertThat(bin.collect()).isTrue();
        assertThat(bin.foreignFrees()).isEqualTo(-1);
        assertThat(bin.takeOr0()).isEqualTo(block);
        assertThat(bin.isLive(block)).isTrue();
        assertThat(take(SLOTS - 1)).doesNotContain(0, block);
    }

    @Test
    @DisplayName("B-07 one that another freed who looked at the hand long ago is not freed there")
    void handForgetsWhatComesBack() {
        final long block = bin.takeOr0();
        Parcel parcel = goOnToFree(block);
        assertThat(bin.magazine().takeSeen()).isTrue();
        bin.arrivals().send(parcel);

        assertThat(bin.collect()).isTrue();
        assertThat(bin.free(block)).isFalse();
    }

    @Test
    @DisplayName("B-07 what is at hand below a block that was freed twice at once is handed out")
    void nextToOneThatWasFreedTwice() {
        List<Long> blocks = takeAllOfSlab();
        final long below = blocks.get(1);
        freeOwn(below);
        freeOwn(blocks.get(2));
        final Parcel _ = goOnToFree(blocks.get(2));

        assertThat(bin.takeOr0()).isEqualTo(below);
        assertThat(bin.takeOr0()).isZero();
    }

    @Test
    @DisplayName(
            "B-07 an empty slab of which a block was freed twice at once stays until it is told")
    void slabThatIsToBeCollectedStays() {
        addSlabs(1);
        long block = bin.takeOr0();
        freeOwn(block);
        putAllBack();
        assertThat(empty.pages()).isEqualTo(2 * SLAB_PAGES);
        Parcel parcel = goOnToFree(block);

        assertThat(bin.takeEmpty(new long[4], 4, true)).isEqualTo(1);
        assertThat(empty.pages()).isEqualTo(SLAB_PAGES);

        bin.arrivals().send(parcel);
        assertThat(bin.takeEmpty(new long[4], 4, true)).isEqualTo(1);
        assertThat(empty.pages()).isZero();
    }

    @Test
    @DisplayName("B-07 a block whose slab went before it came is left to whom it belongs now")
    void slabWentBeforeItsBlockCame() {
        long block = bin.takeOr0();
        freeOwn(block);
        assertThat(bin.takeEmpty(new long[4], 4, true)).isEqualTo(1);
        Bin larger =
                new Bin(
                        STRIPE,
                        SizeClasses.of(SIZE) + 1,
                        new HeapMetadata(map, live, table),
                        empty);
        assertThat(larger.add(BASE)).isTrue();
        final long next = larger.takeOr0();
        assertThat(next).isEqualTo(block);
        Parcel parcel = bin.arrivals().empties();
        parcel.add(block);
        bin.arrivals().send(parcel);

        assertThat(bin.takeOr0()).isZero();
        putAllBack();
        assertThat(larger.isLive(next)).isTrue();
        assertThat(Slab.used(table.slab(1))).isPositive();
        assertThat(larger.free(next)).isTrue();
    }

    @Test
    @DisplayName("B-12 blocks of several slabs come back in any order, the lowest are next")
    void blocksOfSeveralSlabsComeBack() {
        addSlabs(1);
        List<Long> blocks = new ArrayList<>();
        for (long block : take(2 * SLOTS)) {
            blocks.add(block);
        }
        Collections.shuffle(blocks, new Random(3));
        List<Long> freed = blocks.subList(0, SLOTS);
        Outbox outbox = outbox(bin);
        freed.forEach(block -> assertThat(outbox.free(block)).isTrue());
        outbox.send();

        long[] next = take(bin.magazine().room() / 2);
        assertThat(Slab.used(table.slab(1)) + Slab.used(table.slab(2)))
                .isEqualTo(SLOTS + next.length);
        assertThat(next).isSorted();
        List<Long> again = new ArrayList<>();
        for (long block : next) {
            again.add(block);
        }
        for (long block : take(SLOTS - next.length)) {
            again.add(block);
        }
        assertThat(again).containsExactlyInAnyOrderElementsOf(freed);
    }

    @Test
    @DisplayName(
            "B-12 what others freed comes back when it fills a parcel, and parcels are used again")
    void parcelIsSentWhenItIsFull() {
        List<Long> blocks = takeAllOfSlab();
        int room = Arrivals.ROOM;
        Outbox outbox = outbox(bin);
        for (int n = 0; n < room - 1; n++) {
            assertThat(outbox.free(blocks.get(n))).isTrue();
        }
        assertThat(outbox.isAny()).isTrue();
        assertThat(bin.arrivals().isAny()).isFalse();
        assertThat(bin.takeOr0()).isZero();
        assertThat(bin.isLive(blocks.getFirst())).as("but is free").isFalse();

        assertThat(outbox.free(blocks.get(room - 1))).isTrue();
        assertThat(outbox.isAny()).isFalse();
        for (int n = 0; n < room; n++) {
            assertThat(bin.takeOr0()).isEqualTo(blocks.get(n));
        }

        Parcel emptied = bin.arrivals().empties();
        assertThat(emptied.count()).isZero();
        assertThat(emptied.below()).isNull();
        assertThat(bin.arrivals().empties()).isNotSameAs(emptied);
        bin.arrivals().giveBack(emptied);
        assertThat(bin.arrivals().empties()).isSameAs(emptied);
    }

    @Test
    @DisplayName(
            "B-12 once the hand is given up a free elsewhere is a note, up to the last of a parcel")
    void shortWayOfAnOutbox() {
        List<Long> blocks = takeAllOfSlab();
        Outbox outbox = outbox(bin);
        long block = blocks.getFirst();
        assertThat(outbox.tryFree(0, block)).as("the hand must be looked at").isFalse();
        assertThat(outbox.free(block)).isTrue();
        freeAll(blocks.subList(100, 100 + bin.magazine().room() + 1));
        assertThat(bin.hand().isGivenUp()).isTrue();

        assertThat(outbox.tryFree(1, blocks.get(1))).as("of another bin").isFalse();
        assertThat(outbox.tryFree(0, block)).as("is free").isFalse();
        assertThat(outbox.tryFree(0, block + 16)).as("no block").isFalse();
        assertThat(outbox.tryFree(0, block + 1)).as("no block").isFalse();
        for (int n = 1; n < Arrivals.ROOM - 1; n++) {
            assertThat(outbox.tryFree(0, blocks.get(n))).isTrue();
        }
        long last = blocks.get(Arrivals.ROOM - 1);
        assertThat(outbox.tryFree(0, last)).as("to be sent").isFalse();
        assertThat(bin.isLive(last)).isTrue();
        assertThat(outbox.free(last)).isTrue();
        assertThat(bin.arrivals().isAny()).isTrue();
    }

    /**
     * Returns a block that was freed: is in the magazine, or in its slab; another is in the hand.
     */
    private long freeBlock(boolean isBackInItsSlab) {
        long block = bin.takeOr0();
        assertThat(bin.takeOr0()).as("in the hand").isNotZero();
        freeOwn(block);
        if (isBackInItsSlab) {
            putAllBack();
        }
        return block;
    }
}
