// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.PageOrder;
import java.lang.foreign.Arena;

/** Raw memory for what is known of one slab: that of each schedule has it, one after the other. */
final class SlabMemory implements AutoCloseable {
    static final int PAGES = 16;

    private final Arena arena = Arena.ofShared();
    final long map = zeroed(PAGES * 8L);
    final long bits = zeroed(PAGES * PageOrder.PAGE_BYTES / LiveBits.BYTES_PER_BYTE);
    final long slabs = zeroed((PAGES + 1) * (long) Slab.BYTES);

    private long zeroed(long bytes) {
        return arena.allocate(bytes, PageOrder.PAGE_BYTES).address();
    }

    @Override
    public void close() {
        arena.close();
    }
}
