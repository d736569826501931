// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.platform.ZeroFill;
import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An arena for one thread: the scope is that of a JDK arena, closed before the blocks go back.
 *
 * <p>What is not final is written by the owner only, which alone gets past the check of the thread.
 *
 * <p>Nothing refers to the arena but its user. So if the JIT compiler can put open, allocate and
 * close into the method that calls them, it makes no object at all. It can't put in what by itself
 * is much machine code. Therefore taking a lease, taking blocks, and giving both back are methods
 * of more bytecodes than it ever puts into another one, and with them out of the way the rest is
 * small. And the scope holds an anchor, not the arena: of objects that form a ring the compiler
 * makes all.
 */
final class ConfinedArena implements PooledArena {
    private final HeapArenas arenas;
    private final Arena jdk;
    private final Thread owner;
    private final ArenaLease lease;
    private final Anchor anchor;

    /** Whether the scope holds the anchor. */
    private boolean isAnchored;

    @SuppressWarnings("MustBeClosedChecker") // closed by close
    ConfinedArena(HeapArenas arenas, Thread owner, ArenaLease lease, ArenaLease.Token token) {
        this.arenas = arenas;
        this.owner = owner;
        this.lease = lease;
        anchor = new Anchor(token);
        jdk = Arena.ofConfined();
    }

    @Override
    public MemorySegment allocateUninitialized(long byteSize, long byteAlignment) {
        HeapArenas.checkSizes(byteSize, byteAlignment);
        checkOpen();
        long address = lease.blocks.takeOr0(arenas.heap(), byteSize, byteAlignment);
        if (address == 0) {
            address = arenas.takeSlow(lease.blocks, byteSize, byteAlignment);
        }
        if (isAnchored) {
            return RawMemory.segment(address, byteSize, jdk);
        }
        MemorySegment first = RawMemory.segment(address, byteSize, jdk, anchor);
        isAnchored = true;
        return first;
    }

    @Override
    public MemorySegment allocate(long byteSize, long byteAlignment) {
        MemorySegment made = allocateUninitialized(byteSize, byteAlignment);
        // Past the scope, which only this thread can end.
        ZeroFill.zero(made.address(), byteSize);
        return made;
    }

    @Override
    public MemorySegment.Scope scope() {
        return jdk.scope();
    }

    @Override
    public void close() {
        ArenaLease.Token token = checkOpen();
        try {
            jdk.close();
        } catch (RuntimeException failed) {
            if (!jdk.scope().isAlive()) { // what failed is a user's close action
                anchor.token = null;
                arenas.end(lease, token, owner);
            }
            throw failed; // else a native call uses a segment; nothing has changed
        }
        anchor.token = null;
        arenas.end(lease, token, owner);
    }

    private ArenaLease.Token checkOpen() {
        if (Thread.currentThread() != owner) {
            throw new WrongThreadException("the arena is of " + owner);
        }
        ArenaLease.Token token = anchor.token;
        if (token == null) {
            throw HeapArenas.alreadyClosed();
        }
        return token;
    }

    /** Has the scope hold the token, as one of its close actions, until the arena is closed. */
    private static final class Anchor implements Consumer<MemorySegment> {
        /** Null when closed: a closed scope may live long, and must not keep the token. */
        ArenaLease.@Nullable Token token;

        Anchor(ArenaLease.Token token) {
            this.token = token;
        }

        @Override
        public void accept(MemorySegment ended) {
            // The close of the arena does what is to be done.
        }
    }
}
