// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.sync.LockClass;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Slabs of one class, over pages that nobody looks into. */
class BinTest {
    private static final int STRIPE = 0;
    private static final long SIZE = 64;
    private static final int SLOTS = SizeClasses.slots(SizeClasses.of(SIZE));
    private static final int SLAB_PAGES = SizeClasses.slabPages(SizeClasses.of(SIZE));
    private static final int PAGES = 1024;

    private static final long BASE = 1L << 40;

    private final Arena arena = Arena.ofConfined();
    private final PageMap map = new PageMap(zeroed(PAGES * 8L), BASE, PAGES * PageOrder.PAGE_BYTES);
    private final SlabTable table =
            new SlabTable(
                    Synchronization.NONE.newLock(LockClass.named("of a test")),
                    zeroed((PAGES + 1) * (long) Slab.BYTES),
                    PAGES);
    private final long bits = zeroed(PAGES * PageOrder.PAGE_BYTES / LiveBits.BYTES_PER_BYTE);
    private final LiveBits live = new LiveBits(bits, BASE);
    private final EmptySlabs empty = new EmptySlabs();
    private final Bin bin =
            new Bin(STRIPE, SizeClasses.of(SIZE), new HeapMetadata(map, live, table), empty);

    private long zeroed(long bytes) {
        return arena.allocate(bytes, PageOrder.PAGE_BYTES).address();
    }

    @BeforeEach
    void addSlab() {
        assertThat(bin.add(BASE)).isTrue();
    }

    @AfterEach
    void close() {
        arena.close();
    }

    private long slabOf(long block) {
        return table.slab(PageMap.number(map.entry(block)));
    }

    /** Another thread's. */
    private Outbox outbox(Bin ofBlocks) {
        return new Outbox(0, ofBlocks, new Magazine(live), live);
    }

    /** As another thread, which sends it at once. */
    private void freeAway(long block) {
        Outbox outbox = outbox(bin);
        assertThat(outbox.free(block)).isTrue();
        outbox.send();
    }

    /** As another thread that had looked whether the block is taken, and goes on now. */
    private Parcel goOnToFree(long block) {
        bin.magazine().see();
        long word = bits + ((block - BASE) >>> 10 << 4) + Long.BYTES;
        long bit = 1L << (block >>> 4);
        RawMemory.storeLongPlain(word, RawMemory.loadLongPlain(word) ^ bit);
        Parcel parcel = bin.arrivals().empties();
        parcel.add(block);
        return parcel;
    }

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

    /** Makes three slabs and returns a used block of each, on its first page. */
    private List<Long> leaveOneOfEachOfThree() {
        addSlabs(2);
        List<Long> left = new ArrayList<>();
        for (int slab = 0; slab < 3; slab++) {
            left.add(takeAllOfSlab().getFirst());
        }
        for (long block = BASE; block < BASE + 3 * (SLAB_PAGES * PageOrder.PAGE_BYTES); ) {
            if (!left.contains(block)) {
                freeOwn(block);
            }
            block += SIZE;
        }
        return left;
    }

    private List<Long> sweepTheRest() {
        List<Long> bases = new ArrayList<>();
        for (long base = bin.sweepNextOr0(new BitSet());
                base != 0;
                base = bin.sweepNextOr0(new BitSet())) {
            bases.add(base);
            bin.endSweepOfSlab(false);
        }
        return bases;
    }

    private long baseOf(long block) {
        return Slab.base(slabOf(block));
    }

    /** Puts all that is at hand back into the slabs, and takes none of them. */
    private void putAllBack() {
        assertThat(bin.takeEmpty(new long[0], 0, true)).isZero();
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
        final long block = bin.takeOr0();
        assertThat(bin.takeOr0()).as("in the hand").isNotZero();
        freeOwn(block);
        if (isBackInItsSlab) {
            putAllBack();
        }
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
        final long block = bin.takeOr0();
        assertThat(bin.takeOr0()).as("in the hand").isNotZero();
        freeOwn(block);
        if (isBackInItsSlab) {
            putAllBack();
        }
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

    private int emptySlabs() {
        int found = 0;
        for (int number = 1; number <= 4; number++) {
            found += Slab.used(table.slab(number)) == 0 ? 1 : 0;
        }
        return found;
    }

    private void addSlabs(int more) {
        for (int n = 1; n <= more; n++) {
            assertThat(bin.add(BASE + n * (SLAB_PAGES * PageOrder.PAGE_BYTES))).isTrue();
        }
    }

    /** Takes as many blocks as a slab has, of new slabs: they are all of one. */
    private List<Long> takeAllOfSlab() {
        List<Long> blocks = new ArrayList<>();
        for (long block : take(SLOTS)) {
            blocks.add(block);
        }
        assertThat(blocks).allMatch(block -> slabOf(block) == slabOf(blocks.getFirst()));
        return blocks;
    }

    private void freeAll(List<Long> blocks) {
        blocks.forEach(this::freeOwn);
    }

    private void freeOwn(long block) {
        assertThat(bin.free(block)).isTrue();
    }

    private void assertFree(long block) {
        assertThat(bin.isLive(block)).isFalse();
        assertThat(outbox(bin).free(block)).isFalse();
    }

    /** Takes and frees more than is at hand. */
    private void exchange() {
        long[] taken = take(bin.magazine().room() + 1);
        for (long block : taken) {
            freeOwn(block);
        }
    }

    private long[] take(int count) {
        long[] blocks = new long[count];
        for (int n = 0; n < count; n++) {
            blocks[n] = bin.takeOr0();
        }
        return blocks;
    }
}
