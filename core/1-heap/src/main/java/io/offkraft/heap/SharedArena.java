// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.RawMemory;
import io.offkraft.word.SharedAtomics;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An arena for all threads, closed by any of them. Its segments are of the scope of a {@link
 * Generation}, which is chosen when the scope is first needed.
 *
 * <p>What is not final, and the lease, belong to the thread that has set {@code state} to BUSY, and
 * in the end to the one that has set it to CLOSED.
 */
final class SharedArena implements PooledArena {
    private static final int OPEN = 0;

    /** A thread takes a block, or a generation: some tens of instructions, and no user's code. */
    private static final int BUSY = 1;

    private static final int CLOSED = 2;

    private static final MemorySegment.Scope DEAD = deadScope();

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(SharedArena.class, "state", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final HeapArenas arenas;
    private final ArenaLease lease;
    private ArenaLease.@Nullable Token token;
    private @Nullable Generation home;
    private int state;

    SharedArena(HeapArenas arenas, ArenaLease lease, ArenaLease.Token token) {
        this.arenas = arenas;
        this.lease = lease;
        this.token = token;
    }

    private static MemorySegment.Scope deadScope() {
        try (Arena arena = Arena.ofShared()) {
            return arena.scope();
        }
    }

    @Override
    public MemorySegment allocateUninitialized(long byteSize, long byteAlignment) {
        HeapArenas.checkSizes(byteSize, byteAlignment);
        MemorySegment segment = tryAllocate(byteSize, byteAlignment);
        if (segment == null) {
            arenas.recycle(); // not BUSY: it may wait, and calls listeners
            segment = tryAllocate(byteSize, byteAlignment);
            if (segment == null) {
                throw HeapArenas.noMemory(byteSize, byteAlignment);
            }
        }
        return segment;
    }

    private @Nullable MemorySegment tryAllocate(long byteSize, long byteAlignment) {
        become(BUSY);
        try {
            Generation generation = home(byteSize);
            long address = lease.blocks.takeOr0(arenas.heap(), byteSize, byteAlignment);
            return address == 0 ? null : RawMemory.segment(address, byteSize, generation.jdk);
        } finally {
            STATE.setRelease(this, OPEN); // pairs with the next compare-and-set
        }
    }

    @Override
    public MemorySegment.Scope scope() {
        try {
            become(BUSY);
        } catch (IllegalStateException _) {
            Generation generation = home;
            return generation == null ? DEAD : generation.jdk.scope();
        }
        try {
            return home(0).jdk.scope();
        } finally {
            STATE.setRelease(this, OPEN);
        }
    }

    /** While BUSY: returns the generation, for {@code bytes} if it is new. */
    private Generation home(long bytes) {
        Generation generation = home;
        if (generation == null) {
            generation = arenas.generations().join(lease, bytes);
            home = generation;
        }
        return generation;
    }

    @Override
    public void close() {
        become(CLOSED);
        ArenaLease.Token mine = Objects.requireNonNull(token);
        token = null; // this may be reachable for ever, and must not keep the token
        long bytes = lease.blocks.bytes();
        Generation generation = home;
        arenas.end(lease, mine, Thread.currentThread());
        if (generation != null) {
            generation.leave(bytes);
        }
    }

    /** Ends OPEN; throws if the arena is closed. */
    @SuppressWarnings("ThreadPriorityCheck") // who is BUSY has lost its CPU, and may need this one
    private void become(int wanted) {
        int spins = 0;
        while (!tryBecome(wanted)) {
            if ((int) STATE.getAcquire(this) == CLOSED) {
                throw HeapArenas.alreadyClosed();
            }
            if (++spins < 100) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    private boolean tryBecome(int wanted) {
        SharedAtomics.count();
        // Acquires what the thread before did; pairs with the release of OPEN.
        return STATE.compareAndSet(this, OPEN, wanted);
    }
}
