// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.util.Arrays;

/**
 * The blocks of one arena: small segments are cut off a block one after the other, larger ones are
 * blocks of their own. One thread at a time; a block taken is given back by {@link #freeAll} only.
 */
final class ArenaBlocks {
    /** The first block that is cut up: most arenas are for one or two structures. */
    private static final long FIRST_CHUNK_BYTES = 256;

    private static final long MAX_CHUNK_BYTES = 16 << 10;
    private static final int CHUNK_GROWTH = 4;
    private static final long[] NONE = {};

    private long firstBlock;
    private long[] moreBlocks = NONE;
    private int moreCount;
    private long bytes;
    private long cutAt;
    private long cutEnd;
    private long chunkBytes = FIRST_CHUNK_BYTES;

    /** Returns {@code size} bytes aligned to {@code alignment}, both checked; or 0. */
    long takeOr0(Heap heap, long size, long alignment) {
        long wanted = Math.max(1, size);
        long cut = alignUp(cutAt, alignment);
        // A cut that is 0, or has wrapped round, has no room behind it either.
        if (cutAt != 0 && cut >= cutAt && cut <= cutEnd && wanted <= cutEnd - cut) {
            cutAt = cut + wanted;
            return cut;
        }
        if (wanted > chunkBytes / 2 || alignment > SizeClasses.GRANULE_BYTES) {
            return newBlockOr0(heap, wanted, alignment);
        }
        long chunk = newBlockOr0(heap, chunkBytes, SizeClasses.GRANULE_BYTES);
        if (chunk == 0) {
            return newBlockOr0(heap, wanted, alignment); // less may still be there
        }
        cutAt = chunk + wanted;
        cutEnd = chunk + chunkBytes;
        chunkBytes = Math.min(MAX_CHUNK_BYTES, chunkBytes * CHUNK_GROWTH);
        return chunk;
    }

    private long newBlockOr0(Heap heap, long size, long alignment) {
        if (moreCount == moreBlocks.length && firstBlock != 0) {
            // Before the block is taken: if there is no Java heap for this, nothing has happened.
            moreBlocks = Arrays.copyOf(moreBlocks, Math.max(4, moreCount * 2));
        }
        long block = heap.memalign(alignment, size);
        if (block != 0) {
            bytes += size;
            if (firstBlock == 0) {
                firstBlock = block;
            } else {
                moreBlocks[moreCount++] = block;
            }
        }
        return block;
    }

    /** Returns how many bytes of blocks were taken. */
    long bytes() {
        return bytes;
    }

    /** Gives all blocks back, once. */
    void freeAll(Heap heap) {
        long first = firstBlock;
        firstBlock = 0;
        cutAt = 0;
        cutEnd = 0;
        bytes = 0;
        heap.free(first);
        while (moreCount > 0) {
            heap.free(moreBlocks[--moreCount]);
        }
    }

    private static long alignUp(long address, long alignment) {
        return (address + alignment - 1) & -alignment;
    }
}
