// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.RawMemory;
import io.offkraft.word.SharedAtomics;
import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Shared arenas that live and die under one JDK arena: closed one by one, recycled together.
 *
 * <p>The JDK arena is closed when no arena may join any more and all that did are closed. Its close
 * returns when no thread is inside an access, and lets no later one in; only then the blocks go
 * back to the heap. See decision record 0024.
 */
final class Generation {
    /** How many arenas share the price of a close: some tens of microseconds. */
    static final int MAX_ARENAS = 4096;

    private static final System.Logger LOG = System.getLogger(Generation.class.getName());

    /*
     * The word: how many have joined (13 bits), how many of them are open (13), whether none may
     * join any more (1), and what the closed ones have left, in units of 64 bytes (37: eight times
     * the largest heap). It changes by compare-and-set only, so who finds it retired with
     * none open has, by acquire, what each that left did before its release.
     */
    private static final long ONE_JOINED = 1;
    private static final int OPEN_SHIFT = 13;
    private static final long ONE_OPEN = 1L << OPEN_SHIFT;
    private static final long COUNT_MASK = ONE_OPEN - 1;
    private static final long RETIRED = 1L << 26;
    private static final int LIMBO_SHIFT = 27;
    private static final int UNIT_SHIFT = 6;

    private static final VarHandle WORD;

    static {
        try {
            WORD = MethodHandles.lookup().findVarHandle(Generation.class, "word", long.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    final Arena jdk;
    final GenerationLease lease;
    private final Generations generations;
    private final int maxArenas;
    private volatile long word;

    /** Makes one for at most so many arenas. */
    @SuppressWarnings("MustBeClosedChecker") // closed by tryFinish
    Generation(HeapArenas arenas, Generations generations, int maxArenas) {
        this.generations = generations;
        this.maxArenas = maxArenas;
        jdk = Arena.ofShared();
        Arena reachable = jdk;
        // Who can reach a segment reaches the arena, so that the heap finds it when it closes.
        RawMemory.whenClosed(jdk, _ -> reachable.scope());
        lease = new GenerationLease(jdk, arenas, maxArenas);
    }

    /** Takes an arena in, and notes that in its lease; returns false if this is retired. */
    boolean tryJoin(ArenaLease arena) {
        while (true) { // each round but the last, another has joined or left
            long before = word;
            if ((before & RETIRED) != 0) {
                return false;
            }
            int number = (int) (before & COUNT_MASK);
            boolean isLast = number + 1 == maxArenas;
            long after = before + ONE_JOINED + ONE_OPEN + (isLast ? RETIRED : 0);
            SharedAtomics.count();
            if (WORD.compareAndSet(this, before, after)) {
                arena.join(lease, number);
                if (isLast) {
                    generations.countWaiting(limboBytes(after));
                }
                return true;
            }
        }
    }

    /** An arena was closed that has left so many bytes, which the lease keeps. */
    void leave(long bytes) {
        long units = (bytes + (1 << UNIT_SHIFT) - 1) >>> UNIT_SHIFT;
        while (true) { // each round but the last, another has joined or left
            long before = word;
            long after = before - ONE_OPEN + (units << LIMBO_SHIFT);
            if (limboBytes(after) >= generations.bytes()) {
                after |= RETIRED;
            }
            SharedAtomics.count();
            // Releases the blocks; the last to leave acquires them.
            if (WORD.compareAndSet(this, before, after)) {
                if ((after & RETIRED) != 0) {
                    boolean isNews = (before & RETIRED) == 0;
                    generations.countWaiting(isNews ? limboBytes(after) : units << UNIT_SHIFT);
                    if (hasNoneOpen(after)) {
                        generations.finish(this);
                    }
                }
                return;
            }
        }
    }

    /** Lets no arena in any more; returns whether all are closed. */
    boolean retire() {
        while (true) { // each round but the last, another has joined or left
            long before = word;
            if ((before & RETIRED) != 0) {
                return hasNoneOpen(before);
            }
            SharedAtomics.count();
            if (WORD.compareAndSet(this, before, before | RETIRED)) {
                generations.countWaiting(limboBytes(before));
                return hasNoneOpen(before);
            }
        }
    }

    private static boolean hasNoneOpen(long word) {
        return ((word >>> OPEN_SHIFT) & COUNT_MASK) == 0;
    }

    private static long limboBytes(long word) {
        return word >>> LIMBO_SHIFT << UNIT_SHIFT;
    }

    /**
     * All arenas are closed and none can join: ends the scope, then recycles the blocks. Returns
     * false if a native call uses a segment: to be tried again.
     */
    boolean tryFinish() {
        synchronized (lease) {
            if (lease.over) {
                return true;
            }
            try {
                jdk.close();
            } catch (RuntimeException failed) {
                if (jdk.scope().isAlive()) {
                    return false;
                }
                if (!lease.arenas.isShut()) { // that closes it, too
                    LOG.log(System.Logger.Level.WARNING, "a close action of an arena", failed);
                }
            }
            generations.countHandshake();
            generations.countWaiting(-limboBytes(word));
            lease.recycle();
            return true;
        }
    }

    /** The scope's: unreachable when no segment, and no arena of the generation, is reachable. */
    static final class GenerationLease extends Lease {
        private final WeakReference<Arena> jdk;

        /** By the number of the arena; written by who closes it, read when all are closed. */
        final long[] firstBlocks;

        /** Under the monitor of this. */
        private final List<long[]> moreBlocks = new ArrayList<>();

        GenerationLease(Arena jdk, HeapArenas arenas, int maxArenas) {
            super(jdk.scope(), arenas);
            this.jdk = new WeakReference<>(jdk);
            firstBlocks = new long[maxArenas];
        }

        /** Keeps the blocks but the first of an arena that is closed, and leaves next. */
        synchronized void keepMore(long[] more) {
            moreBlocks.add(more);
        }

        /** Keeps the blocks of one that nobody can reach, and nobody closed; segments, perhaps. */
        void adopt(int number, ArenaBlocks blocks) {
            synchronized (this) {
                if (!over) {
                    firstBlocks[number] = blocks.first();
                    moreBlocks.add(blocks.more());
                    blocks.forget();
                    return;
                }
            }
            arenas.free(blocks); // nobody can reach the segments either
        }

        /** With the monitor: no thread can reach a segment. */
        private void recycle() {
            arenas.ended(this);
            arenas.free(firstBlocks);
            moreBlocks.forEach(arenas::free);
            moreBlocks.clear();
        }

        /** The heap is about to unmap its memory: ends the scope if there still is one. */
        void closeForHeap() {
            synchronized (this) {
                @Nullable Arena arena = jdk.get();
                if (!over && arena != null && arena.scope().isAlive()) {
                    arena.close();
                }
            }
        }

        @Override
        void onUnreachable() {
            synchronized (this) {
                if (!over) {
                    recycle();
                }
            }
        }
    }
}
