// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.config.OffkraftConfig;
import io.offkraft.word.RawMemory;
import io.offkraft.word.SharedAtomics;
import java.lang.foreign.SegmentAllocator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The arenas of a heap, for {@code java.lang.foreign}.
 *
 * <p><b>What is guaranteed.</b> An access through a segment whose arena is closed, however late and
 * from whatever thread, never ends the process and never reads or writes another owner's memory. Of
 * a confined arena it throws, as with {@code Arena.ofConfined()}. Of a shared one it throws {@link
 * IllegalStateException}, or, until the memory is recycled, it reaches the closed arena's own stale
 * bytes; {@code scope().isAlive()} tells which. Allocating from a closed arena, and closing it
 * again, throw at once. Memory of a closed shared arena is recycled only after the JDK has made
 * sure that no thread can reach it any more: once for up to 1024 arenas, or some mebibytes, that
 * were opened one after the other and have all been closed. An arena that lives long therefore
 * keeps memory of others waiting, a bounded amount: past an eighth of the heap's limit (at most 256
 * MiB) a new arena shares with none and closes at the JDK's price. Arenas whose first segment is
 * large never share.
 *
 * <p><b>Unlike the JDK's</b>, segments of different shared arenas may have the same scope, and a
 * shared arena can be closed while a native call uses a segment: the memory waits for the call.
 *
 * <p><b>Closing the heap</b> ends the scopes of shared and automatic arenas, then unmaps. It throws
 * {@link IllegalStateException} and changes nothing while a confined arena of a live thread is
 * open, as nobody else may end its scope.
 *
 * <p><b>Forgotten arenas:</b> one that can't be reached any more and was not closed is logged as a
 * warning, once, and its memory goes back when no segment is reachable either.
 *
 * <p><b>Thread safety:</b> any thread. <b>Progress:</b> closing a shared arena may wait for a
 * handshake of the JVM's threads, as one in many does. <b>Memory effects:</b> what was done before
 * a close happens before the memory's next use.
 */
public final class HeapArenas {
    private static final System.Logger LOGGER = System.getLogger("io.offkraft.heap");
    private static final int STRIPES = 4;
    private static final int COUNTER_STRIDE = 8;
    private static final int DEFAULT_SITE_EVERY = 1024;

    private final Heap heap;

    /** Whether only the thread that uses the heap may free what the collector finds. */
    private final boolean ownerOnly;

    private final long generationBytes;
    private final long maxWaitingBytes;
    private final LeaseTable leases = new LeaseTable();
    private final Queue<Lease> unreachable = new ConcurrentLinkedQueue<>();
    private final AtomicReferenceArray<Generation> current = new AtomicReferenceArray<>(STRIPES);
    private final Queue<Generation> inNativeCalls = new ConcurrentLinkedQueue<>();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final AtomicLong handshakes = new AtomicLong();
    private final AtomicLong forgotten = new AtomicLong();

    /** Held while blocks are recycled: who finds no memory waits for them. */
    private final Object recycling = new Object();

    /** Opened arenas, by thread. Lost updates are benign: they only choose whose site is noted. */
    private final long[] openedForSites = new long[STRIPES * COUNTER_STRIDE];

    private volatile int siteEvery = DEFAULT_SITE_EVERY;
    private volatile Consumer<ForgottenArena> listener = HeapArenas::log;
    private volatile boolean shut;

    HeapArenas(Heap heap, long limitBytes, boolean ownerOnly) {
        this.heap = heap;
        this.ownerOnly = ownerOnly || !OffkraftConfig.SMP;
        generationBytes = Math.clamp(limitBytes / 64, 64L << 10, 16L << 20);
        maxWaitingBytes = Math.clamp(limitBytes / 8, 64L << 10, 256L << 20);
    }

    /** Returns an open arena for the calling thread alone. */
    public PooledArena confined() {
        drain();
        return new ConfinedArena(this, siteOrNull());
    }

    /** Returns an open arena for all threads, which any of them closes. */
    public PooledArena shared() {
        drain();
        return SharedArena.open(this, siteOrNull());
    }

    /** Returns an arena for all threads whose memory goes back when no segment is reachable. */
    public PooledArena auto() {
        drain();
        return SharedArena.automatic(this);
    }

    /**
     * Returns an allocator of zeroed segments that live until they are freed by {@link Heap#free}
     * of their address: as {@code malloc}, nothing notices a use after that.
     */
    public SegmentAllocator unscoped() {
        return (byteSize, byteAlignment) -> {
            checkSizes(byteSize, byteAlignment);
            long address = heap.memalign(byteAlignment, byteSize);
            if (address == 0) {
                recycle();
                address = heap.memalign(byteAlignment, byteSize);
            }
            checkMemory(address, byteSize, byteAlignment);
            return RawMemory.segment(address, byteSize).fill((byte) 0);
        };
    }

    /**
     * Calls {@code action} with each forgotten arena instead of logging it, on whatever thread
     * finds it; and notes where one of {@code siteEvery} arenas is opened (1: every one, at some
     * microseconds each; the default is one of 1024).
     *
     * @throws IllegalArgumentException if {@code siteEvery} is less than 1
     */
    public void watchForgotten(int siteEvery, Consumer<ForgottenArena> action) {
        if (siteEvery < 1) {
            throw new IllegalArgumentException("siteEvery must be at least 1: " + siteEvery);
        }
        this.siteEvery = siteEvery;
        listener = action;
    }

