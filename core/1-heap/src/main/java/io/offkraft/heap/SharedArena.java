// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.RawMemory;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * An arena for all threads, closed by any of them or, if automatic, by the collector. Its segments
 * are of the scope of a {@link Generation}, which is chosen when the scope is first needed.
 *
 * <p>What is not final is read and written under the monitor of {@code blocks}, which no user
 * knows; the generation's is taken inside it.
 */
final class SharedArena implements PooledArena {
    private final HeapArenas arenas;
    private final ArenaBlocks blocks = new ArenaBlocks();
    private final @Nullable SharedLease lease;
    private @Nullable Generation home;
    private boolean closed;

    private SharedArena(HeapArenas arenas, boolean automatic, @Nullable Throwable site) {
        this.arenas = arenas;
        lease = automatic ? null : new SharedLease(this, arenas, blocks, site);
    }

    static SharedArena open(HeapArenas arenas, @Nullable Throwable site) {
        SharedArena arena = new SharedArena(arenas, false, site);
        if (arena.lease != null) {
            arenas.opened(arena.lease);
        }
        return arena;
    }

    static SharedArena automatic(HeapArenas arenas) {
        SharedArena arena = new SharedArena(arenas, true, null);
        arena.home = arenas.ownGeneration(arena.blocks);
        return arena;
    }

    @Override
    public MemorySegment allocateUninitialized(long byteSize, long byteAlignment) {
        HeapArenas.checkSizes(byteSize, byteAlignment);
        synchronized (blocks) {
            HeapArenas.checkOpen(closed);
            Generation generation = home(byteSize);
            long address = arenas.take(blocks, byteSize, byteAlignment);
            return RawMemory.segment(address, byteSize, generation.jdk);
        }
    }

    @Override
    public MemorySegment.Scope scope() {
        synchronized (blocks) {
            return home(0).jdk.scope();
        }
    }

    /** Under the monitor of the blocks: returns the generation, for {@code bytes} if it is new. */
    private Generation home(long bytes) {
        Generation generation = home;
        if (generation == null) {
            generation = arenas.join(blocks, bytes);
            home = generation;
            if (lease != null) {
                lease.generation = generation.lease;
                if (closed) {
                    generation.leave(0); // asked for its scope when it was closed
                }
            }
        }
        return generation;
    }

    @Override
    public void close() {
        SharedLease mine = lease;
        if (mine == null) {
            throw new UnsupportedOperationException("an automatic arena can't be closed");
        }
        Generation generation;
        try {
            synchronized (blocks) {
                HeapArenas.checkOpen(closed);
                closed = true;
                generation = home;
            }
            arenas.ended(mine);
        } finally {
            Reference.reachabilityFence(this); // or the collector might find the lease before
        }
        if (generation != null) {
            generation.leave(blocks.bytes());
        }
    }

    /** Of the arena itself: when that is unreachable nobody can close it any more. */
    static final class SharedLease extends Lease {
        private final ArenaBlocks blocks;
        private volatile Generation.@Nullable GenerationLease generation;

        SharedLease(
                SharedArena arena,
                HeapArenas arenas,
                ArenaBlocks blocks,
                @Nullable Throwable site) {
            super(arena, arenas, site);
            this.blocks = blocks;
        }

        /** Reports; the blocks go back with the generation, when no segment is reachable. */
        @Override
        void onUnreachable() {
            arenas.report(ForgottenArena.Kind.SHARED, blocks.bytes(), site);
            arenas.ended(this);
            Generation.GenerationLease lease = generation;
            if (lease != null) {
                arenas.letGo(lease);
            }
        }
    }
}
