// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.sync.LockClass;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.PageOrder;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Slabs of one class, over pages that nobody looks into. */
class BinTest {
    private static final int STRIPE = 0;
    private static final long SIZE = 64;
    private static final int PAGES = 1024;
    private static final long BASE = 1L << 40;

    private final Arena arena = Arena.ofConfined();
    private final PageMap map = new PageMap(zeroed(PAGES * 8L), BASE, PAGES * PageOrder.PAGE_BYTES);
    private final SlabTable table =
            new SlabTable(
                    Synchronization.NONE.newLock(LockClass.named("of a test")),
                    zeroed((PAGES + 1) * (long) Slab.BYTES),
                    PAGES);
    private final LiveBits live = new LiveBits(zeroed(PAGES * 32L), BASE);
    private final Bin bin =
            new Bin(STRIPE, SizeClasses.of(SIZE), new HeapMetadata(map, live, table));

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

        for (int n = 0; n < HandUse.EXCHANGES; n++) {
            exchange();
        }
        assertThat(bin.hand().isGivenUp()).as("nobody looks at it any more").isFalse();
        block = bin.takeOr0();
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

    private void assertFree(long block) {
        assertThat(bin.isLive(slabOf(block), block)).isFalse();
        assertThat(bin.freeAway(slabOf(block), block, map.entry(block))).isFalse();
    }

    /** Takes and frees more than is at hand. */
    private void exchange() {
        long[] taken = take(bin.magazine().room() + 1);
        for (long block : taken) {
            long entry = map.entry(block);
            assertThat(
                            PageMap.isAway(entry)
                                    ? bin.freeFlagged(slabOf(block), block)
                                    : bin.free(block))
                    .isTrue();
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
