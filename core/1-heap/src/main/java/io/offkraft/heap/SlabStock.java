// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.util.BitSet;

/**
 * The slabs of a bin: which have free slots, which are empty and may go, and the sweep that gives
 * back the memory of free pages in those that stay.
 *
 * <p>Guarded by the stripe.
 */
final class SlabStock {
    /** Of so many slabs an empty one is kept: an eighth of their memory at most. */
    private static final int SLABS_TO_KEEP_ONE = 8;

    private final PageMap map;
    private final SlabTable table;
    private final LiveBits live;
    private final SlabShape shape;
    private final int stripe;
    private final int sizeClass;

    /* A slab is in the list while its free map has a bit set. */
    private final SlabList partial = new SlabList();
    private final EmptyCount empty;
    private final SlabSweep sweep;
    private long keptEmpty; // slab that was kept when it became empty, perhaps used since; or 0
    private int slabs;
    private boolean surplus; // a slab may be empty that need not be kept

    SlabStock(int stripe, int sizeClass, HeapMetadata metadata, EmptySlabs ofStripe) {
        this.stripe = stripe;
        this.sizeClass = sizeClass;
        map = metadata.pageMap();
        table = metadata.slabTable();
        live = metadata.liveBits();
        shape = SlabShape.of(sizeClass);
        empty = new EmptyCount(ofStripe, shape.pages);
        sweep = new SlabSweep(table, shape);
    }

    /** Returns a slab with free slots, which {@link Slab#next} follows; 0 if there is none. */
    long firstPartial() {
        return partial.first();
    }

    /** Returns how many slabs there are. */
    int count() {
        return slabs;
    }

    /** Adds a slab of new pages; false if there are too many slabs. */
    boolean add(long base) {
        int number = table.takeNumberOr0();
        if (number == 0) {
            return false;
        }
        long slab = table.slab(number);
        Slab.create(slab, base, shape.slots);
        map.setEntries(base, shape.pages, PageMap.slabEntry(stripe, sizeClass, number));
        slabs++;
        empty.add();
        partial.addFirst(slab);
        return true;
    }

    /** So many slots of a slab in the list were taken, and are marked so in its free map. */
    void take(long slab, int some) {
        int used = Slab.used(slab);
        if (used == 0 && some > 0) {
            empty.remove();
        }
        Slab.setUsed(slab, used + some);
        Slab.setDiscarded(slab, false);
        noteBarePages(slab);
        if (!shape.hasFree(slab)) {
            unlink(slab);
        }
    }

    /**
     * Slots were taken: their pages carry memory, or soon will. No more pages can be bare than are
     * free. There may be fewer, where one that was used lies free beside one that was taken: which
     * ones are bare is not known, and a hint is all that {@link Growth} needs.
     */
    private void noteBarePages(long slab) {
        int bare = Slab.barePages(slab);
        if (bare > 0) {
            table.setBarePages(slab, Math.min(bare, shape.countFreePages(slab)));
        }
    }

    /** So many slots of a slab, or none, became free, and are marked so in its free map. */
    void putBack(long slab, int some) {
        int used = Slab.used(slab) - some;
        if (used == 0 && some > 0) {
            empty.add();
        }
        Slab.setUsed(slab, used);
        if (!sweep.has(slab) && (used == 0 || !Slab.isLinked(slab))) {
            list(slab);
        }
    }

    /** Puts a slab into the list, where it belongs. */
    private void list(long slab) {
        if (!Slab.isLinked(slab) && shape.hasFree(slab)) {
            partial.addFirst(slab);
        }
        if (Slab.used(slab) == 0) {
            moveToEnd(slab);
            if (keptEmpty == 0 && slabs >= SLABS_TO_KEEP_ONE) {
                keptEmpty = slab;
            } else if (slab != keptEmpty) {
                surplus = true;
            }
        }
    }

    // Giving empty ones back

    /** Returns whether slabs may be empty that need not be kept: see {@link #takeEmpty}. */
    boolean hasSurplus() {
        return surplus;
    }

    /** Returns how many slabs were empty all the time since this was asked last. */
    int takeUntouched() {
        return empty.takeLeast();
    }

    /**
     * Takes the pages of slabs that are empty, and forgets the slabs.
     *
     * @param most how many, at most
     * @param all whether also those that are kept for the next block
     * @return how many there are in {@code bases}; if it is full there may be more
     */
    int takeEmpty(long[] bases, int most, boolean all) {
        if (all) {
            keptEmpty = 0;
        }
        surplus = false;
        int room = Math.min(most, bases.length);
        int found = 0;
        for (long slab = partial.first(); slab != 0; ) {
            long next = Slab.next(slab);
            if (mayGo(slab, all)) {
                if (found == room) {
                    surplus = true;
                    return found;
                }
                unlink(slab);
                bases[found++] = dissolve(slab);
            }
            slab = next;
        }
        return found;
    }

    private boolean mayGo(long slab, boolean all) {
        // Another thread may have freed a slot that was free, by mistake at the same time: it is on
        // its way here, so the slab must stay until it has come.
        return Slab.used(slab) == 0
                && !sweep.has(slab)
                && !live.isAnySet(Slab.base(slab), shape.pages)
                && (all || (slab != keptEmpty && !isOnlyOne(slab)));
    }

    /** Returns whether no other slab is known to have a free slot. */
    private boolean isOnlyOne(long slab) {
        return partial.first() == slab && Slab.next(slab) == 0;
    }

    /**
     * Forgets the slab, which is in no list; returns its pages, to be given back without the guard.
     */
    private long dissolve(long slab) {
        if (slab == keptEmpty) {
            keptEmpty = 0;
        }
        slabs--;
        empty.remove();
        long base = Slab.base(slab);
        map.setEntries(base, shape.pages, PageMap.NONE);
        table.giveBack(slab);
        return base;
    }

    private void unlink(long slab) {
        sweep.leave(slab);
        partial.remove(slab);
    }

    private void moveToEnd(long slab) {
        if (Slab.next(slab) != 0) { // else it is there, and a sweep has yet to see it
            sweep.leave(slab);
            partial.moveToEnd(slab);
        }
    }

    // Sweeping: giving back the memory of free pages in slabs in use

    /** Begins a sweep of all slabs with free slots. */
    void beginSweep() {
        sweep.begin(partial.first());
    }

    /** As {@link Bin#sweepNextOr0}. */
    long sweepNextOr0(BitSet pages) {
        long slab = sweep.nextOr0(pages);
        if (slab == 0) {
            return 0;
        }
        unlink(slab);
        return Slab.base(slab);
    }

    /** As {@link Bin#endSweepOfSlab}. */
    void endSweepOfSlab(boolean discarded) {
        long slab = sweep.endOr0(discarded);
        if (slab != 0) {
            list(slab);
        }
    }

    /** The heap is closed. */
    void forget() {
        partial.forget();
        keptEmpty = 0;
        sweep.forget();
    }
}
