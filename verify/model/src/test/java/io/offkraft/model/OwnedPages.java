// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.model.Pool.Outcome;
import io.offkraft.word.PageOrder;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** Pages that threads take, own for a while and give back, the block taken first first. */
final class OwnedPages {
    /** How many pages there are. */
    static final int PAGES = 4;

    /** Where pages come from. */
    interface Source {
        /** Returns the address of {@code count} pages, or 0. */
        long takeOr0(int count);

        /** Takes a block back. */
        void giveBack(long address, int count);
    }

    private record Block(long address, int pages) {}

    private static final int THREADS_MAX = 8;

    private final long memory;
    private final Source source;
    private final AtomicIntegerArray owned = new AtomicIntegerArray(PAGES);
    private final Queue<Block>[] mine = newQueues();

    OwnedPages(long memory, Source source) {
        this.memory = memory;
        this.source = source;
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of queues of one kind
    private static Queue<Block>[] newQueues() {
        Queue<Block>[] queues = new Queue[THREADS_MAX];
        for (int i = 0; i < THREADS_MAX; i++) {
            queues[i] = new ArrayDeque<>();
        }
        return queues;
    }

    private int firstPage(Block block) {
        return (int) ((block.address() - memory) >>> PageOrder.PAGE_SHIFT);
    }

    Outcome take(int thread, int count) {
        long address = source.takeOr0(count);
        if (address == 0) {
            return Outcome.NOTHING_THERE;
        }
        Block block = new Block(address, count);
        mine[thread].add(block);
        for (int page = firstPage(block); page < firstPage(block) + count; page++) {
            if (owned.getAndSet(page, 1) != 0) {
                return Outcome.TWO_OWNERS;
            }
        }
        return Outcome.DONE;
    }

    Outcome giveBack(int thread) {
        Block block = mine[thread].poll();
        if (block == null) {
            return Outcome.NOTHING_THERE;
        }
        for (int page = firstPage(block); page < firstPage(block) + block.pages(); page++) {
            owned.set(page, 0);
        }
        source.giveBack(block.address(), block.pages());
        return Outcome.DONE;
    }
}
