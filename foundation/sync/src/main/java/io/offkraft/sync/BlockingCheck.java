// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/** What is asked before a thread may block. */
final class BlockingCheck {
    private BlockingCheck() {}

    /**
     * Throws if the calling thread must not wait for {@code what}.
     *
     * @throws LockUsageException if it runs an interrupt handler, or, where the validator is on, if
     *     it holds a lock that others spin for
     */
    static void mayBlock(String what) {
        if (InterruptState.inInterrupt()) {
            throw new LockUsageException(
                    LockFault.BLOCKING_IN_INTERRUPT,
                    what,
                    null,
                    "an interrupt handler must not wait; it may try, or wake who waits");
        }
        LockValidator.aboutToBlock(what);
    }
}
