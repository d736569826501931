// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * A heap in the hands of one thread that allocates and frees all the time, as an event loop does:
 * it keeps this object, and is spared the look-up of who calls; and of each size class the block
 * that it got last is freed, and taken again, without a guard.
 *
 * <p>Blocks are the heap's: they may be freed through either, by any thread, and every misuse is
 * noticed as there. Also this object may be used by any thread; it is faster only for the one that
 * it was made for, and only if that is a platform thread. Objects of the same thread and heap share
 * what is kept.
 *
 * <p>What it costs: while the thread lives it keeps its part of the heap, even if it does nothing,
 * and in that one block of each size that it uses, at most 3 MiB in all, which neither decay nor
 * {@link Heap#trim} of another thread gives back; {@link #release} does.
 *
 * <p><b>Thread safety:</b> {@link #malloc} and {@link #free} by any thread, {@link #release} by the
 * one it was made for.
 *
 * <p><b>Memory effects, failure:</b> as of the heap. Of two threads that free the same block at the
 * same time, one of them its own through this object and interrupted in the middle of it, both may
 * return, and the block may be handed out twice.
 */
public final class ThreadHeap {
    private final Heap heap;
    private final Thread owner;

    // The owner's:

    /** The owner's tenure when it was looked for last. */
    private Tenure tenure = Tenure.NONE;

    /** What is lent to it, by size class; of the tenure's stripe. */
    private LentBlock[] lent = {};

    /** The same of large blocks, by place. */
    private LentLarge[] lentLarge = {};

    /** One of these, whose block was handed out last; or none. */
    private LentBlock last = LentBlock.NONE;

    private final LoanRest rest = new LoanRest();

    ThreadHeap(Heap heap) {
        this.heap = heap;
        owner = Thread.currentThread();
    }

    /** Returns the heap whose blocks these are. */
    public Heap heap() {
        return heap;
    }

    /** As {@link Heap#malloc}. */
    @SuppressWarnings("ReferenceEquality") // which one it is is what is asked
    public long malloc(long size) {
        if (tenure.isDirect(Thread.currentThread())) {
            LentBlock block;
            long address;
            if (SizeClasses.isSmall(size)) {
                block = lent[SizeClasses.of(size)];
                address = block.takeOr0();
            } else {
                long pages = LargeBlocks.pagesOf(size);
                LentLarge large = lentLarge[LargeCache.placeOf(pages)];
                block = large;
                address = large.takeOr0(pages);
            }
            if (address != 0) {
                if (last != block) { // a store of a reference is several instructions
                    last = block;
                }
                return address;
            }
        }
        return mallocWithGuard(size);
    }

    private long mallocWithGuard(long size) {
        Thread self = Thread.currentThread();
        if (self == owner) {
            if (SizeClasses.isSmall(size) && rest.isOn(SizeClasses.of(size))) {
                return heap.malloc(size);
            }
            Tenure present = tenure;
            if (present.tryEnter(self)) {
                long address;
                try {
                    Stripe stripe = present.stripe();
                    address =
                            present.isDirect(self) || stripe.tryLendAnew(present)
                                    ? lendOr0(stripe, size)
                                    : 0;
                } finally {
                    present.leave();
                }
                if (address != 0) {
                    return address;
                }
            }
        }
        return mallocOfHeap(self, size);
    }

    private long lendOr0(Stripe stripe, long size) {
        return SizeClasses.isSmall(size)
                ? lendSmallOr0(stripe, SizeClasses.of(size))
                : lendLargeOr0(stripe, size);
    }

    private long lendSmallOr0(Stripe stripe, int sizeClass) {
        Bin bin = stripe.bin(sizeClass);
        long address = bin.takeOr0();
        if (address != 0) {
            LentBlock to = bin.hand().lendOrNull(address);
            if (to == null) {
                bin.refuseLoan();
                rest.refused(sizeClass);
                to = LentBlock.NONE;
            } else {
                rest.lent(sizeClass, to.takes());
            }
            lent[sizeClass] = to;
            last = to;
        }
        return address;
    }

    private long lendLargeOr0(Stripe stripe, long size) {
        long address = heap.large().takeKeptOr0(stripe, size);
        if (address != 0) {
            last = stripe.loans().lend(address, LargeBlocks.pagesOf(size));
        }
        return address;
    }

    private long mallocOfHeap(Thread self, long size) {
        long address = heap.malloc(size);
        if (self == owner) {
            Tenure present = heap.stripes().tenureOf(self);
            if (present != tenure && present.tryEnter(self)) {
                try {
                    lent = present.stripe().lent();
                    lentLarge = present.stripe().loans().byPlace();
                    last = LentBlock.NONE;
                    tenure = present;
                } finally {
                    present.leave();
                }
            }
        }
        return address;
    }

    /** As {@link Heap#free}. */
    public void free(long address) {
        if (!tenure.isDirect(Thread.currentThread()) || !last.tryFree(address)) {
            heap.free(address);
        }
    }

    /**
     * Gives up what is kept for the calling thread, until it allocates again: for who will be idle.
     *
     * @throws WrongThreadException if this was made for another thread
     */
    public void release() {
        Thread self = Thread.currentThread();
        if (self != owner) {
            throw new WrongThreadException("made for %s, and called by %s".formatted(owner, self));
        }
        Tenure present = heap.stripes().tenureOf(self);
        if (present.thread == self) {
            present.stripe().endLending(present);
        }
    }
}
