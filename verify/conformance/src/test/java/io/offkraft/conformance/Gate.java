// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import io.offkraft.faults.FaultInjectingSystemCalls;

/** Holds up the calls by which a thread of a certain name gives memory back. */
final class Gate implements AutoCloseable {
    final FaultInjectingSystemCalls calls =
            FaultInjectingSystemCalls.choosing((call, _) -> pass(call));
    final String threadName;
    private boolean open = true;
    private int passing;
    private boolean someone;

    Gate(String threadName) {
        this.threadName = threadName;
    }

    /** From now on calls wait. */
    synchronized void shut() {
        open = false;
    }

    /** Lets all go on, also when a test has failed: what is closed next waits for them. */
    @Override
    public void close() {
        open();
    }

    synchronized void open() {
        open = true;
        notifyAll();
    }

    synchronized void letOnePass() {
        passing++;
        notifyAll();
    }

    synchronized void awaitSomeone() throws InterruptedException {
        while (!someone) {
            wait();
        }
    }

    private synchronized int pass(String call) {
        if (Thread.currentThread().getName().equals(threadName)
                && (call.equals("madvise") || call.equals("mmap"))) {
            someone |= !open;
            notifyAll();
            try {
                while (!open && passing == 0) {
                    wait();
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            passing -= open ? 0 : 1;
        }
        return 0;
    }
}
