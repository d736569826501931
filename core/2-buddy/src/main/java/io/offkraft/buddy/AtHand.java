// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.word.PageOrder;
import java.util.Arrays;

/**
 * Single free pages that a {@link LockedBuddy} keeps apart from the merged ones for a moment, so
 * that the next request costs a bit operation instead of a walk.
 *
 * <p>They are free like the others: in no block, so a second free of one is told, and {@link
 * #flush} gives them back before a question is answered, before a chunk is opened and before a
 * request fails. Guarded by the allocator's lock.
 */
final class AtHand {
    /*
     * Idea
     *   A group is 64 aligned pages and a word with a bit for each that is at hand. Requests are
     *   served from the current group, its lowest page first. The next group is the lowest one of
     *   a chunk in use with something free, and what is free of it becomes the bits. To prefer the
     *   smallest blocks wherever they lie, as longer requests do, would never heal a region in
     *   which single pages are free all over. A page that is freed joins its group: the current
     *   one, or one of a few that only frees have opened. Where a group is open depends on its
     *   number alone, so that a free need not search; who opens one puts back what was there, a
     *   run of bits as one block. So pages freed in a row are merged 64 at a time, and what was
     *   freed last is not used again as long as there are lower pages.
     *
     * Ages
     *   A page that was freed gets its stamp when it is put back. The epoch does not move while
     *   something is at hand, so it is the right one. What was only taken out of the free blocks
     *   is as old as before.
     */
    private static final int SLOTS = 8;

    private static final OpenGroup NONE = new OpenGroup();

    private final Regions regions;
    private final boolean on;

    /** By the low bits of their numbers. */
    private final OpenGroup[] slots = new OpenGroup[SLOTS];

    /** What requests are served from: one of those, or a closed one. */
    private OpenGroup current = NONE;

    /** Whether something may be at hand whose memory is to go after some time. */
    private boolean decays;

    AtHand(Regions regions, boolean on) {
        this.regions = regions;
        this.on = on;
        Arrays.setAll(slots, slot -> new OpenGroup());
    }

    /** Returns whether something may be at hand whose memory is to go after some time. */
    boolean decays() {
        return decays;
    }

    /** Hands out a page; returns its address, or 0 if the current group has none. */
    long takeOr0() {
        return current.takeOr0();
    }

    /**
     * Takes the page at {@code address} back and keeps it, if its group is open: so there is
     * nothing new whose memory is to go after some time.
     *
     * @return whether it did; if not, nothing changed
     */
    boolean tryKeepInOpenGroup(long address) {
        return slotAt(address).tryKeep(address);
    }

    /**
     * Takes the page at {@code address}, whose group is not open, back and keeps it.
     *
     * @return whether it did; if not, nothing changed: it is no block of a page, or the current
     *     group is where its group would be
     */
    boolean tryKeep(long address, int epoch) {
        OpenGroup slot = slotAt(address);
        Region of = on && BuddyAllocator.isPageAligned(address) ? regions.holding(address) : null;
        long page = address >>> PageOrder.PAGE_SHIFT;
        if (of == null || of.blocks.lengthOr0(page - of.firstPage) != 1) {
            return false;
        }
        if (slot == current) {
            if (!slot.isEmpty()) {
                return false;
            }
            current = NONE;
        }
        slot.putBack(epoch);
        open(slot, of, page);
        return slot.tryKeep(address);
    }

    /** Opens a group where nothing is at hand. */
    private void open(OpenGroup slot, Region of, long page) {
        slot.open(of, page);
        decays |= of.chunks != null;
    }

    private OpenGroup slotAt(long address) {
        return slots[(int) OpenGroup.numberAt(address) & (SLOTS - 1)];
    }

    /**
     * Makes the group current that has the lowest page, as the one before has none left.
     *
     * @return false if a walk must find a page
     */
    boolean refill(int epoch) {
        while (on) {
            OpenGroup lowest = lowestSlot();
            Region of = regions.firstWithFreePagesOrNull();
            long merged = of == null ? FreeBlock.NONE : of.lowestInUse();
            long address = FreeBlock.page(merged) << PageOrder.PAGE_SHIFT;
            if (of == null
                    || merged == FreeBlock.NONE
                    || (!lowest.isEmpty() && OpenGroup.numberAt(address) >= lowest.number())) {
                current = lowest;
                return !lowest.isEmpty();
            }
            current = slotAt(address);
            if (current.isEmpty()) {
                open(current, of, FreeBlock.page(merged));
                current.gather(merged);
                return true;
            }
            current.putBack(epoch); // what lies there now may merge with that block: look again
        }
        return false;
    }

    /** Returns the lowest group that has a page; an empty one if none has. */
    private OpenGroup lowestSlot() {
        OpenGroup lowest = NONE;
        for (OpenGroup slot : slots) {
            if (!slot.isEmpty() && (lowest.isEmpty() || slot.number() < lowest.number())) {
                lowest = slot;
            }
        }
        return lowest;
    }

    /** Puts everything back, so that it is merged. */
    void flush(int epoch) {
        for (OpenGroup slot : slots) {
            slot.putBack(epoch);
        }
        forget();
    }

    /** Forgets everything: nothing is at hand, or the regions are leaving. */
    void forget() {
        for (OpenGroup slot : slots) {
            slot.close();
        }
        current = NONE;
        decays = false;
    }
}
