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

    /** By place of the stripe: what it had done when time passed last. */
    private StripeUse[] useAtTick = new StripeUse[0];

    /** The same when the heap had grown last. */
    private StripeUse[] useAtGrowth = new StripeUse[0];

    /** What was taken out of the depot when time passed last, and when the heap had grown last. */
    private long takesAtTick;

    private long takesAtGrowth;

    /** What all heaps held then. */
    private long pagesAtDepot;

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
        for (Stripe stripe : stripes.all()) { // before any is looked at
            any |= !closed.getAsBoolean() && sendOutgoing(stripe);
        }
        useAtTick = withRoom(useAtTick);
        for (int place = 0; place < useAtTick.length && !closed.getAsBoolean(); place++) {
            any |= giveBackIdle(stripes.get(place), useAtTick[place], true);
        }
        if (!closed.getAsBoolean()) {
            any |= large.depot().pagesOfAll() > 0;
            if (large.depot().takes() == takesAtTick) {
                large.depot().rest();
            }
            takesAtTick = giveBackIdleDepot(takesAtTick, true);
        }
        return any;
    }

    /** The heap grows: see {@link Growth}. */
    void grow(long pages, BooleanSupplier closed) {
        useAtGrowth = withRoom(useAtGrowth);
        for (int place = 0; place < useAtGrowth.length && !closed.getAsBoolean(); place++) {
            Stripe stripe = stripes.get(place);
            if (useAtGrowth[place].isDue(stripe, useAtGrowth.length, pages)) {
                sendOutgoing(stripe);
                giveBackIdle(stripe, useAtGrowth[place], false);
            }
        }
        if (StripeUse.isFar(pagesAtDepot, pages) && !closed.getAsBoolean()) {
            pagesAtDepot = pages;
            takesAtGrowth = giveBackIdleDepot(takesAtGrowth, false);
        }
    }

    /** Sends what users of the stripe have freed of others; returns whether there was anything. */
    private boolean sendOutgoing(Stripe stripe) {
        boolean any = stripe.outgoing().isAny();
        if (any) {
            small.send(stripe);
        }
        return any;
    }

    /** Empties the depot if nothing was taken out since; returns what was until now. */
    private long giveBackIdleDepot(long takesBefore, boolean aged) {
        long takes = large.depot().takes();
        if (takes == takesBefore) {
            large.giveBackDepot(aged);
        }
        return takes;
    }

    /** Returns {@code uses} with one for each stripe. */
    private StripeUse[] withRoom(StripeUse[] uses) {
        StripeUse[] room = Arrays.copyOf(uses, stripes.count());
        for (int place = uses.length; place < room.length; place++) {
            room[place] = new StripeUse();
        }
        return room;
    }

    /**
     * Gives back what the stripe keeps of sizes that were idle since {@code use} was written.
     *
     * @param aged whether time has passed; else the heap grows
     * @return whether the stripe has a slab, or large blocks were asked for
     */
    private boolean giveBackIdle(Stripe stripe, StripeUse use, boolean aged) {
        boolean any = false;
        boolean begun = false;
        try {
            for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
                Bin bin = stripe.bin(sizeClass);
                if (bin.isUsed()) {
                    any = true;
                    boolean idle = use.isIdle(bin);
                    // Without the guard: or else the next time.
                    boolean gives = idle || bin.hasSurplus();
                    boolean collects = aged && bin.isAnyToCollect();
                    boolean handWaits = aged && bin.hand().isGivenUp();
                    if (!begun && (gives || collects || handWaits)) {
                        stripe.beginUpkeep();
                        begun = true;
                    }
                    if (collects) {
                        small.collect(stripe, bin);
                    }
                    if (gives) {
                        giveBack(stripe, bin, idle, aged);
                    }
                    if (handWaits) {
                        small.passTime(stripe, bin);
                    }
                }
            }
        } finally {
            if (begun) {
                stripe.endUpkeep();
            }
        }
        if (use.isLargeIdle(stripe)) {
            large.giveBackKept(stripe, aged);
        } else {
            any = true;
            large.giveBackUnwanted(stripe);
        }
        return any;
    }

    private void giveBack(Stripe stripe, Bin bin, boolean idle, boolean aged) {
        if (aged && !idle) {
            small.giveBackUntouched(stripe, bin);
        } else {
            small.giveBackEmpty(stripe, bin, idle, aged);
        }
        if (idle && pagesDecay) {
            small.discardFreePages(stripe, bin);
        }
    }

    /** Gives back all pages that are held for nothing; returns whether there were any. */
    boolean reclaim() {
        boolean any = large.giveBackDepot(false);
        Stripe[] all = stripes.all();
        int begun = 0;
        try {
            // Of all, before any is looked at: what one stripe has freed of another's.
            for (Stripe stripe : all) {
                stripe.beginUpkeep();
                begun++;
                small.send(stripe);
            }
            for (Stripe stripe : all) {
                any |= reclaim(stripe);
            }
        } finally {
            for (int place = 0; place < begun; place++) {
                all[place].endUpkeep();
            }
        }
        return any;
    }

    private boolean reclaim(Stripe stripe) {
        stripe.recallLent();
        boolean any = large.giveBackKept(stripe, false);
        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            Bin bin = stripe.bin(sizeClass);
            if (bin.isUsed()) {
                any |= small.giveBackEmpty(stripe, bin, true, false);
            }
        }
        return any;
    }

    /** Gives back the memory of pages on which no slot is taken. */
    void discardFreePages() {
        for (Stripe stripe : stripes.all()) {
            stripe.beginUpkeep();
            try {
                for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
                    if (stripe.bin(sizeClass).isUsed()) {
                        small.discardFreePages(stripe, stripe.bin(sizeClass));
                    }
                }
            } finally {
                stripe.endUpkeep();
            }
        }
    }
}
