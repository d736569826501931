// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;

/** Says what is wrong with an address that was to be freed, resized or asked about. */
final class Diagnosis {
    private final HeapTree tree;
    private final PageMap map;
    private final Stripes stripes;
    private final SmallBlocks small;
    private final BuddyAllocator buddy;
    private final Account.Owner heap;

    Diagnosis(HeapTree tree, Stripes stripes, SmallBlocks small, Account.Owner heap) {
        this.tree = tree;
        map = tree.metadata.pageMap();
        this.stripes = stripes;
        this.small = small;
        buddy = tree.buddy;
        this.heap = heap;
    }

    /** Returns what to throw for an address at which no block begins. Without a guard. */
    MisuseException of(long address) {
        if (!map.covers(address)) {
            return new MisuseException(Kind.WILD, address, "it lies outside of this heap");
        }
        SmallBlocks.Slot slot = null;
        Stripe owner = null;
        Stripe home = stripes.lockHome();
        try {
            home.checkOpen();
            long entry = map.entry(address);
            if (entry != PageMap.NONE && PageMap.sizeClass(entry) < SizeClasses.COUNT) {
                owner = tree.stripeOrNull(PageMap.stripe(entry));
                slot = owner == null ? null : small.slotAround(owner, address, entry);
            }
        } finally {
            home.unlock();
        }
        if (slot == null || owner == null) {
            return noPages(address);
        }
        return owner.home() != stripes && slot.begin() == address && !slot.isFree()
                ? foreign(address, owner)
                : noSlot(address, slot);
    }

    private MisuseException foreign(long address, Stripe owner) {
        return new MisuseException(
                Kind.FOREIGN,
                address,
                "the block belongs to the heap %s, and was given to the heap %s"
                        .formatted(owner.home().heap().path(), heap.path()));
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
        long entry = begin == 0 ? PageMap.NONE : map.entry(begin);
        Stripe owner = tree.stripeOrNull(PageMap.stripe(entry));
        int sizeClass = PageMap.sizeClass(entry);
        boolean large = sizeClass == PageMap.LARGE || sizeClass == PageMap.LENT;
        if (large && begin == address && owner != null && owner.home() != stripes) {
            return foreign(address, owner);
        }
        return !large || begin == address // which is a new block, handed out since
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
