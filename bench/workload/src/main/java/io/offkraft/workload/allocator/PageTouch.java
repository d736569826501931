// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;

/**
 * The one write a page that makes the kernel give memory, as the program's own use of the block
 * would.
 */
final class PageTouch {
    /** What is written. */
    static final byte VALUE = 1;

    private PageTouch() {}

    /**
     * Writes a byte at {@code address} and at every page's distance from it, below {@code address +
     * sizeBytes}.
     */
    static void touch(long address, long sizeBytes) {
        for (long offset = 0; offset < sizeBytes; offset += PageOrder.PAGE_BYTES) {
            RawMemory.storeBytePlain(address + offset, VALUE);
        }
    }
}
