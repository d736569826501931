// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The leases of a heap, in a few parts of which each has a monitor: only what is made anew is
 * added, which is rare, or as much work as an arena that the collector closes.
 */
final class LeaseTable {
    private static final int PARTS = 8;
    private static final int LEAST_LENGTH = 64;

    /** Leases without order: where one goes, the last takes its place. */
    private static final class Part {
        private @Nullable Lease[] leases = new Lease[LEAST_LENGTH];
        private int count;

        synchronized void add(Lease lease) {
            if (count == leases.length) {
                leases = Arrays.copyOf(leases, 2 * count);
            }
            lease.index = count;
            leases[count++] = lease;
        }

        synchronized void remove(Lease lease) {
            Lease last = leases[--count];
            leases[count] = null;
            if (last != null && last != lease) {
                leases[lease.index] = last;
                last.index = lease.index;
            }
            if (count < leases.length / 8 && leases.length > LEAST_LENGTH) {
                leases = Arrays.copyOf(leases, leases.length / 2);
            }
        }

        synchronized @Nullable Lease[] copy() {
            return Arrays.copyOf(leases, count);
        }
    }

    private final Part[] parts = new Part[PARTS];

    LeaseTable() {
        for (int i = 0; i < PARTS; i++) {
            parts[i] = new Part();
        }
    }

    void add(Lease lease) {
        lease.part = (int) Thread.currentThread().threadId() & (PARTS - 1);
        parts[lease.part].add(lease);
    }

    /** Takes a lease out that is there. */
    void remove(Lease lease) {
        parts[lease.part].remove(lease);
    }

    /** Calls with each lease that is there throughout; with others perhaps. */
    void forEach(Consumer<Lease> action) {
        for (Part part : parts) {
            for (Lease lease : part.copy()) { // without the monitor: the action may close things
                if (lease != null) {
                    action.accept(lease);
                }
            }
        }
    }
}
