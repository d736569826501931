// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * A lock that one thread holds at a time.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual. The thread that locked unlocks.
 *
 * <p><b>Memory effects:</b> what a thread did before {@link #unlock()} is visible to the thread
 * that locks next.
 *
 * <p><b>Failure:</b> not recursive unless a lock says so: a holder that locks again waits for
 * itself. Unlocking what one does not hold breaks mutual exclusion. The lock validator ({@code
 * offkraft.debug.locks=true}) reports both.
 */
public interface ExclusiveLock {
    /** Acquires the lock, waiting as long as it takes. */
    void lock();

    /**
     * Acquires the lock, waiting as long as it takes unless the thread is interrupted.
     *
     * @throws InterruptedException if it was before or while waiting; the lock is not held then
     */
    default void lockInterruptibly() throws InterruptedException {
        Polling.lockInterruptibly(this);
    }

    /**
     * Acquires the lock if it is free.
     *
     * @return whether it was acquired; if not, nothing changed
     */
    boolean tryLock();

    /**
     * Acquires the lock if it becomes free in time.
     *
     * @param timeoutNanos how long to wait at most; 0 or less is a single try
     * @return whether it was acquired
     * @throws InterruptedException if the thread was interrupted before or while waiting; the lock
     *     is not held then
     */
    default boolean tryLock(long timeoutNanos) throws InterruptedException {
        return Polling.tryLock(this, timeoutNanos);
    }

    /** Releases the lock. */
    void unlock();

    /**
     * Returns whether some thread holds the lock at this moment: a hint, stale when read. Always
     * false with SMP off.
     */
    boolean isLocked();

    /**
     * Masks the interrupts of the thread and acquires the lock, so that no handler can wait for it
     * on the CPU that holds it.
     *
     * @return what {@link #unlockIrqRestore} wants back
     */
    default InterruptState.Token lockIrqSave() {
        InterruptState.Token token = InterruptState.save();
        lock();
        return token;
    }

    /**
     * Masks the interrupts of the thread and acquires the lock if it is free.
     *
     * @return what {@link #unlockIrqRestore} wants back; {@code null} if the lock is held, and then
     *     the mask is as it was
     */
    default InterruptState.@Nullable Token tryLockIrqSave() {
        InterruptState.Token token = InterruptState.save();
        if (tryLock()) {
            return token;
        }
        InterruptState.restore(token);
        return null;
    }

    /**
     * Releases the lock and gives the interrupt mask back the state of before.
     *
     * @throws IllegalStateException if the token is not the last one; the lock is released all the
     *     same
     */
    default void unlockIrqRestore(InterruptState.Token token) {
        unlock();
        InterruptState.restore(token);
    }

    /** Returns this lock as the JDK's interface; it has no conditions. */
    default Lock asLock() {
        return new LockView(this);
    }
}
