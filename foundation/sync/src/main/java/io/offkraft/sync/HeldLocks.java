// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The locks that one thread holds, in the order in which it took them.
 *
 * <p><b>Thread safety:</b> its thread's alone; of others' only once the thread has ended, which
 * {@link Thread#isAlive()} orders.
 */
final class HeldLocks {
    /**
     * A lock that is held.
     *
     * @param reading whether others may read at the same time
     * @param inInterrupt whether an interrupt handler took it
     * @param site where it was taken
     */
    record Held(TrackedLock lock, boolean reading, boolean inInterrupt, AcquisitionSite site) {}

    final Thread thread = Thread.currentThread();

    /** Whether what this thread left behind was told of; guarded by the registry's monitor. */
    boolean isReported;

    private final List<Held> held = new ArrayList<>();

    List<Held> all() {
        return held;
    }

    @Nullable Held findOrNull(TrackedLock lock) {
        for (int i = held.size() - 1; i >= 0; i--) {
            if (held.get(i).lock() == lock) {
                return held.get(i);
            }
        }
        return null;
    }

    void add(Held lock) {
        held.add(lock);
    }

    /** Removes the youngest entry; tells whether it was the only one of its lock. */
    boolean remove(Held lock) {
        held.remove(held.lastIndexOf(lock));
        return findOrNull(lock.lock()) == null;
    }

    static String nameOf(Thread thread) {
        return thread.getName().isEmpty() ? "#" + thread.threadId() : thread.getName();
    }
}
