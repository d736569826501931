// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An arena for all threads that the collector closes: the scope is that of a JDK shared arena,
 * which only the heap ever closes.
 *
 * <p>It is a close action of its own scope, so that who can reach a segment reaches the arena, and
 * the arena's lease is the scope's; it does nothing there.
 */
final class AutomaticArena implements PooledArena, Consumer<MemorySegment> {
    private final Arena jdk;
    private final AutomaticLease lease;

    /** Whether the scope reaches this. Under the monitor of the blocks, as they are. */
    private boolean isAttached;

    @SuppressWarnings("MustBeClosedChecker") // by the heap, if ever
    AutomaticArena(HeapArenas arenas) {
        jdk = Arena.ofShared();
        lease = new AutomaticLease(this, arenas);
        arenas.opened(lease);
    }

    @Override
    public MemorySegment allocateUninitialized(long byteSize, long byteAlignment) {
        HeapArenas.checkSizes(byteSize, byteAlignment);
        MemorySegment segment = tryAllocate(byteSize, byteAlignment);
        if (segment == null) {
            lease.arenas.recycle(); // without the monitor: it may wait, and calls listeners
            segment = tryAllocate(byteSize, byteAlignment);
            if (segment == null) {
                throw HeapArenas.noMemory(byteSize, byteAlignment);
            }
        }
        return segment;
    }

    private @Nullable MemorySegment tryAllocate(long byteSize, long byteAlignment) {
        ArenaBlocks blocks = lease.blocks;
        synchronized (blocks) {
            long address = blocks.takeOr0(lease.arenas.heap(), byteSize, byteAlignment);
            if (address == 0) {
                return null;
            }
            if (isAttached) {
                return RawMemory.segment(address, byteSize, jdk);
            }
            MemorySegment first = RawMemory.segment(address, byteSize, jdk, this);
            isAttached = true;
            return first;
        }
    }

    @Override
    public void accept(MemorySegment ended) {
        // The heap is being closed.
    }

    @Override
    public MemorySegment.Scope scope() {
        return jdk.scope();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException("an automatic arena can't be closed");
    }

    /** Of the arena: unreachable when no segment is reachable either. */
    static final class AutomaticLease extends Lease {
        private final ArenaBlocks blocks = new ArenaBlocks();
        private final WeakReference<AutomaticArena> arena;

        AutomaticLease(AutomaticArena arena, HeapArenas arenas) {
            super(arena, arenas);
            this.arena = new WeakReference<>(arena);
        }

        /** The heap is about to unmap its memory: ends the scope if there still is one. */
        void closeForHeap() {
            @Nullable AutomaticArena open = arena.get();
            if (open != null && open.jdk.scope().isAlive()) {
                open.jdk.close();
            }
        }

        @Override
        void onUnreachable() {
            arenas.ended(this);
            arenas.free(blocks);
        }
    }
}
