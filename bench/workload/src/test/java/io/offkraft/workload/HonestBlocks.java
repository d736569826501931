// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.Blocks;
import io.offkraft.workload.allocator.HeapOptions;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;

/** A correct allocator that counts, to be made worse by subclasses. */
class HonestBlocks implements Blocks {
    final AtomicLong live = new AtomicLong();
    private final Blocks memory;

    HonestBlocks(int objects) {
        memory = AllocatorKind.GLIBC.open(objects, new HeapOptions(null, null));
    }

    @Override
    public boolean allocate(int object, long sizeBytes, int alignLog2) {
        live.incrementAndGet();
        return memory.allocate(object, sizeBytes, alignLog2);
    }

    @Override
    public boolean allocateZeroed(int object, long sizeBytes) {
        live.incrementAndGet();
        return memory.allocateZeroed(object, sizeBytes);
    }

    @Override
    public boolean reallocate(int object, long sizeBytes) {
        return memory.reallocate(object, sizeBytes);
    }

    @Override
    public void free(int object) {
        live.decrementAndGet();
        memory.free(object);
    }

    @Override
    public void touch(int object, long sizeBytes) {
        memory.touch(object, sizeBytes);
    }

    @Override
    public long address(int object) {
        return memory.address(object);
    }

    @Override
    public long naturalAlignment(long sizeBytes) {
        return memory.naturalAlignment(sizeBytes);
    }

    @Override
    public OptionalLong liveBlocks() {
        return OptionalLong.of(live.get());
    }

    @Override
    public void close() {
        memory.close();
    }
}
