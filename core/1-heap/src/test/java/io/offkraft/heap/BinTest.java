// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.sync.LockClass;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.PageOrder;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
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

    /** Blocks that others freed: worth being collected, and not half of a magazine. */
    private static final int LITTLE = 8;

    private static final int ENOUGH = 64;
    private static final long BASE = 1L << 40;

    private final Arena arena = Arena.ofConfined();
    private final PageMap map = new PageMap(zeroed(PAGES * 8L), BASE, PAGES * PageOrder.PAGE_BYTES);
    private final SlabTable table =
            new SlabTable(
                    Synchronization.NONE.newLock(LockClass.named("of a test")),
                    zeroed((PAGES + 1) * (long) Slab.BYTES),
                    PAGES);
    private final LiveBits live = new LiveBits(zeroed(PAGES * 32L), BASE);
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

    private void freeAway(long block) {
        assertThat(bin.freeAway(slabOf(block), block, map.entry(block))).isTrue();
    }

    @Test
    @DisplayName(
            "B-12 a block that another freed slows its neighbours' frees down for a while only")
    void flagGoesAway() {
        long own = bin.takeOr0();
        freeAway(bin.takeOr0());

        assertThat(PageMap.isAway(map.entry(own))).isTrue();
        for (int n = 0; n < 100; n++) {
            assertThat(bin.freeFlagged(slabOf(own), own)).isTrue();
            own = bin.takeOr0();
        }
        assertThat(PageMap.isAway(map.entry(own))).as("must be looked for elsewhere").isFalse();
    }

    @Test
    @DisplayName("B-07 a block that another freed is free, also when it was collected")
    void freedAwayIsFree() {
        long own = bin.takeOr0();
        long other = bin.takeOr0();
        freeAway(other);

        for (int n = 0; n < 100; n++) {
            assertThat(bin.freeFlagged(slabOf(other), other)).as("free %d", n).isFalse();
            assertThat(bin.freeFlagged(slabOf(own), own)).isTrue();
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
            assertThat(bin.isLive(slabOf(block), block)).isTrue();
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
            assertThat(bin.freeFlagged(slabOf(taken[n]), taken[n])).isTrue();
        }
        assertThat(bin.freeFlagged(slabOf(inHand), inHand)).isTrue();
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

    @Test
    @DisplayName("B-07 a block that is freed away by mistake once it is free is not handed out")
    void freedTwiceIsNotHandedOut() {
        final long block = bin.takeOr0();
        final long other = bin.takeOr0();
        assertThat(bin.takeOr0()).as("in the hand").isNotZero();
        freeAway(block);
        putAllBack();
        freeAway(other);
        // Another thread looked whether the block is taken before all this, and goes on now.
        assertThat(Slab.tryFreeAway(Slab.awayWordOf(slabOf(block), 0), 1 << 1, 1 << 0)).isTrue();

        assertThat(take(SLOTS - 3)).doesNotContain(0, block, other);
        assertThat(bin.takeOr0()).isZero();

        putAllBack(); // it is collected, and told; and is free once
        assertThat(bin.foreignFrees()).isEqualTo(-1);
        assertThat(take(2)).containsExactlyInAnyOrder(block, other);
        assertThat(bin.takeOr0()).isZero();
    }

    @Test
    @DisplayName(
            "B-07 an empty slab of which a block was freed away by mistake stays until it is told")
    void slabThatIsToBeCollectedStays() {
        addSlabs(1);
        long block = bin.takeOr0();
        long word = Slab.awayWordOf(slabOf(block), 0);
        freeOwn(block);
        putAllBack();
        final int pages = empty.pages();
        assertThat(pages).isEqualTo(2 * SLAB_PAGES);
        assertThat(Slab.tryFreeAway(word, 0, -1)).isTrue(); // of all slots of the first word

        assertThat(bin.takeEmpty(new long[4], 4, true)).isEqualTo(1);
        assertThat(empty.pages()).isEqualTo(SLAB_PAGES);
        List<Long> others = new ArrayList<>();
        for (long other = bin.takeOr0(); other != 0; other = bin.takeOr0()) {
            others.add(other);
        }
        assertThat(others).hasSize(SLOTS - Long.SIZE);
        others.forEach(this::freeOwn);
        putAllBack();
        assertThat(empty.pages()).isEqualTo(SLAB_PAGES);
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
        for (long block : freed) {
            assertThat(larger.freeAway(slabOf(block), block, map.entry(block))).isTrue();
        }

        for (int n = 0; n < freed.size(); n++) {
            assertThat(larger.takeOr0()).isIn(freed);
        }
        assertThat(larger.takeOr0()).isZero();
    }

    @Test
    @DisplayName(
            "B-12 where others free little at a time the bin asks for one slab more, and goes on")
    void littleAtATimeAsksForASlab() {
        Deque<Long> blocks = new ArrayDeque<>(takeAllOfSlab());
        int rounds = roundsUntilASlabIsAskedFor(blocks, LITTLE);

        assertThat(rounds).isBetween(2, 20);
        assertThat(bin.takeOr0()).isZero();
        blocks.addLast(bin.takeAnyOr0()); // there was no slab to be had
        for (int n = 1; n < LITTLE; n++) {
            blocks.addLast(bin.takeOr0());
        }
        assertThat(blocks).doesNotContain(0L);
        assertThat(roundsUntilASlabIsAskedFor(blocks, LITTLE, 500))
                .as("not again soon")
                .isEqualTo(500);
        assertThat(roundsUntilASlabIsAskedFor(blocks, LITTLE, 2000)).isLessThan(2000);
    }

    @Test
    @DisplayName("B-12 a bin asks for no slab more where others free enough now and then")
    void enoughNowAndThenAsksForNone() {
        Deque<Long> blocks = new ArrayDeque<>(takeAllOfSlab());
        for (int n = 0; n < 100; n++) {
            assertThat(roundsUntilASlabIsAskedFor(blocks, n % 2 == 0 ? LITTLE : ENOUGH, 1))
                    .isEqualTo(1);
        }
    }

    @Test
    @DisplayName("B-12 with the slab that it asked for a bin collects again")
    void aSlabMoreEndsTheAsking() {
        Deque<Long> blocks = new ArrayDeque<>(takeAllOfSlab());
        assertThat(roundsUntilASlabIsAskedFor(blocks, LITTLE)).isLessThan(20);
        addSlabs(1);
        for (long block = bin.takeOr0(); block != 0; block = bin.takeOr0()) {
            blocks.addLast(block);
        }
        for (int n = 0; n < ENOUGH; n++) {
            freeAway(blocks.removeFirst());
        }
        assertThat(bin.takeOr0()).isNotZero();
    }

    @Test
    @DisplayName(
            "B-07 blocks freed away in every part of a slab are collected, and the next one is as it was")
    void wordsOfASlabAreLinked() {
        addSlabs(1);
        long[] taken = take(2 * SLOTS);
        for (int number = 1; number <= 2; number++) {
            long slab = table.slab(number);
            for (int slot = 0; slot < SLOTS; slot += Long.SIZE) {
                freeAway(Slab.base(slab) + slot * SIZE);
            }
        }
        assertThat(Slab.used(table.slab(1))).isEqualTo(SLOTS);
        assertThat(Slab.used(table.slab(2))).isEqualTo(SLOTS);

        putAllBack();

        assertThat(taken).doesNotContain(0);
        assertThat(Slab.used(table.slab(1))).isEqualTo(SLOTS - SLOTS / Long.SIZE);
        assertThat(Slab.used(table.slab(2))).isEqualTo(SLOTS - SLOTS / Long.SIZE);
    }

    private int roundsUntilASlabIsAskedFor(Deque<Long> blocks, int each) {
        return roundsUntilASlabIsAskedFor(blocks, each, 100);
    }

    /** Another thread frees some blocks, this one takes as many. */
    private int roundsUntilASlabIsAskedFor(Deque<Long> blocks, int each, int most) {
        for (int round = 0; round < most; round++) {
            for (int n = 0; n < each; n++) {
                freeAway(blocks.removeFirst());
            }
            for (int n = 0; n < each; n++) {
                long block = bin.takeOr0();
                if (block == 0) {
                    return round;
                }
                blocks.addLast(block);
            }
        }
        return most;
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
        assertThat(
                        PageMap.isAway(map.entry(block))
                                ? bin.freeFlagged(slabOf(block), block)
                                : bin.free(block))
                .isTrue();
    }

    private void assertFree(long block) {
        assertThat(bin.isLive(slabOf(block), block)).isFalse();
        assertThat(bin.freeAway(slabOf(block), block, map.entry(block))).isFalse();
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
