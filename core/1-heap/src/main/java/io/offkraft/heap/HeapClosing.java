// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.util.ArrayList;
import java.util.List;

/**
 * The end of a heap and of those below it, in one go.
 *
 * <p>First everything that may refuse is asked, so that a refusal changes nothing. Then threads are
 * kept out, the deepest heaps first; and what a heap below another one holds is given back run by
 * run: it takes time for what it holds, not for what the tree does. The memory of the heap above
 * all goes as a whole.
 */
final class HeapClosing {
    private final HeapTree tree;
    private final Heap top;

    /** Those that are closed; a heap comes before those below it. */
    private final List<Heap> heaps = new ArrayList<>();

    HeapClosing(HeapTree tree, Heap top) {
        this.tree = tree;
        this.top = top;
    }

    void run() {
        synchronized (tree.closing()) {
            collect(top);
            forbidArenas();
            for (Heap heap : heaps) {
                heap.lazyArenas().endScopes();
            }
            for (Heap heap : heaps.reversed()) {
                heap.shut();
                long[] runs = heap.pages().close();
                if (!top.place().isAboveAll()) {
                    giveBack(heap, runs);
                }
            }
            if (top.place().isAboveAll()) {
                tree.awaitHandsOff();
                tree.memory.close();
            } else {
                top.place().leave();
            }
        }
    }

    private void collect(Heap heap) {
        heaps.add(heap);
        heap.place().beginClosing().forEach(this::collect);
    }

    private void forbidArenas() {
        int asked = 0;
        try {
            for (Heap heap : heaps) {
                heap.lazyArenas().forbid();
                asked++;
            }
        } finally {
            if (asked < heaps.size()) {
                heaps.subList(0, asked).forEach(heap -> heap.lazyArenas().allow());
                heaps.forEach(heap -> heap.place().stayOpen());
            }
        }
    }

    private void giveBack(Heap heap, long[] runs) {
        for (long run : runs) {
            if (run != 0) {
                forget(run);
                heap.pages().giveBackOfClosed(run);
            }
        }
        tree.freeStripeNumbers(heap.stripes().all());
    }

    /** Takes out what the metadata tell of a run that is the caller's alone. */
    private void forget(long run) {
        PageMap map = tree.metadata.pageMap();
        long entry = map.entry(run);
        int sizeClass = PageMap.sizeClass(entry);
        if (entry == PageMap.NONE) {
            return; // in the hands of a thread that finds the heap closed
        }
        if (sizeClass < SizeClasses.COUNT) {
            long pages = SizeClasses.slabPages(sizeClass);
            map.setEntries(run, pages, PageMap.NONE);
            tree.metadata.liveBits().clearPages(run, pages);
            tree.metadata
                    .slabTable()
                    .giveBack(tree.metadata.slabTable().slab(PageMap.number(entry)));
        } else {
            map.setEntries(run, 1, PageMap.NONE);
        }
    }
}
