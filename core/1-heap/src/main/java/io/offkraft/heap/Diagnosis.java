// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;

/** Says what is wrong with an address that was to be freed, resized or asked about. */
final class Diagnosis {
    private final PageMap map;
    private final Stripes stripes;
    private final SmallBlocks small;
    private final BuddyAllocator buddy;

    Diagnosis(PageMap map, Stripes stripes, SmallBlocks small, BuddyAllocator buddy) {
        this.map = map;
        this.stripes = stripes;
        this.small = small;
        this.buddy = buddy;
    }

    /** Returns what to throw for an address at which no block begins. Without a guard. */
    MisuseException of(long address) {
        if (!map.covers(address)) {
            return new MisuseException(Kind.WILD, address, "it lies outside of this heap");
        }
        SmallBlocks.Slot slot = null;
        Stripe home = stripes.lockHome();
        try {
            home.checkOpen();
            long entry = map.entry(address);
            if (entry != PageMap.NONE && PageMap.sizeClass(entry) < SizeClasses.COUNT) {
                slot = small.slotAround(address, entry);
            }
        } finally {
            home.unlock();
        }
        return slot == null ? noPages(address) : noSlot(address, slot);
    }

    private static MisuseException noSlot(long address, SmallBlocks.Slot slot) {
        if (!slot.exists()) {
            return new MisuseException(
                    Kind.WILD, address, "no block of " + slot.bytes() + " bytes lies there");
        }
        return slot.isFree()
                ? new MisuseException(
                        Kind.DOUBLE_FREE,
                        address,
                        "the block of %d bytes at 0x%x is free: given back before, or never handed out"
                                .formatted(slot.bytes(), slot.begin()))
                : new MisuseException(
                        Kind.INTERIOR,
                        address,
                        "it lies inside the block of %d bytes at 0x%x"
                                .formatted(slot.bytes(), slot.begin()));
    }

    private MisuseException noPages(long address) {
        long begin = buddy.blockBeginOr0(address);
        int state = begin == 0 ? 0 : PageMap.sizeClass(map.entry(begin));
        return state != PageMap.LARGE
                ? new MisuseException(
                        Kind.DOUBLE_FREE,
                        address,
                        "the page is free: given back before, or never handed out")
                : new MisuseException(
                        Kind.INTERIOR,
                        address,
                        "it lies inside the block at 0x%x".formatted(begin));
    }
}
