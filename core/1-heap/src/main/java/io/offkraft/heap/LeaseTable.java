// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.SharedAtomics;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;

/**
 * The leases of a heap: any thread adds and removes with one atomic instruction, at a place that
 * other threads rarely use; where that is full, in a common set.
 */
final class LeaseTable {
    private static final int SLOTS = 4096;
    private static final int SLOTS_PER_THREAD = 64;
    private static final int PROBES = 32;

    private final AtomicReferenceArray<Lease> slots = new AtomicReferenceArray<>(SLOTS);
    private final Set<Lease> others = ConcurrentHashMap.newKeySet();

    @SuppressWarnings("NullAway") // a free slot is null
    void add(Lease lease) {
        int begin = (int) (Thread.currentThread().threadId() * SLOTS_PER_THREAD) & (SLOTS - 1);
        for (int probe = 0; probe < PROBES; probe++) {
            int slot = begin + probe;
            if (slots.getPlain(slot) == null) {
                lease.slot = slot;
                SharedAtomics.count();
                // Pairs with the read in forEach: who scans sees the lease whole.
                if (slots.compareAndSet(slot, null, lease)) {
                    return;
                }
            }
        }
        lease.slot = -1;
        others.add(lease);
    }

    @SuppressWarnings("NullAway") // a free slot is null
    void remove(Lease lease) {
        if (lease.slot >= 0) {
            // Release: what the owner did with the lease is over for who takes the slot next.
            slots.setRelease(lease.slot, null);
        } else {
            others.remove(lease);
        }
    }

    /** Calls with each lease that is there throughout; with others perhaps. */
    void forEach(Consumer<Lease> action) {
        for (int slot = 0; slot < SLOTS; slot++) {
            Lease lease = slots.get(slot);
            if (lease != null) {
                action.accept(lease);
            }
        }
        others.forEach(action);
    }
}
