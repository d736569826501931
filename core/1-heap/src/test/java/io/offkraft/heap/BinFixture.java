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
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * A bin with a slab, over pages that nobody looks into; and another thread that frees its blocks.
 */
abstract class BinFixture {
    static final int STRIPE = 0;
    static final long SIZE = 64;
    static final int SLOTS = SizeClasses.slots(SizeClasses.of(SIZE));
    static final int SLAB_PAGES = SizeClasses.slabPages(SizeClasses.of(SIZE));
    static final int PAGES = 1024;

    static final long BASE = 1L << 40;

    final Arena arena = Arena.ofConfined();
    final PageMap map = new PageMap(zeroed(PAGES * 8L), BASE, PAGES * PageOrder.PAGE_BYTES);
    final SlabTable table =
            new SlabTable(
                    Synchronization.NONE.newLock(LockClass.named("of a test")),
                    zeroed((PAGES + 1) * (long) Slab.BYTES),
                    PAGES);
    final long bits = zeroed(PAGES * PageOrder.PAGE_BYTES / LiveBits.BYTES_PER_BYTE);
    final LiveBits live = new LiveBits(bits, BASE);
    final EmptySlabs empty = new EmptySlabs();
    final Bin bin =
            new Bin(STRIPE, SizeClasses.of(SIZE), new HeapMetadata(map, live, table), empty);

    long zeroed(long bytes) {
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

    long slabOf(long block) {
        return table.slab(PageMap.number(map.entry(block)));
    }

    /** Another thread's. */
    Outbox outbox(Bin ofBlocks) {
        return new Outbox(0, ofBlocks, new Magazine(live), live);
    }

    /** As another thread, which sends it at once. */
    void freeAway(long block) {
        Outbox outbox = outbox(bin);
        assertThat(outbox.free(block)).isTrue();
        outbox.send();
    }

    /** As another thread that had looked whether the block is taken, and goes on now. */
    Parcel goOnToFree(long block) {
        bin.magazine().see();
        long word = bits + ((block - BASE) >>> 10 << 4) + Long.BYTES;
        long bit = 1L << (block >>> 4);
        RawMemory.storeLongPlain(word, RawMemory.loadLongPlain(word) ^ bit);
        Parcel parcel = bin.arrivals().empties();
        parcel.add(block);
        return parcel;
    }

    /** Makes three slabs and returns a used block of each, on its first page. */
    List<Long> leaveOneOfEachOfThree() {
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

    List<Long> sweepTheRest() {
        List<Long> bases = new ArrayList<>();
        for (long base = bin.sweepNextOr0(new BitSet());
                base != 0;
                base = bin.sweepNextOr0(new BitSet())) {
            bases.add(base);
            bin.endSweepOfSlab(false);
        }
        return bases;
    }

    long baseOf(long block) {
        return Slab.base(slabOf(block));
    }

    /** Puts all that is at hand back into the slabs, and takes none of them. */
    void putAllBack() {
        assertThat(bin.takeEmpty(new long[0], 0, true)).isZero();
    }

    int emptySlabs() {
        int found = 0;
        for (int number = 1; number <= 4; number++) {
            found += Slab.used(table.slab(number)) == 0 ? 1 : 0;
        }
        return found;
    }

    void addSlabs(int more) {
        for (int n = 1; n <= more; n++) {
            assertThat(bin.add(BASE + n * (SLAB_PAGES * PageOrder.PAGE_BYTES))).isTrue();
        }
    }

    /** Takes as many blocks as a slab has, of new slabs: they are all of one. */
    List<Long> takeAllOfSlab() {
        List<Long> blocks = new ArrayList<>();
        for (long block : take(SLOTS)) {
            blocks.add(block);
        }
        assertThat(blocks).allMatch(block -> slabOf(block) == slabOf(blocks.getFirst()));
        return blocks;
    }

    void freeAll(List<Long> blocks) {
        blocks.forEach(this::freeOwn);
    }

    void freeOwn(long block) {
        assertThat(bin.free(block)).isTrue();
    }

    void assertFree(long block) {
        assertThat(bin.isLive(block)).isFalse();
        assertThat(outbox(bin).free(block)).isFalse();
    }

    /** Takes and frees more than is at hand. */
    void exchange() {
        long[] taken = take(bin.magazine().room() + 1);
        for (long block : taken) {
            freeOwn(block);
        }
    }

    long[] take(int count) {
        long[] blocks = new long[count];
        for (int n = 0; n < count; n++) {
            blocks[n] = bin.takeOr0();
        }
        return blocks;
    }
}
