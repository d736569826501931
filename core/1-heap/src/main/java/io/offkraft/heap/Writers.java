// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.SharedAtomics;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The calls that write into a block of a heap without a guard: one that they have just got, before
 * the caller has it. When the heap above all is closed the memory is unmapped; that of one below it
 * goes to others, who must not find it written to.
 */
final class Writers {
    private final AtomicInteger inside = new AtomicInteger();
    private volatile boolean closed;

    /** Lets the caller write until {@link #exit}; throws if the heap is closed. */
    void enter() {
        // A full fence, then the look at the flag; close sets it, then looks at the count. One of
        // them sees the other.
        SharedAtomics.count();
        inside.getAndIncrement();
        if (closed) {
            exit();
            Heap.checkOpen(true);
        }
    }

    /** Releases what was written, to who closes. */
    void exit() {
        SharedAtomics.count();
        inside.getAndDecrement();
    }

    /** Lets nobody in any more, and waits for those inside. */
    void close() {
        closed = true;
        Waiting waiting = new Waiting();
        while (inside.get() > 0) { // malloc, if that is where they are, tells them soon
            waiting.pause();
        }
        waiting.end();
    }
}
