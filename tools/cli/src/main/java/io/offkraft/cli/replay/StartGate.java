// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where the threads of a round line up until all are there and the clock has been started.
 *
 * <p>Waiting threads yield and do not sleep: opening the gate costs the clock no wake-ups.
 *
 * <p><b>Thread safety:</b> any thread; one opens.
 */
@SuppressWarnings("ThreadPriorityCheck") // only speed depends on it
final class StartGate {
    private final AtomicInteger arrived = new AtomicInteger();
    private volatile boolean open;

    /** Lines up the calling thread until the gate opens. */
    void arriveAndAwait() {
        arrived.incrementAndGet();
        while (!open) {
            Thread.yield();
        }
    }

    /** Waits until {@code threads} threads have lined up. */
    void awaitArrivals(int threads) {
        while (arrived.get() < threads) {
            Thread.yield();
        }
    }

    /** Lets everybody through, now and later. */
    void open() {
        open = true;
    }
}
