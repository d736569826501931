// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
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
    static final int MAX_ARENAS = 1024;

    final Arena jdk;
    final GenerationLease lease;
    private final HeapArenas arenas;

    // Under the monitor of the lease.
    private int open;
    private int joined;
    private boolean retired;

    @SuppressWarnings("MustBeClosedChecker") // closed by finish
    Generation(HeapArenas arenas) {
        this.arenas = arenas;
        jdk = Arena.ofShared();
        Arena reachable = jdk;
        // Who can reach a segment reaches the arena, so that the heap finds it when it closes.
        RawMemory.whenClosed(jdk, _ -> reachable.scope());
        lease = new GenerationLease(jdk, arenas);
    }

    /** Takes an arena in; returns false if this is retired. */
    boolean tryJoin(ArenaBlocks blocks) {
        synchronized (lease) {
            if (retired) {
                return false;
            }
            lease.blocks.add(blocks);
            open++;
            joined++;
            retired = joined == MAX_ARENAS;
            return true;
        }
    }

    /** An arena with so many bytes was closed. */
    void leave(long bytes) {
        boolean last;
        synchronized (lease) {
            open--;
            lease.limboBytes += bytes;
            if (!retired) {
                retired = lease.limboBytes >= arenas.generationBytes();
                if (retired) {
                    lease.countWaiting(lease.limboBytes);
                }
            } else {
                lease.countWaiting(lease.limboBytes - lease.waitingBytes);
            }
            last = retired && open == 0;
        }
        if (last) {
            arenas.finish(this);
        }
    }

    /** Lets no arena in any more; returns whether all are closed. */
    boolean retire() {
        synchronized (lease) {
            if (!retired) {
                retired = true;
                lease.countWaiting(lease.limboBytes);
            }
            return open == 0;
        }
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
            } catch (IllegalStateException _) {
                return jdkIsClosed();
            }
            arenas.countHandshake();
            lease.recycle();
            return true;
        }
    }

    /** The heap may have closed it; then its memory is the heap's affair. */
    private boolean jdkIsClosed() {
        return !jdk.scope().isAlive();
    }

    /** The scope's: unreachable when no segment, and no arena of the generation, is reachable. */
    static final class GenerationLease extends Lease {
        private final WeakReference<Arena> jdk;

        // Under the monitor of this.
        private final List<ArenaBlocks> blocks = new ArrayList<>();
        private long limboBytes;
        private long waitingBytes;

        GenerationLease(Arena jdk, HeapArenas arenas) {
            super(jdk.scope(), arenas, null);
            this.jdk = new WeakReference<>(jdk);
        }

        private void countWaiting(long bytes) {
            waitingBytes += bytes;
            arenas.countWaiting(bytes);
        }

        /** No thread can reach a segment. */
        private void recycle() {
            arenas.countWaiting(-waitingBytes);
            arenas.ended(this);
            arenas.recycle(blocks);
            blocks.clear();
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
