// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.util.Arrays;

/**
 * The blocks of one arena, and then of another: the first segment, and large ones, are blocks of
 * their own; small ones are cut off a block one after the other. One thread at a time.
 */
final class ArenaBlocks {
    /** The first block that is cut up: most arenas are for a few structures. */
    private static final long FIRST_CHUNK_BYTES = 256;

    private static final long MAX_CHUNK_BYTES = 16 << 10;
    private static final int CHUNK_GROWTH = 4;
    private static final long[] NONE = {};

    /** A longer list of blocks is not kept for the next arena. */
    private static final int KEPT_LENGTH = 64;

    private long firstBlock;
    private long[] moreBlocks = NONE;
    private int moreCount;
    private long bytes;
    private long cutAt;
    private long cutEnd;
    private long chunkBytes = FIRST_CHUNK_BYTES;

    /**
     * Returns {@code size} bytes aligned to {@code alignment}, both checked; or 0. One method, so
     * that it stays a call: see {@link ConfinedArena}.
     */
    long takeOr0(Heap heap, long size, long alignment) {
        boolean isPlain = alignment <= SizeClasses.GRANULE_BYTES;
        if (firstBlock == 0) {
            // Many arenas have one segment: its block is no larger.
            long first = isPlain ? heap.malloc(size) : heap.memalign(alignment, size);
            firstBlock = first;
            bytes = first == 0 ? 0 : size;
            return first;
        }
        long wanted = Math.max(1, size);
        long cut = (cutAt + alignment - 1) & -alignment;
        // A cut that is 0, or has wrapped round, has no room behind it either.
        if (cutAt != 0 && cut >= cutAt && cut <= cutEnd && wanted <= cutEnd - cut) {
            cutAt = cut + wanted;
            return cut;
        }
        if (moreCount == moreBlocks.length) {
            // Before the block is taken: if there is no Java heap for this, nothing has happened.
            moreBlocks = Arrays.copyOf(moreBlocks, Math.max(4, moreCount * 2));
        }
        if (isPlain && wanted <= chunkBytes / 2) {
            long chunk = heap.malloc(chunkBytes);
            if (chunk != 0) {
                moreBlocks[moreCount++] = chunk;
                bytes += chunkBytes;
                cutAt = chunk + wanted;
                cutEnd = chunk + chunkBytes;
                chunkBytes = Math.min(MAX_CHUNK_BYTES, chunkBytes * CHUNK_GROWTH);
                return chunk;
            }
        }
        long block = isPlain ? heap.malloc(wanted) : heap.memalign(alignment, wanted);
        if (block != 0) {
            moreBlocks[moreCount++] = block;
            bytes += wanted;
        }
        return block;
    }

    /** Returns how many bytes of blocks were taken. */
    long bytes() {
        return bytes;
    }

    /** Returns the first block, or 0. */
    long first() {
        return firstBlock;
    }

    /** Returns whether there is more than one block. */
    boolean hasMore() {
        return moreCount > 0;
    }

    /** Returns all blocks but the first. */
    long[] more() {
        return Arrays.copyOf(moreBlocks, moreCount);
    }

    /** Begins anew: others have the blocks. */
    void forget() {
        firstBlock = 0;
        bytes = 0;
        if (moreCount > 0) {
            moreCount = 0;
            cutAt = 0;
            cutEnd = 0;
            chunkBytes = FIRST_CHUNK_BYTES;
            if (moreBlocks.length > KEPT_LENGTH) {
                moreBlocks = NONE;
            }
        }
    }

    /** Gives all blocks back. */
    void freeAll(Heap heap) {
        long first = firstBlock;
        long[] more = more();
        forget();
        for (long block : more) {
            heap.free(block);
        }
        heap.free(first);
    }
}
