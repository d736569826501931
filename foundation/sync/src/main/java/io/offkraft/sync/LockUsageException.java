// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import org.jspecify.annotations.Nullable;

/** A lock was used wrongly; its state is what it was before the call. */
public final class LockUsageException extends IllegalMonitorStateException {
    private static final long serialVersionUID = 1;

    private final LockFault fault;
    private final String lock;
    private final @Nullable String holder;

    /**
     * Makes the report of a fault.
     *
     * @param lock the class or kind of the lock
     * @param holder the name of the thread that holds it, if it is held and that is known
     * @param explanation what happened and what would be right
     */
    public LockUsageException(
            LockFault fault, String lock, @Nullable String holder, String explanation) {
        super(
                fault
                        + " of "
                        + lock
                        + (holder == null ? "" : ", held by " + holder)
                        + ": "
                        + explanation);
        this.fault = fault;
        this.lock = lock;
        this.holder = holder;
    }

    /** Returns what is wrong. */
    public LockFault fault() {
        return fault;
    }

    /** Returns the class or kind of the lock. */
    public String lock() {
        return lock;
    }

    /** Returns the name of the thread that holds the lock; {@code null} if none or not known. */
    public @Nullable String holder() {
        return holder;
    }
}
