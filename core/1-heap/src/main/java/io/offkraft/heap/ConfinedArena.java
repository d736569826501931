// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * An arena for one thread: the scope is that of a JDK arena, closed before the blocks go back.
 *
 * <p>{@code closed} is written by the owner only, which alone gets past the check of the thread.
 */
final class ConfinedArena implements PooledArena {
    private final HeapArenas arenas;
    private final Arena jdk;
    private final Thread owner;
    private final ConfinedLease lease;
    private boolean closed;

    @SuppressWarnings("MustBeClosedChecker") // closed by close
    ConfinedArena(HeapArenas arenas, @Nullable Throwable site) {
        this.arenas = arenas;
        jdk = Arena.ofConfined();
        owner = Thread.currentThread();
        lease = new ConfinedLease(jdk.scope(), arenas, owner, site);
        arenas.opened(lease);
    }

    @Override
    public MemorySegment allocateUninitialized(long byteSize, long byteAlignment) {
        HeapArenas.checkSizes(byteSize, byteAlignment);
        checkOpen();
        long address = arenas.take(lease.blocks, byteSize, byteAlignment);
        return RawMemory.segment(address, byteSize, jdk);
    }

    @Override
    public MemorySegment.Scope scope() {
        return jdk.scope();
    }

    @Override
    public void close() {
        checkOpen();
        try {
            jdk.close(); // throws if a native call uses a segment; nothing has changed then
            closed = true;
            arenas.ended(lease);
            lease.blocks.freeAll(arenas.heap());
        } finally {
            Reference.reachabilityFence(jdk); // or the collector might find the lease before
        }
    }

    private void checkOpen() {
        if (Thread.currentThread() != owner) {
            throw new WrongThreadException("the arena is of " + owner);
        }
        HeapArenas.checkOpen(closed);
    }

    /** The scope's; unreachable when neither the arena nor any segment is reachable. */
    static final class ConfinedLease extends Lease {
        final ArenaBlocks blocks = new ArenaBlocks();
        private final Thread owner;

        ConfinedLease(
                MemorySegment.Scope scope,
                HeapArenas arenas,
                Thread owner,
                @Nullable Throwable site) {
            super(scope, arenas, site);
            this.owner = owner;
        }

        /** Returns whether there is a thread that may still reach the memory. */
        boolean isReached() {
            return owner.isAlive();
        }

        @Override
        void onUnreachable() {
            arenas.report(ForgottenArena.Kind.CONFINED, blocks.bytes(), site);
            blocks.freeAll(arenas.heap());
            arenas.ended(this);
        }
    }
}
