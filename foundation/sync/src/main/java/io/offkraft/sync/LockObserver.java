// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/**
 * Is told what happens to locks: see {@link LockStatistics}.
 *
 * <p><b>Thread safety:</b> an observer is called by all threads at once. It is called while the
 * lock is held, or just after, so it is short and takes no observed lock itself.
 */
public interface LockObserver {
    /**
     * The calling thread has acquired a lock.
     *
     * @param waitNanos how long it waited; 0 if the lock was free
     * @param contended whether the lock was not free at once
     */
    void acquired(LockClass lockClass, long waitNanos, boolean contended);

    /**
     * The calling thread has released a lock.
     *
     * @param holdNanos how long it held it
     */
    void released(LockClass lockClass, long holdNanos);
}
