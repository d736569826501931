// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import org.jspecify.annotations.Nullable;

/**
 * What must outlive an arena's objects, so that its blocks are known when nobody can reach them any
 * more. The {@link LeaseTable} of its heap holds it; it holds neither the arena nor its scope.
 */
abstract class Lease extends PhantomReference<Object> {
    private static final System.Logger LOG = System.getLogger(Lease.class.getName());
    private static final ReferenceQueue<Object> UNREACHABLE = new ReferenceQueue<>();

    static {
        Thread.ofPlatform().daemon().name("offkraft-arenas").start(Lease::watch);
    }

    final HeapArenas arenas;
    final @Nullable Throwable site;

    /** Where the table has it; or -1. Written by the opener, before others can know the lease. */
    int slot = -1;

    /**
     * Set when what this is the lease of is closed: the collector may find it nevertheless, as it
     * does not look at all dead references. Plain: set before the referent becomes unreachable,
     * which happens before the queue hands out the reference.
     */
    boolean over;

    Lease(Object referent, HeapArenas arenas, @Nullable Throwable site) {
        super(referent, UNREACHABLE);
        this.arenas = arenas;
        this.site = site;
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
