// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;

/** Blocks that are an arena each, which is opened for the block and closed with it. */
abstract class ArenaBlocks implements Blocks {
    private static final long ALIGNMENT = 2 * Long.BYTES;

    private final Arena[] arenas;
    private final MemorySegment[] segments;

    ArenaBlocks(int objects) {
        arenas = new Arena[objects];
        segments = new MemorySegment[objects];
    }

    /** Opens the arena of one block. */
    abstract Arena openArena();

    /** Allocates the block, zeroed or not as the arena's users would. */
    MemorySegment segment(Arena arena, long sizeBytes, long alignment) {
        return arena.allocate(sizeBytes, alignment);
    }

    @Override
    public final boolean allocate(int object, long sizeBytes, int alignLog2) {
        Arena arena = openArena();
        try {
            segments[object] =
                    segment(arena, Math.max(sizeBytes, 1), Math.max(ALIGNMENT, 1L << alignLog2));
        } catch (OutOfMemoryError _) {
            arena.close();
            return false;
        }
        arenas[object] = arena;
        return true;
    }

    @Override
    public boolean allocateZeroed(int object, long sizeBytes) {
        if (!allocate(object, sizeBytes, 0)) {
            return false;
        }
        segments[object].fill((byte) 0); // again, where it is so already: nothing times it
        return true;
    }

    @Override
    public boolean reallocate(int object, long sizeBytes) {
        Arena before = arenas[object];
        MemorySegment old = segments[object];
        if (!allocate(object, sizeBytes, 0)) {
            return false;
        }
        long kept = Math.min(old.byteSize(), segments[object].byteSize());
        MemorySegment.copy(old, 0, segments[object], 0, kept);
        before.close();
        return true;
    }

    @Override
    public void free(int object) {
        arenas[object].close();
    }

    @Override
    public void touch(int object, long sizeBytes) {
        PageTouch.touch(address(object), sizeBytes);
    }

    @Override
    public long address(int object) {
        return segments[object].address();
    }

    @Override
    public long naturalAlignment(long sizeBytes) {
        return ALIGNMENT;
    }

    /** Nobody counts. */
    @Override
    public OptionalLong liveBlocks() {
        return OptionalLong.empty();
    }

    /** Arenas close with their blocks only. */
    @Override
    public void close() {}
}
