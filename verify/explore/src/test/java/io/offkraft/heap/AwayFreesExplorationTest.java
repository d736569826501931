// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.explore.Explorer;
import io.offkraft.explore.Program;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.PageOrder;
import java.lang.foreign.Arena;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Threads that free blocks of another one's bin without its guard, and its collecting of them. */
class AwayFreesExplorationTest {
    private static final int SIZE_CLASS = SizeClasses.of(64);
    private static final int PAGES = 16;
    private static final long BASE = 1L << 40;

    private final Arena arena = Arena.ofShared();
    private final long map = zeroed(PAGES * 8L);
    private final long bits = zeroed(PAGES * 32L);
    private final long slabs = zeroed((PAGES + 1) * (long) Slab.BYTES);

    private long zeroed(long bytes) {
        return arena.allocate(bytes, PageOrder.PAGE_BYTES).address();
    }

    @AfterEach
    void close() {
        arena.close();
    }

    /** A bin with a slab; each schedule's has the same memory, one after the other. */
    private final class OneSlab {
        final PageMap pages = new PageMap(map, BASE, PAGES * PageOrder.PAGE_BYTES);
        final SlabTable table =
                new SlabTable(
                        Synchronization.NONE.newLock(LockClass.named("of a test")), slabs, PAGES);
        final LiveBits live = new LiveBits(bits, BASE);
        final Bin bin;

        OneSlab() {
            live.clearPages(BASE, PAGES);
            bin = new Bin(0, SIZE_CLASS, new HeapMetadata(pages, live, table), new EmptySlabs());
            assertThat(bin.add(BASE)).isTrue();
        }

        boolean freeAway(long block) {
            long entry = pages.entry(block);
            return bin.freeAway(table.slab(PageMap.number(entry)), block, entry);
        }

        long[] takeAll() {
            return LongStream.generate(bin::takeOr0).takeWhile(block -> block != 0).toArray();
        }

        /** The owner's: puts all that is free into the slab. */
        void collect() {
            assertThat(bin.takeEmpty(new long[0], 0, true)).isZero();
        }
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    @Test
    @DisplayName("B-07 a second free of another one's block is refused, whenever it is collected")
    void secondFreeIsRefused() {
        Explorer.of(
                        () -> {
                            OneSlab slab = new OneSlab();
                            final long block = slab.bin.takeOr0();
                            final long neighbour = slab.bin.takeOr0();
                            slab.bin.takeOr0(); // is in the hand
                            return Program.of(
                                            () -> {
                                                check(
                                                        slab.freeAway(block),
                                                        "the first free is refused");
                                                check(
                                                        !slab.freeAway(block),
                                                        "the second free is not");
                                            },
                                            () ->
                                                    check(
                                                            slab.freeAway(neighbour),
                                                            "the other is refused"),
                                            () -> {
                                                slab.collect();
                                                slab.collect();
                                            })
                                    .check(() -> {
                                        slab.collect();
                                        assertThat(slab.bin.foreignFrees()).as("twice").isZero();
                                    });
                        })
                .exhaust(3);
    }

    @Test
    @DisplayName(
            "B-07 of two threads that free another one's block at once one does, or it is told")
    void twoFreesAtOnceAreOne() {
        Explorer.of(
                        () -> {
                            OneSlab slab = new OneSlab();
                            final long block = slab.bin.takeOr0();
                            slab.bin.takeOr0(); // is in the hand
                            int[] freed = new int[1];
                            Runnable free =
                                    () -> {
                                        boolean did = slab.freeAway(block);
                                        freed[0] += did ? 1 : 0;
                                    };
                            return Program.of(
                                            free,
                                            free,
                                            () -> {
                                                slab.collect();
                                                slab.collect();
                                            })
                                    .check(() -> {
                                        slab.collect();
                                        assertThat(freed[0] + slab.bin.foreignFrees()).isEqualTo(1);
                                        assertThat(slab.takeAll()).doesNotHaveDuplicates();
                                    });
                        })
                .exhaust(3);
    }
}
