// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where the threads of a phase line up until all are there and the clock has been started.
 *
 * <p>Waiting threads yield and do not sleep: opening the gate costs the clock no wake-ups.
 *
 * <p><b>Thread safety:</b> any thread; one opens.
 */
@SuppressWarnings("ThreadPriorityCheck") // only speed depends on it
final class Gate {
    private final AtomicInteger arrived = new AtomicInteger();
    private volatile boolean open;

    void arriveAndAwait() {
        arrived.incrementAndGet();
        while (!open) {
            Thread.yield();
        }
    }

    void awaitArrivals(int threads) {
        while (arrived.get() < threads) {
            Thread.yield();
        }
    }

    void open() {
        open = true;
    }
}
