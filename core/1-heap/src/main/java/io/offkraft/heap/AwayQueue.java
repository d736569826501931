// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The words of a bin's away maps with slots that others have freed, until the bin collects them.
 *
 * <p>A stack of Treiber's that is only ever emptied as a whole, so no word can be met again behind
 * one's back. The links are in the slabs' descriptors.
 *
 * <p><b>Thread safety:</b> {@link #push} needs no guard, the rest that of the stripe.
 */
final class AwayQueue extends OwnCacheLine {
    /**
     * A word of which less than so many slots were freed away, of less than so many bytes, is
     * collected only if it must be.
     */
    private static final int WORTH_SLOTS = 8;

    private static final int WORTH_BYTES = 4096;

    private static final VarHandle FIRST;

    static {
        try {
            FIRST = MethodHandles.lookup().findVarHandle(AwayQueue.class, "first", long.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final SlabTable table;
    private final int worth;

    /** The first word; the others follow by {@link Slab#nextInQueue}. */
    private volatile long first;

    /** Words that were taken out, but were not worth it. Guarded by the stripe. */
    private long deferred;

    AwayQueue(SlabTable table, int slotBytes) {
        this.table = table;
        worth = Math.clamp(WORTH_BYTES / slotBytes, 1, WORTH_SLOTS);
    }

    /** Puts a word in, of which the caller has freed the first slot. */
    void push(long slab, long word) {
        long next;
        do {
            next = first;
            Slab.setNextInQueue(slab, word, next);
            SharedAtomics.count();
            // Releases the link; acquired by takeOr0.
        } while (!FIRST.compareAndSet(this, next, word));
    }

    /**
     * Takes words out: the first, or 0 if there are none; the others follow.
     *
     * @param all whether also where it is little, which would have the cache line go to and fro
     */
    long takeOr0(boolean all) {
        long before = deferred;
        deferred = 0;
        long taken = take(before, all, 0);
        return take(takeFirst(), all, taken);
    }

    private long takeFirst() {
        if (first == 0) {
            return 0;
        }
        SharedAtomics.count();
        return (long) FIRST.getAndSet(this, 0L); // acquires the links: pairs with push
    }

    private long take(long from, boolean all, long before) {
        long taken = before;
        for (long word = from; word != 0; ) {
            long slab = table.slabOf(word);
            long next = Slab.nextInQueue(slab, word);
            if (all || Slab.waiting(word) >= worth) {
                Slab.setNextInQueue(slab, word, taken);
                taken = word;
            } else {
                Slab.setNextInQueue(slab, word, deferred);
                deferred = word;
            }
            word = next;
        }
        return taken;
    }

    void forget() {
        first = 0;
        deferred = 0;
    }
}
