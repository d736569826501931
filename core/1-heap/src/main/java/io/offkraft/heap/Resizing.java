// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

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
}
