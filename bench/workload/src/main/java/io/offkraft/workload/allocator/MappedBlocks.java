// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import io.offkraft.platform.MemoryFlags;
import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.util.OptionalLong;

/**
 * Blocks that are a mapping each: mmap and munmap.
 *
 * <p>A block's first and last words are kept beside it, as in {@link PageBlocks}: no page is
 * touched, and the kernel is taken at its word.
 */
final class MappedBlocks implements Blocks {
    private final SystemCalls calls = SystemCalls.linux();
    private final long[] mappings;
    private final long[] bytes;
    private final long[] addresses;
    private final long[] words;

    MappedBlocks(int objects) {
        mappings = new long[objects];
        bytes = new long[objects];
        addresses = new long[objects];
        words = new long[2 * objects];
    }

    @Override
    public boolean allocate(int object, long sizeBytes, int alignLog2) {
        long alignment = 1L << Math.max(alignLog2, PageOrder.PAGE_SHIFT);
        long size =
                Alignment.alignUp(Math.max(sizeBytes, 1), PageOrder.PAGE_BYTES)
                        + alignment
                        - PageOrder.PAGE_BYTES;
        try {
            mappings[object] =
                    calls.mmap(
                            0,
                            size,
                            MemoryFlags.PROT_READ | MemoryFlags.PROT_WRITE,
                            MemoryFlags.MAP_PRIVATE | MemoryFlags.MAP_ANONYMOUS,
                            -1,
                            0);
        } catch (SystemCallException _) {
            return false;
        }
        bytes[object] = size;
        addresses[object] = Alignment.alignUp(mappings[object], alignment);
        return true;
    }

    /** The kernel gives zeroes. */
    @Override
    public boolean allocateZeroed(int object, long sizeBytes) {
        return allocate(object, sizeBytes, 0);
    }

    @Override
    public boolean reallocate(int object, long sizeBytes) {
        long mapping = mappings[object];
        long size = bytes[object];
        long address = addresses[object];
        if (!allocate(object, sizeBytes, 0)) {
            return false;
        }
        long kept = Math.min(mapping + size - address, bytes[object]);
        RawMemory.copy(address, addresses[object], kept);
        calls.munmap(mapping, size);
        return true;
    }

    @Override
    public void free(int object) {
        calls.munmap(mappings[object], bytes[object]);
    }

    @Override
    public void touch(int object, long sizeBytes) {
        PageTouch.touch(addresses[object], sizeBytes);
    }

    @Override
    public void storeLong(int object, long offsetBytes, long value) {
        words[2 * object + (offsetBytes == 0 ? 0 : 1)] = value;
    }

    @Override
    public long loadLong(int object, long offsetBytes) {
        return words[2 * object + (offsetBytes == 0 ? 0 : 1)];
    }

    @Override
    public long address(int object) {
        return addresses[object];
    }

    @Override
    public long naturalAlignment(long sizeBytes) {
        return PageOrder.PAGE_BYTES;
    }

    /** Nobody counts. */
    @Override
    public OptionalLong liveBlocks() {
        return OptionalLong.empty();
    }

    /** Mappings go with their blocks only. */
    @Override
    public void close() {}
}
