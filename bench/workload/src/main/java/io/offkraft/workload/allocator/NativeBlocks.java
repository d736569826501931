// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import java.util.OptionalLong;

/** Blocks of an allocator that is called as C calls it. */
final class NativeBlocks implements Blocks {
    private final NativeHeap heap;
    private final long[] addresses;

    NativeBlocks(NativeHeap heap, int objects) {
        this.heap = heap;
        this.addresses = new long[objects];
    }

    @Override
    public boolean allocate(int object, long sizeBytes, int alignLog2) {
        long address =
                alignLog2 == 0 ? heap.malloc(sizeBytes) : heap.memalign(1L << alignLog2, sizeBytes);
        addresses[object] = address;
        return address != 0;
    }

    @Override
    public boolean allocateZeroed(int object, long sizeBytes) {
        long address = heap.calloc(sizeBytes);
        addresses[object] = address;
        return address != 0;
    }

    /**
     * A size of 0 would free the block here, and its id would be gone; one byte is asked for
     * instead.
     */
    @Override
    public boolean reallocate(int object, long sizeBytes) {
        long address = heap.realloc(addresses[object], Math.max(sizeBytes, 1));
        if (address == 0) {
            return false;
        }
        addresses[object] = address;
        return true;
    }

    @Override
    public void free(int object) {
        heap.free(addresses[object]);
    }

    @Override
    public void touch(int object, long sizeBytes) {
        PageTouch.touch(addresses[object], sizeBytes);
    }

    @Override
    public long address(int object) {
        return addresses[object];
    }

    @Override
    public long naturalAlignment(long sizeBytes) {
        return heap.naturalAlignment(sizeBytes);
    }

    /** None of them counts. */
    @Override
    public OptionalLong liveBlocks() {
        return OptionalLong.empty();
    }

    @Override
    public void close() {
        heap.trim();
    }
}
