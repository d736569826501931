// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The lease of an arena that is to be closed, used by one after the other. It is the lease of a
 * token, which only the open arena holds, and lets go when it is closed; the scope of a confined
 * one holds the arena. So if the token is unreachable, the arena was forgotten. While no arena has
 * the lease, it holds the token itself.
 *
 * <p>Nothing that lasts refers to an arena, then: of one that is opened, used and closed in one
 * method, the compiler makes no object at all.
 */
final class ArenaLease extends Lease {
    private static final VarHandle KEPT;

    static {
        try {
            KEPT = MethodHandles.lookup().findVarHandle(ArenaLease.class, "kept", Token.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    /** Reachable as long as the arena that has the lease is, or its segments are if confined. */
    static final class Token {}

    /** Of the arena that has the lease. */
    final ArenaBlocks blocks = new ArenaBlocks();

    /** Whether it is for confined arenas. */
    final boolean confined;

    /** The thread that opens a confined arena with it; written by it, before. */
    @Nullable Thread owner;

    /** Where the arena was opened, if that was noted. */
    @Nullable Throwable site;

    /** Of a shared arena: what its segments belong to, and its number there. */
    Generation.@Nullable GenerationLease generation;

    int number;

    /** The token; null while an arena has it. */
    private @Nullable Token kept;

    private ArenaLease(Token token, HeapArenas arenas, boolean confined) {
        super(token, arenas);
        this.confined = confined;
        kept = token;
    }

    static ArenaLease make(HeapArenas arenas, boolean confined) {
        return new ArenaLease(new Token(), arenas, confined);
    }

    /** Gives a free lease to an arena, which must hold the token that this returns. */
    Token begin() {
        Token token = kept;
        if (token == null) {
            throw new IllegalStateException("the lease is another arena's");
        }
        KEPT.setRelease(this, null); // who scans and sees that this is open sees whose it is
        return token;
    }

    /** The arena, a shared one, has joined a generation. */
    void join(Generation.GenerationLease joined, int numberThere) {
        generation = joined;
        number = numberThere;
    }

    /** The arena is closed, and has no blocks any more. */
    void end(Token token) {
        // Release: what the arena did is before what the heap does that finds it closed.
        KEPT.setRelease(this, token);
    }

    boolean isOpen() {
        return KEPT.getAcquire(this) == null;
    }

    /** Returns whether this is of a confined arena whose thread may still reach the memory. */
    boolean isReachedByOwner() {
        if (!confined || !isOpen()) {
            return false;
        }
        Thread thread = owner;
        return thread != null && thread.isAlive();
    }

    @Override
    void onUnreachable() {
        arenas.report(
                confined ? ForgottenArena.Kind.CONFINED : ForgottenArena.Kind.SHARED,
                blocks.bytes(),
                site);
        arenas.ended(this);
        Generation.GenerationLease of = generation;
        if (of == null) {
            arenas.free(blocks);
        } else {
            of.adopt(number, blocks);
            arenas.generations().letGo(of);
        }
    }
}
