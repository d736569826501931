// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.SharedAtomics;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** Which {@link Generation} a shared arena of a heap joins, and when one is recycled. */
final class Generations {
    private static final int STRIPES = 4;

    private final HeapArenas arenas;
    private final long bytes;
    private final long maxWaitingBytes;
    private final AtomicReferenceArray<@Nullable Generation> current =
            new AtomicReferenceArray<>(STRIPES);
    private final Queue<Generation> inNativeCalls = new ConcurrentLinkedQueue<>();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final AtomicLong handshakes = new AtomicLong();

    /** Held while blocks are recycled: who finds no memory waits for them. */
    private final Object recycling = new Object();

    Generations(HeapArenas arenas, long limitBytes) {
        this.arenas = arenas;
        bytes = Math.clamp(limitBytes / 64, 64L << 10, 16L << 20);
        maxWaitingBytes = Math.clamp(limitBytes / 8, 64L << 10, 256L << 20);
    }

    /** Returns how much closed arenas may leave in a generation before it is retired. */
    long bytes() {
        return bytes;
    }

    /** Takes an arena whose first segment has so many bytes into a generation, and returns that. */
    Generation join(ArenaLease arena, long firstBytes) {
        if (firstBytes > bytes / 4 || waitingBytes.get() > maxWaitingBytes) {
            Generation own = open(1);
            own.tryJoin(arena); // nobody else knows it
            return own;
        }
        int stripe = (int) Thread.currentThread().threadId() & (STRIPES - 1);
        while (true) { // each round but the last, another thread has filled a generation
            Generation generation = current.get(stripe);
            if (generation == null) {
                generation = openFor(stripe);
            }
            if (generation.tryJoin(arena)) {
                return generation;
            }
            drop(stripe, generation);
        }
    }

    private Generation open(int maxArenas) {
        Generation made = new Generation(arenas, this, maxArenas);
        arenas.opened(made.lease);
        return made;
    }

    private Generation openFor(int stripe) {
        Generation made = open(Generation.MAX_ARENAS);
        SharedAtomics.count();
        Generation other = current.compareAndExchange(stripe, null, made); // publishes it
        if (other == null) {
            return made;
        }
        arenas.ended(made.lease); // nobody has seen it
        return other;
    }

    /** Recycles what is closed now, where no open arena shares its generation. */
    void recycle() {
        synchronized (recycling) {
            for (int stripe = 0; stripe < STRIPES; stripe++) {
                Generation generation = current.get(stripe);
                if (generation != null) {
                    retire(stripe, generation);
                }
            }
            int tries = inNativeCalls.size();
            for (int i = 0; i < tries; i++) {
                Generation generation = inNativeCalls.poll();
                if (generation != null) {
                    finish(generation);
                }
            }
        }
    }

    private void retire(int stripe, Generation generation) {
        drop(stripe, generation);
        if (generation.retire()) {
            finish(generation);
        }
    }

    private void drop(int stripe, Generation generation) {
        SharedAtomics.count();
        current.compareAndSet(stripe, generation, null); // else another was faster
    }

    /** All arenas of the generation are closed. */
    void finish(Generation generation) {
        synchronized (recycling) {
            for (int stripe = 0; stripe < STRIPES; stripe++) {
                drop(stripe, generation);
            }
            if (!generation.tryFinish()) {
                inNativeCalls.add(generation);
            }
        }
    }

    /** An arena of the generation can't be closed any more: so that the collector can find it. */
    void letGo(Generation.GenerationLease lease) {
        for (int stripe = 0; stripe < STRIPES; stripe++) {
            Generation generation = current.get(stripe);
            if (generation != null && generation.lease == lease) {
                retire(stripe, generation);
            }
        }
    }

    void countHandshake() {
        SharedAtomics.count();
        handshakes.incrementAndGet();
    }

    void countWaiting(long more) {
        SharedAtomics.count();
        waitingBytes.addAndGet(more);
    }

    long handshakes() {
        return handshakes.get();
    }

    long waitingBytes() {
        return waitingBytes.get();
    }
}
