// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.PageOrder;

/** When a block keeps its place although its size changes. */
final class Resizing {
    private Resizing() {}

    /**
     * Returns whether a block of {@code slotBytes} bytes stays in its slot at {@code size} bytes:
     * it fits, and a block of the size's own class would not save a quarter.
     */
    static boolean staysInSlot(long slotBytes, long size) {
        return size >= 0
                && size <= slotBytes
                && SizeClasses.bytes(SizeClasses.of(size)) * 4L >= slotBytes * 3;
    }

    /**
     * Returns whether a block of {@code usable} bytes may have been handed out for {@code size}
     * bytes with that alignment, or with none have been resized to that.
     */
    static boolean mayHold(long usable, long alignment, long size) {
        if (size < 0 || size > usable) {
            return false;
        }
        if (size > SizeClasses.MAX_BYTES) {
            return PageOrder.pagesHolding(size) << PageOrder.PAGE_SHIFT == usable;
        }
        if (alignment <= SizeClasses.GRANULE_BYTES) {
            // Where there was no room for a slab, a block of the class got pages of its own.
            long slot = SizeClasses.bytes(SizeClasses.of(size));
            return staysInSlot(usable, size)
                    || PageOrder.pagesHolding(slot) << PageOrder.PAGE_SHIFT == usable;
        }
        int sizeClass =
                SizeClasses.ofAlignedOrMinus1(size, Math.min(alignment, PageOrder.PAGE_BYTES));
        long slot =
                sizeClass < 0 || alignment > PageOrder.PAGE_BYTES
                        ? size
                        : SizeClasses.bytes(sizeClass);
        return slot == usable
                || Math.max(1, PageOrder.pagesHolding(slot)) << PageOrder.PAGE_SHIFT == usable;
    }
}
