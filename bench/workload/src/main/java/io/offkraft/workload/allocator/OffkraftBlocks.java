// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import io.offkraft.heap.Heap;
import io.offkraft.heap.HeapBuilder;
import java.util.OptionalLong;

/** Blocks of a heap of Offkraft's, a new one each. */
class OffkraftBlocks implements Blocks {
    final Heap heap;
    final long[] addresses;

    OffkraftBlocks(int objects, HeapOptions options) {
        HeapBuilder builder = Heap.builder();
        if (options.limitBytes() != null) {
            builder.limitBytes(options.limitBytes());
        }
        if (options.synchronization() != null) {
            builder.synchronization(options.synchronization());
        }
        this.heap = builder.build();
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
        long address = heap.calloc(1, sizeBytes);
        addresses[object] = address;
        return address != 0;
    }

    @Override
    public boolean reallocate(int object, long sizeBytes) {
        long address = heap.realloc(addresses[object], sizeBytes);
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
        return 2 * Long.BYTES;
    }

    @Override
    public OptionalLong liveBlocks() {
        // A page that is neither free nor in a block is lost as well.
        return OptionalLong.of(heap.statistics().liveBlocks() + heap.unaccountedPages());
    }

    @Override
    public OptionalLong limitBytes() {
        return OptionalLong.of(heap.statistics().limitBytes());
    }

    @Override
    public void close() {
        heap.close();
    }
}
