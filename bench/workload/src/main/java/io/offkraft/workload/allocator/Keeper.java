// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import io.offkraft.heap.Heap;
import io.offkraft.heap.ThreadHeap;
import org.jspecify.annotations.Nullable;

/** A thread that keeps a heap at hand. */
final class Keeper extends Thread {
    private @Nullable ThreadHeap kept; // by this thread itself

    Keeper(Runnable task) {
        super(task, "keeper");
        setDaemon(true);
    }

    /** Returns {@code heap} as it keeps it. By this thread itself. */
    @SuppressWarnings("ReferenceEquality") // which one it is is what is asked
    ThreadHeap of(Heap heap) {
        ThreadHeap present = kept;
        if (present == null || present.heap() != heap) {
            present = heap.threadHeap();
            kept = present;
        }
        return present;
    }
}
