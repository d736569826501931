// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.util.Arrays;
import java.util.function.BooleanSupplier;

/**
 * What a heap gives back without being told which block: when time passes, at a trim, and before a
 * request fails. All without a guard, on any thread; {@link #tick} on one at a time, and {@link
 * #grow}.
 */
final class Upkeep {
    private final Stripes stripes;
    private final SmallBlocks small;
    private final LargeBlocks large;
    private final boolean pagesDecay;

    /** By place of the stripe and size class: its allocations when time passed last. */
    private long[][] allocationsAtTick = new long[0][];

    /** The same when the heap had grown last. */
    private long[][] allocationsAtGrowth = new long[0][];

    Upkeep(Stripes stripes, SmallBlocks small, LargeBlocks large, boolean pagesDecay) {
        this.stripes = stripes;
        this.small = small;
        this.large = large;
        this.pagesDecay = pagesDecay;
    }

    /**
     * Half the decay time has passed; returns whether there is memory that may become idle.
     *
     * @param closed whether the heap is closed meanwhile
     */
    boolean tick(BooleanSupplier closed) {
        boolean any = stripes.withdrawIdle();
        allocationsAtTick = withRoom(allocationsAtTick);
        for (int place = 0; place < allocationsAtTick.length && !closed.getAsBoolean(); place++) {
            any |= giveBackIdle(stripes.get(place), allocationsAtTick[place], true);
        }
        return any;
    }

    /** The heap grows: see {@link Growth}. */
    void grow(BooleanSupplier closed) {
        allocationsAtGrowth = withRoom(allocationsAtGrowth);
        for (int place = 0; place < allocationsAtGrowth.length && !closed.getAsBoolean(); place++) {
            giveBackIdle(stripes.get(place), allocationsAtGrowth[place], false);
        }
    }

    /** Returns {@code before} with a row for each stripe. */
    private long[][] withRoom(long[][] before) {
        long[][] room = Arrays.copyOf(before, stripes.count());
        for (int place = before.length; place < room.length; place++) {
            room[place] = new long[SizeClasses.COUNT + 1];
        }
        return room;
    }

    /**
     * Gives back what the stripe keeps of sizes that nobody has asked for since {@code before} was
     * written.
     */
    private boolean giveBackIdle(Stripe stripe, long[] before, boolean aged) {
        boolean any = false;
        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            Bin bin = stripe.bin(sizeClass);
            if (bin.isUsed()) {
                any = true;
                boolean idle = bin.allocations() == before[sizeClass];
                before[sizeClass] = bin.allocations();
                if (idle) {
                    small.giveBackEmpty(stripe, bin, true, aged);
                    if (pagesDecay) {
                        small.discardFreePages(stripe, bin);
                    }
                } else if (bin.hasSurplus()) { // without the guard: or else the next time
                    small.giveBackEmpty(stripe, bin, false, aged);
                }
            }
        }
        boolean largeIdle = stripe.largeAllocations() == before[SizeClasses.COUNT];
        before[SizeClasses.COUNT] = stripe.largeAllocations();
        if (largeIdle) {
            large.giveBackKept(stripe, aged);
        } else {
            any = true;
        }
        return any;
    }

    /** Gives back all pages that are held for nothing; returns whether there were any. */
    boolean reclaim() {
        boolean any = false;
        for (Stripe stripe : stripes.all()) {
            any |= large.giveBackKept(stripe, false);
            for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
                Bin bin = stripe.bin(sizeClass);
                if (bin.isUsed()) {
                    any |= small.giveBackEmpty(stripe, bin, true, false);
                }
            }
        }
        return any;
    }

    /** Gives back the memory of pages on which no slot is taken. */
    void discardFreePages() {
        for (Stripe stripe : stripes.all()) {
            for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
                if (stripe.bin(sizeClass).isUsed()) {
                    small.discardFreePages(stripe, stripe.bin(sizeClass));
                }
            }
        }
    }
}
