// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import io.offkraft.heap.Heap;
import io.offkraft.heap.PooledArena;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;

/** Blocks that are an arena of one heap of Offkraft's each. */
final class PooledArenaBlocks extends ArenaBlocks {
    private final Heap heap = Heap.create();
    private final boolean shared;
    private final boolean zeroed;

    PooledArenaBlocks(int objects, boolean shared, boolean zeroed) {
        super(objects);
        this.shared = shared;
        this.zeroed = zeroed;
    }

    @Override
    @SuppressWarnings("MustBeClosedChecker") // free closes it
    Arena openArena() {
        return shared ? heap.sharedArena() : heap.confinedArena();
    }

    @Override
    MemorySegment segment(Arena arena, long sizeBytes, long alignment) {
        return zeroed
                ? arena.allocate(sizeBytes, alignment)
                : ((PooledArena) arena).allocateUninitialized(sizeBytes, alignment);
    }

    /** Blocks of shared arenas outlive them until others have closed too. */
    @Override
    public OptionalLong liveBlocks() {
        return shared ? OptionalLong.empty() : OptionalLong.of(heap.statistics().liveBlocks());
    }

    @Override
    public void close() {
        heap.close();
    }
}
