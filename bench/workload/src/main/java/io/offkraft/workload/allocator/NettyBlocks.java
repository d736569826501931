// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * Blocks of one of Netty's allocators: direct buffers, on Netty's own event-loop threads where its
 * caches work.
 *
 * <p>calloc is a buffer and {@code setZero}; realloc is {@code capacity(n)}; alignment is a larger
 * buffer with the block somewhere inside, as a user of Netty would have to do it. A buffer of 0
 * bytes is asked for as 1.
 */
final class NettyBlocks implements Blocks {
    private final ByteBufAllocator allocator;
    private final ByteBuf[] buffers;

    /** Where the block begins in its buffer; 0 but for blocks with an alignment. */
    private final int[] starts;

    private NettyBlocks(ByteBufAllocator allocator, int objects) {
        this.allocator = allocator;
        this.buffers = new ByteBuf[objects];
        Arrays.fill(buffers, Unpooled.EMPTY_BUFFER);
        this.starts = new int[objects];
    }

    static NettyBlocks pooled(int objects) {
        return new NettyBlocks(new PooledByteBufAllocator(true), objects);
    }

    static NettyBlocks adaptive(int objects) {
        return new NettyBlocks(new AdaptiveByteBufAllocator(true), objects);
    }

    @Override
    public boolean allocate(int object, long sizeBytes, int alignLog2) {
        return alignLog2 == 0
                ? allocateBuffer(object, sizeBytes)
                : allocateAligned(object, sizeBytes, 1L << alignLog2);
    }

    @Override
    public boolean allocateZeroed(int object, long sizeBytes) {
        if (!allocateBuffer(object, sizeBytes)) {
            return false;
        }
        buffers[object].setZero(0, (int) sizeBytes);
        return true;
    }

    @Override
    public boolean reallocate(int object, long sizeBytes) {
        long capacity = starts[object] + Math.max(sizeBytes, 1);
        if (capacity > Integer.MAX_VALUE) {
            return false;
        }
        try {
            buffers[object].capacity((int) capacity);
            return true;
        } catch (OutOfMemoryError _) {
            return false;
        }
    }

    @Override
    public void free(int object) {
        buffers[object].release();
    }

    @Override
    public void touch(int object, long sizeBytes) {
        ByteBuf buffer = buffers[object];
        int start = starts[object];
        for (long offset = 0; offset < sizeBytes; offset += PageOrder.PAGE_BYTES) {
            buffer.setByte((int) (start + offset), PageTouch.VALUE);
        }
    }

    @Override
    public void storeLong(int object, long offsetBytes, long value) {
        buffers[object].setLongLE((int) (starts[object] + offsetBytes), value);
    }

    @Override
    public long loadLong(int object, long offsetBytes) {
        return buffers[object].getLongLE((int) (starts[object] + offsetBytes));
    }

    @Override
    public long address(int object) {
        return baseAddress(buffers[object]) + starts[object];
    }

    /** Netty promises none. */
    @Override
    public long naturalAlignment(long sizeBytes) {
        return 1;
    }

    /** The pooled allocator counts, caches of live threads aside; the adaptive one does not. */
    @Override
    public OptionalLong liveBlocks() {
        return allocator instanceof PooledByteBufAllocator pooled
                ? OptionalLong.of(
                        pooled.metric().directArenas().stream()
                                .mapToLong(PoolArenaMetric::numActiveAllocations)
                                .sum())
                : OptionalLong.empty();
    }

    /** Drops the references; chunks go with the collection that finds them unreachable. */
    @Override
    public void close() {
        Arrays.fill(buffers, Unpooled.EMPTY_BUFFER);
        System.gc();
    }

    private boolean allocateBuffer(int object, long sizeBytes) {
        if (sizeBytes > Integer.MAX_VALUE) {
            return false; // more than a ByteBuf can hold
        }
        try {
            buffers[object] = allocator.directBuffer((int) Math.max(sizeBytes, 1));
            return true;
        } catch (OutOfMemoryError _) {
            return false;
        }
    }

    private boolean allocateAligned(int object, long sizeBytes, long alignment) {
        if (!allocateBuffer(object, Math.max(sizeBytes, 1) + alignment - 1)) {
            return false;
        }
        long base = baseAddress(buffers[object]);
        starts[object] = (int) (Alignment.alignUp(base, alignment) - base);
        return true;
    }

    private static long baseAddress(ByteBuf buffer) {
        return buffer.hasMemoryAddress()
                ? buffer.memoryAddress()
                : MemorySegment.ofBuffer(buffer.internalNioBuffer(0, buffer.capacity())).address();
    }
}
