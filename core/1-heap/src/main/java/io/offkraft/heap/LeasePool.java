// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.SharedAtomics;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Free leases of arenas of one kind: a few of each platform thread's own, which it takes and gives
 * without an atomic instruction, and a few for all. What does not find room goes; so a heap keeps a
 * bounded number, however many threads come and go.
 */
final class LeasePool {
    /** By the low bits of a thread's id. */
    private static final int PLACES = 512;

    /** A thread keeps as many as it usually opens arenas one inside the other. */
    private static final int KEPT_BY_THREAD = 8;

    private static final int COMMON = 256;
    private static final int PROBES = 4;
    private static final long[] NONE = {};
    private static final int COUNTERS = 4;
    private static final int COUNTER_STRIDE = 16;

    /** A thread's own leases: only it touches them, and whoever comes after it when it is dead. */
    static final class Place {
        final Thread thread;

        /** The free ones are the first; then those that were taken last, unless others came. */
        final @Nullable ArenaLease[] leases;

        int count;

        /** Arenas opened since a site was noted. */
        int opened;

        Place(Thread thread, @Nullable Place before) {
            this.thread = thread;
            leases = new ArenaLease[KEPT_BY_THREAD];
            if (before != null) {
                count = before.count;
                for (int i = 0; i < count; i++) {
                    ArenaLease lease = before.leases[i];
                    leases[i] = lease;
                    if (lease != null && lease.confined) {
                        lease.owner = thread;
                    }
                }
            }
        }
    }

    private final HeapArenas arenas;
    private final boolean confined;

    /**
     * Read without a lock: a place knows whose it is. Written under the monitor of this; that the
     * one before was of a thread that is dead orders what that did.
     */
    private final @Nullable Place[] places = new Place[PLACES];

    private final AtomicReferenceArray<@Nullable ArenaLease> common =
            new AtomicReferenceArray<>(COMMON);

    /**
     * Arenas that threads without a place have opened since a site was noted. Lost updates are
     * benign: they only choose whose is noted.
     */
    private final int[] openedByOthers = new int[COUNTERS * COUNTER_STRIDE];

    LeasePool(HeapArenas arenas, boolean confined) {
        this.arenas = arenas;
        this.confined = confined;
    }

    /**
     * Returns a lease for an arena of the caller, one of {@code siteEvery} with the site. One
     * method, so that it stays a call: see {@link ConfinedArena}.
     */
    ArenaLease take(Thread caller, int siteEvery) {
        ArenaLease lease = null;
        Place place = places[(int) caller.threadId() & (PLACES - 1)];
        if (place != null && place.thread == caller) {
            place.opened++;
        } else {
            place = madePlaceOrNull(caller, place);
        }
        if (place != null && place.count > 0) {
            assert place.count <= KEPT_BY_THREAD : "count: " + place.count;
            lease = place.leases[--place.count];
            if (lease != null && place.opened < siteEvery) { // nearly always
                assert !lease.isOpen() : "an arena has the lease at place " + place.count;
                return lease;
            }
        }
        for (int probe = 0; lease == null && probe < PROBES; probe++) {
            int slot = slot(caller, probe);
            if (common.getPlain(slot) != null) {
                SharedAtomics.count();
                lease = common.getAndSet(slot, null); // acquires what the one who gave it did
            }
        }
        if (lease == null) {
            lease = arenas.newLease(confined);
        }
        if (confined) {
            lease.owner = caller;
        }
        int counter = ((int) caller.threadId() & (COUNTERS - 1)) * COUNTER_STRIDE;
        int opened = place == null ? ++openedByOthers[counter] : place.opened;
        if (opened >= siteEvery) {
            lease.site = new Throwable("the arena was opened here");
            if (place == null) {
                openedByOthers[counter] = 0;
            } else {
                place.opened = 0;
            }
        }
        assert !lease.isOpen() : "an arena has the lease at slot " + lease.index;
        return lease;
    }

    /**
     * An arena is closed: its generation takes its blocks, or they are freed; the next arena may
     * have its lease. One method, so that it stays a call: see {@link ConfinedArena}.
     */
    void end(ArenaLease lease, ArenaLease.Token token, Thread caller) {
        assert lease.isOpen() : "no arena has the lease at slot " + lease.index;
        ArenaBlocks blocks = lease.blocks;
        long first = blocks.first();
        assert first != 0 || !blocks.hasMore() : "more blocks than none: " + blocks.bytes();
        long[] more = blocks.hasMore() ? blocks.more() : NONE;
        blocks.forget();
        Generation.GenerationLease generation = lease.generation;
        if (generation == null) {
            Heap heap = arenas.heap();
            for (int i = more.length - 1; i >= 0; i--) {
                heap.free(more[i]);
            }
            heap.free(first);
        } else {
            generation.firstBlocks[lease.number] = first;
            if (more.length > 0) {
                generation.keepMore(more);
            }
            lease.generation = null; // the lease may wait for the next arena for long
        }
        if (lease.site != null) {
            lease.site = null;
        }
        lease.end(token); // not before the blocks are free: then the heap may be closed
        Place place = places[(int) caller.threadId() & (PLACES - 1)];
        if (place != null && place.thread == caller && place.count < KEPT_BY_THREAD) {
            if (place.leases[place.count] != lease) { // it is there, if they come back in turn
                place.leases[place.count] = lease;
            }
            place.count++;
            return;
        }
        if (lease.owner != null) {
            lease.owner = null; // or it would keep a thread from being collected
        }
        for (int probe = 0; probe < PROBES; probe++) {
            int slot = slot(caller, probe);
            if (common.getPlain(slot) == null) {
                SharedAtomics.count();
                // Releases the lease: pairs with the acquire in take.
                if (common.compareAndSet(slot, null, lease)) {
                    return;
                }
            }
        }
        arenas.ended(lease);
    }

    private @Nullable Place madePlaceOrNull(Thread caller, @Nullable Place seen) {
        if (caller.isVirtual() || (seen != null && seen.thread.isAlive())) {
            return null;
        }
        int index = (int) caller.threadId() & (PLACES - 1);
        synchronized (this) {
            Place before = places[index];
            if (before != null && before.thread.isAlive()) {
                return null;
            }
            Place made = new Place(caller, before);
            made.opened = 1; // the one that is being opened
            places[index] = made;
            return made;
        }
    }

    private static int slot(Thread caller, int probe) {
        return (int) (caller.threadId() * PROBES + probe) & (COMMON - 1);
    }
}
