// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/**
 * A lock that one thread holds at a time.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual. The thread that locked unlocks.
 *
 * <p><b>Memory effects:</b> what a thread did before {@link #unlock()} is visible to the thread
 * that locks next.
 *
 * <p><b>Failure:</b> not recursive: a holder that locks again waits for itself. Unlocking what one
 * does not hold breaks mutual exclusion; the lock validator, once there, reports both.
 */
public interface ExclusiveLock {
    /** Acquires the lock, waiting as long as it takes. */
    void lock();

    /**
     * Acquires the lock if it is free.
     *
     * @return whether it was acquired; if not, nothing changed
     */
    boolean tryLock();

    /** Releases the lock. */
    void unlock();

    /**
     * Returns whether some thread holds the lock at this moment: a hint, stale when read. Always
     * false with SMP off.
     */
    boolean isLocked();
}
