// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;

/**
 * What must outlive an arena's objects, so that its blocks are known when nobody can reach them any
 * more. The {@link LeaseTable} of its heap holds it; it holds neither the arena nor its scope.
 */
abstract sealed class Lease extends PhantomReference<Object>
        permits ArenaLease, Generation.GenerationLease, AutomaticArena.AutomaticLease {
    private static final System.Logger LOG = System.getLogger(Lease.class.getName());
    private static final ReferenceQueue<Object> UNREACHABLE = new ReferenceQueue<>();

    static {
        Thread.ofPlatform().daemon().name("offkraft-arenas").start(Lease::watch);
    }

    final HeapArenas arenas;

    /** Where the table has it: the part, then the index there, which the part's monitor guards. */
    int part;

    int index;

    /**
     * Set when what this is the lease of is no more: the collector may find it nevertheless, as it
     * does not look at all dead references. Plain: set before the referent becomes unreachable,
     * which happens before the queue hands out the reference.
     */
    boolean over;

    Lease(Object referent, HeapArenas arenas) {
        super(referent, UNREACHABLE);
        this.arenas = arenas;
    }

    /** The collector has found that nobody can reach what this is the lease of; called once. */
    abstract void onUnreachable();

    private static void watch() {
        while (true) {
            try {
                Lease lease = (Lease) UNREACHABLE.remove();
                lease.arenas.foundUnreachable(lease);
            } catch (InterruptedException _) {
                // Nobody has a reason to interrupt this thread; it goes on.
            } catch (RuntimeException | Error failed) {
                // Of one arena: its heap is being closed, or its listener failed. Others are
                // waiting.
                LOG.log(System.Logger.Level.WARNING, "a forgotten arena was not recovered", failed);
            }
        }
    }
}
