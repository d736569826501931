// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.config.OffkraftConfig;
import io.offkraft.platform.ProcessBarrier;
import io.offkraft.word.RawMemory;
import io.offkraft.word.SharedAtomics;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.VarHandle;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
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
 * sure that no thread can reach it any more: once for up to 4096 arenas, or some mebibytes, that
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
    private static final int DEFAULT_SITE_EVERY = 1024;
    private static final boolean HAS_BARRIER = ProcessBarrier.isAvailable();

    private final Heap heap;

    /** Whether only the thread that uses the heap may free what the collector finds. */
    private final boolean ownerOnly;

    private final Generations generations;
    private final LeaseTable leases = new LeaseTable();
    private final LeasePool confinedPool = new LeasePool(this, true);
    private final LeasePool sharedPool = new LeasePool(this, false);
    private final Queue<Lease> unreachable = new ConcurrentLinkedQueue<>();
    private final AtomicLong forgotten = new AtomicLong();
    private volatile int siteEvery = DEFAULT_SITE_EVERY;
    private volatile Consumer<ForgottenArena> listener = HeapArenas::log;
    private volatile boolean shut;

    HeapArenas(Heap heap, long limitBytes, boolean ownerOnly) {
        this.heap = heap;
        this.ownerOnly = ownerOnly || !OffkraftConfig.SMP;
        generations = new Generations(this, limitBytes);
    }

    /** Returns an open arena for the calling thread alone. */
    public PooledArena confined() {
        if (ownerOnly) {
            drain();
        }
        Thread self = Thread.currentThread();
        ArenaLease lease = confinedPool.take(self, siteEvery);
        return new ConfinedArena(this, self, lease, begin(lease));
    }

    /** Returns an open arena for all threads, which any of them closes. */
    public PooledArena shared() {
        if (ownerOnly) {
            drain();
        }
        ArenaLease lease = sharedPool.take(Thread.currentThread(), siteEvery);
        return new SharedArena(this, lease, begin(lease));
    }

    /** Returns an arena for all threads whose memory goes back when no segment is reachable. */
    public PooledArena auto() {
        if (ownerOnly) {
            drain();
        }
        return new AutomaticArena(this);
    }

    ArenaLease newLease(boolean confined) {
        ArenaLease made = ArenaLease.make(this, confined);
        leases.add(made);
        return made;
    }

    private ArenaLease.Token begin(ArenaLease lease) {
        ArenaLease.Token token = lease.begin();
        // Between "open" and the look at shut: pairs with the barrier in shut, which is between
        // shut and the look at what is open. One of them sees the other.
        if (HAS_BARRIER) {
            VarHandle.releaseFence(); // no instruction on x86; to the compiler, a wall
        } else {
            SharedAtomics.count();
            VarHandle.fullFence();
        }
        if (shut) {
            throw shutNow(lease, token);
        }
        return token;
    }

    private IllegalStateException shutNow(ArenaLease lease, ArenaLease.Token token) {
        end(lease, token, Thread.currentThread());
        return new IllegalStateException("the heap is closed");
    }

    /** An arena is closed, by {@code caller}. */
    void end(ArenaLease lease, ArenaLease.Token token, Thread caller) {
        (lease.confined ? confinedPool : sharedPool).end(lease, token, caller);
    }

    /**
     * Returns an allocator of zeroed segments that live until they are freed by {@link Heap#free}
     * of their address: as {@code malloc}, nothing notices a use after that.
     */
    public SegmentAllocator unscoped() {
        return (byteSize, byteAlignment) -> {
            checkSizes(byteSize, byteAlignment);
            heap.beginWriting();
            try {
                long address = heap.memalign(byteAlignment, byteSize);
                if (address == 0) {
                    recycle();
                    address = heap.memalign(byteAlignment, byteSize);
                }
                if (address == 0) {
                    throw noMemory(byteSize, byteAlignment);
                }
                return RawMemory.zero(RawMemory.segment(address, byteSize));
            } finally {
                heap.endWriting();
            }
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
        generations.recycle();
    }

    /** Returns what the arenas did and hold: looks at each that is open. */
    public ArenaStatistics statistics() {
        long[] counts = new long[2];
        leases.forEach(lease -> {
            if (!(lease instanceof ArenaLease arena)) {
                counts[1]++;
            } else if (arena.isOpen()) {
                counts[0]++;
            }
        });
        return new ArenaStatistics(
                counts[0],
                forgotten.get(),
                counts[1],
                generations.handshakes(),
                generations.waitingBytes());
    }

    /**
     * Before the heap gives its memory back: from now on no arena is opened; or throws and changes
     * nothing. {@link #endScopes} or {@link #allow} follows.
     */
    void forbid() {
        boolean before = shut;
        shut = true; // before the scan: pairs with opened, which adds and then reads this
        if (HAS_BARRIER) {
            ProcessBarrier.await(); // and with begin
        }
        long[] confined = new long[1];
        leases.forEach(lease -> {
            if (lease instanceof ArenaLease arena && arena.isReachedByOwner()) {
                confined[0]++;
            }
        });
        if (confined[0] > 0) {
            shut = before;
            throw new IllegalStateException(
                    "%d confined arenas of the heap %s are open: close them first"
                            .formatted(confined[0], heap.place().path()));
        }
    }

    /** The heap is not closed after all. */
    void allow() {
        shut = false;
    }

    /** After {@link #forbid}: ends every scope. */
    void endScopes() {
        leases.forEach(lease -> {
            switch (lease) {
                case Generation.GenerationLease open -> open.closeForHeap();
                case AutomaticArena.AutomaticLease open -> open.closeForHeap();
                case ArenaLease _ -> {}
            }
        });
    }

    /** Returns how many leases there are, free ones too. */
    int leases() {
        int[] count = new int[1];
        leases.forEach(_ -> count[0]++);
        return count[0];
    }

    boolean isShut() {
        return shut;
    }

    Heap heap() {
        return heap;
    }

    Generations generations() {
        return generations;
    }

    static void checkSizes(long byteSize, long byteAlignment) {
        if (byteSize < 0) {
            throw new IllegalArgumentException("Invalid allocation size : " + byteSize);
        }
        if (byteAlignment <= 0 || Long.bitCount(byteAlignment) != 1) {
            throw new IllegalArgumentException("Invalid alignment constraint : " + byteAlignment);
        }
    }

    static IllegalStateException alreadyClosed() {
        return new IllegalStateException("Already closed");
    }

    static OutOfMemoryError noMemory(long byteSize, long byteAlignment) {
        return new OutOfMemoryError(
                "the heap has no memory for %d bytes aligned to %d"
                        .formatted(byteSize, byteAlignment));
    }

    /** There was no memory: tries again with what closed arenas have left. */
    long takeSlow(ArenaBlocks blocks, long byteSize, long byteAlignment) {
        recycle();
        long address = blocks.takeOr0(heap, byteSize, byteAlignment);
        if (address == 0) {
            throw noMemory(byteSize, byteAlignment);
        }
        return address;
    }

    /** Keeps the lease of an automatic arena, or of a generation, that is just made. */
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

    /** No thread can reach the memory. */
    void free(ArenaBlocks blocks) {
        try {
            blocks.freeAll(heap);
        } catch (IllegalStateException heapClosed) {
            checkShut(heapClosed);
        }
    }

    /** The same; what is 0 is no block. */
    void free(long[] blocks) {
        try {
            for (long block : blocks) {
                heap.free(block);
            }
        } catch (IllegalStateException heapClosed) {
            checkShut(heapClosed);
        }
    }

    private void checkShut(IllegalStateException heapClosed) {
        if (!shut) {
            throw heapClosed;
        }
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
}
