// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

/**
 * Tells the calling thread which of several places it should use, so that threads which run at the
 * same time seldom use the same.
 *
 * <p>The answer is a hint: it may be out of date when it arrives, since a thread may be moved to
 * another CPU at any moment, and two threads may get the same. What is at a place must therefore be
 * correct under concurrent use; the locator only makes that rare.
 *
 * <p><b>Thread safety:</b> any thread.
 *
 * <p><b>Memory effects:</b> none.
 */
@FunctionalInterface
public interface CpuLocator {
    /** Returns a place, any {@code int}; whoever has n places uses {@link #among}. */
    int current();

    /**
     * Returns a place below {@code places}.
     *
     * @param places how many there are, a power of two
     */
    default int among(int places) {
        return current() & (places - 1);
    }

    /**
     * Returns the locator that spreads threads by their ids: without a call of the system, and
     * without a thread-local, so that nothing grows with the number of threads. Successive threads
     * get different places; a thread always gets the same one.
     */
    static CpuLocator byThread() {
        return () -> (int) Thread.currentThread().threadId();
    }
}
