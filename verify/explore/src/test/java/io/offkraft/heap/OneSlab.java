// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.sync.LockClass;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.PageOrder;

/** A bin with a slab, whose blocks are addresses only: nothing is there. */
class OneSlab {
    static final int SIZE_CLASS = SizeClasses.of(64);
    private static final long BASE = 1L << 40;

    final PageMap pages;
    final SlabTable table;
    final LiveBits live;
    final Bin bin;

    OneSlab(SlabMemory memory) {
        pages = new PageMap(memory.map, BASE, SlabMemory.PAGES * PageOrder.PAGE_BYTES);
        table =
                new SlabTable(
                        Synchronization.NONE.newLock(LockClass.named("of a test")),
                        memory.slabs,
                        SlabMemory.PAGES);
        live = new LiveBits(memory.bits, BASE);
        live.clearPages(BASE, SlabMemory.PAGES);
        bin = new Bin(0, SIZE_CLASS, new HeapMetadata(pages, live, table), new EmptySlabs());
        assertThat(bin.add(BASE)).isTrue();
    }

    /** Frees a block as a thread does that is not the owner, and sends it. */
    boolean freeAway(long block) {
        Outbox outbox =
                new Outbox(PageMap.keyOf(pages.entry(block)), bin, new Magazine(live), live);
        boolean freed = outbox.free(block);
        outbox.send();
        return freed;
    }
}