    /**
     * Recycles the memory of closed shared arenas now, where no open one shares their scope; and
     * what the collector has found. A failing allocation of an arena does this itself.
     */
    public void recycle() {
        drain();
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

    /** Returns what the arenas did and hold: looks at each that is open. */
    public ArenaStatistics statistics() {
        long[] counts = new long[2];
        leases.forEach(lease -> counts[lease instanceof Generation.GenerationLease ? 1 : 0]++);
        return new ArenaStatistics(
                counts[0], forgotten.get(), counts[1], handshakes.get(), waitingBytes.get());
    }

    /** Before the heap unmaps its memory: ends every scope, or throws and changes nothing. */
    void shut() {
        boolean before = shut;
        shut = true; // before the scan: pairs with opened, which adds and then reads this
        long[] confined = new long[1];
        leases.forEach(lease -> {
            if (lease instanceof ConfinedArena.ConfinedLease open && open.isReached()) {
                confined[0]++;
            }
        });
        if (confined[0] > 0) {
            shut = before;
            throw new IllegalStateException(
                    "%d confined arenas of the heap are open: close them first"
                            .formatted(confined[0]));
        }
        leases.forEach(lease -> {
            if (lease instanceof Generation.GenerationLease open) {
                open.closeForHeap();
            }
        });
    }

    Heap heap() {
        return heap;
    }

    long generationBytes() {
        return generationBytes;
    }

    static void checkSizes(long byteSize, long byteAlignment) {
        if (byteSize < 0) {
            throw new IllegalArgumentException("Invalid allocation size : " + byteSize);
        }
        if (byteAlignment <= 0 || Long.bitCount(byteAlignment) != 1) {
            throw new IllegalArgumentException("Invalid alignment constraint : " + byteAlignment);
        }
    }

    static void checkOpen(boolean closed) {
        if (closed) {
            throw new IllegalStateException("Already closed");
        }
    }

    private static void checkMemory(long address, long byteSize, long byteAlignment) {
        if (address == 0) {
            throw new OutOfMemoryError(
                    "the heap has no memory for %d bytes aligned to %d"
                            .formatted(byteSize, byteAlignment));
        }
    }

    long take(ArenaBlocks blocks, long byteSize, long byteAlignment) {
        long address = blocks.takeOr0(heap, byteSize, byteAlignment);
        if (address == 0) {
            recycle();
            address = blocks.takeOr0(heap, byteSize, byteAlignment);
            checkMemory(address, byteSize, byteAlignment);
        }
        return address;
    }

    /** Keeps the lease of an arena, or of a generation, that is just made. */
    void opened(Lease lease) {
        leases.add(lease);
        if (shut) {
            ended(lease);
            throw new IllegalStateException("the heap is closed");
        }
    }

    void ended(Lease lease) {
        lease.over = true;
        leases.remove(lease);
    }

    /** Returns the generation that an arena whose first segment has {@code bytes} joins. */
    Generation join(ArenaBlocks blocks, long bytes) {
        if (bytes > generationBytes / 4 || waitingBytes.get() > maxWaitingBytes) {
            Generation own = ownGeneration(blocks);
            own.retire();
            return own;
        }
        int stripe = stripeOfThread();
        while (true) { // each round but the last, another thread has filled a generation
            Generation generation = current.get(stripe);
            if (generation == null) {
                generation = newGeneration(stripe);
            }
            if (generation.tryJoin(blocks)) {
                return generation;
            }
            drop(stripe, generation);
        }
    }

    Generation ownGeneration(ArenaBlocks blocks) {
        Generation generation = new Generation(this);
        opened(generation.lease);
        generation.tryJoin(blocks);
        return generation;
    }

    @SuppressWarnings("NullAway") // null: there is no generation yet
    private Generation newGeneration(int stripe) {
        Generation made = new Generation(this);
        opened(made.lease);
        SharedAtomics.count();
        Generation other = current.compareAndExchange(stripe, null, made); // publishes it
        if (other == null) {
            return made;
        }
        ended(made.lease); // nobody has seen it
        return other;
    }

    private void retire(int stripe, Generation generation) {
        drop(stripe, generation);
        if (generation.retire()) {
            finish(generation);
        }
    }

    @SuppressWarnings("NullAway") // null: the next who opens makes a new one
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

    /** No thread can reach the memory. */
    void recycle(List<ArenaBlocks> all) {
        try {
            for (ArenaBlocks blocks : all) {
                blocks.freeAll(heap);
            }
        } catch (IllegalStateException heapClosed) {
            if (!shut) {
                throw heapClosed;
            }
        }
    }

    void countHandshake() {
        SharedAtomics.count();
        handshakes.incrementAndGet();
    }

    void countWaiting(long bytes) {
        SharedAtomics.count();
        waitingBytes.addAndGet(bytes);
    }

    void foundUnreachable(Lease lease) {
        unreachable.add(lease);
        if (!ownerOnly) {
            drain();
        }
    }

    private void drain() {
        while (!unreachable.isEmpty() && !shut) {
            Lease lease = unreachable.poll();
            if (lease != null && !lease.over) {
                lease.onUnreachable();
            }
        }
    }

    void report(ForgottenArena.Kind kind, long bytes, @Nullable Throwable site) {
        SharedAtomics.count();
        forgotten.incrementAndGet();
        try {
            listener.accept(new ForgottenArena(kind, bytes, site));
        } catch (RuntimeException | Error failed) { // the memory is recovered nevertheless
            LOGGER.log(System.Logger.Level.WARNING, "the listener for forgotten arenas", failed);
        }
    }

    private static void log(ForgottenArena arena) {
        LOGGER.log(System.Logger.Level.WARNING, arena.toString(), arena.site());
    }

    private @Nullable Throwable siteOrNull() {
        int counter = stripeOfThread() * COUNTER_STRIDE;
        return openedForSites[counter]++ % siteEvery == 0
                ? new Throwable("the arena was opened here")
                : null;
    }

    private static int stripeOfThread() {
        return (int) Thread.currentThread().threadId() & (STRIPES - 1);
    }
}
