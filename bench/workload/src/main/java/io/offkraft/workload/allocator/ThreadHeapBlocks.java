// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import io.offkraft.heap.ThreadHeap;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of a heap that each thread of the crew keeps at hand, as an event loop would; others call
 * the heap itself.
 */
final class ThreadHeapBlocks extends OffkraftBlocks {
    ThreadHeapBlocks(int objects, HeapOptions options) {
        super(objects, options);
    }

    @Override
    public boolean allocate(int object, long sizeBytes, int alignLog2) {
        ThreadHeap kept = keptOrNull();
        if (alignLog2 != 0 || kept == null) {
            return super.allocate(object, sizeBytes, alignLog2);
        }
        long address = kept.malloc(sizeBytes);
        addresses[object] = address;
        return address != 0;
    }

    @Override
    public void free(int object) {
        ThreadHeap kept = keptOrNull();
        if (kept == null) {
            super.free(object);
        } else {
            kept.free(addresses[object]);
        }
    }

    /** Returns what the calling thread keeps; null if it is none that does. */
    private @Nullable ThreadHeap keptOrNull() {
        return Thread.currentThread() instanceof Keeper keeper ? keeper.of(heap) : null;
    }
}
