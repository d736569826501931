// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.util.OptionalLong;

/**
 * No allocator: each object has a block of its own, which stays. What is measured with it is what a
 * workload itself costs, and what no allocator can be faster than.
 *
 * <p>A block is replaced where a larger one is asked for, by one of twice the size or more, so that
 * this soon ends; what was replaced is kept until the end.
 */
final class FixedBlocks implements Blocks {
    /** More than any workload asks for. */
    private static final long MOST_BYTES = 1L << 30;

    private final Arena arena = Arena.ofShared();
    private final long[] addresses;
    private final long[] sizes;

    FixedBlocks(int objects) {
        addresses = new long[objects];
        sizes = new long[objects];
    }

    @Override
    public boolean allocate(int object, long sizeBytes, int alignLog2) {
        return fits(object, sizeBytes, alignLog2) || tryReplace(object, sizeBytes, alignLog2);
    }

    private boolean fits(int object, long sizeBytes, int alignLog2) {
        return sizes[object] >= Math.max(1, sizeBytes)
                && (addresses[object] & ((1L << alignLog2) - 1)) == 0;
    }

    private boolean tryReplace(int object, long sizeBytes, int alignLog2) {
        if (sizeBytes > MOST_BYTES) {
            return false;
        }
        long room = Math.max(Long.highestOneBit(sizeBytes) << 1, 2 * Long.BYTES);
        long alignment = Math.max(1L << alignLog2, naturalAlignment(sizeBytes));
        addresses[object] = arena.allocate(room, alignment).address();
        sizes[object] = room;
        return true;
    }

    @Override
    public boolean allocateZeroed(int object, long sizeBytes) {
        if (!allocate(object, sizeBytes, 0)) {
            return false;
        }
        RawMemory.zero(addresses[object], sizeBytes);
        return true;
    }

    @Override
    public boolean reallocate(int object, long sizeBytes) {
        long from = addresses[object];
        long bytes = sizes[object];
        if (bytes >= sizeBytes) {
            return true;
        }
        if (!tryReplace(object, sizeBytes, 0)) {
            return false;
        }
        RawMemory.copy(from, addresses[object], bytes);
        return true;
    }

    @Override
    public void free(int object) {
        // the object keeps it
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
        return OptionalLong.empty();
    }

    @Override
    public void close() {
        arena.close();
    }
}
