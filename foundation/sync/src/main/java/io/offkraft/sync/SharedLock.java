// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import java.util.concurrent.locks.ReadWriteLock;

/**
 * A lock that one writer holds, or any number of readers.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual. The thread that locked unlocks.
 *
 * <p><b>Memory effects:</b> what a writer did before {@link #unlockWrite()} is visible to whoever
 * locks next; what readers did before {@link #unlockRead()}, to the next writer.
 *
 * <p><b>Failure:</b> not recursive in any direction unless a lock says so: a thread that holds it
 * and asks again may wait for itself. The lock validator reports that.
 */
public interface SharedLock {
    /** Acquires the lock for reading, waiting as long as it takes. */
    void lockRead();

    /** As {@link ExclusiveLock#lockInterruptibly()}, for reading. */
    void lockReadInterruptibly() throws InterruptedException;

    /**
     * Acquires the lock for reading if no writer holds it or is entitled to be next.
     *
     * @return whether it was acquired; if not, nothing changed
     */
    boolean tryLockRead();

    /** As {@link ExclusiveLock#tryLock(long)}, for reading. */
    boolean tryLockRead(long timeoutNanos) throws InterruptedException;

    /** Releases what a thread acquired for reading. */
    void unlockRead();

    /** Acquires the lock for writing, waiting as long as it takes. */
    void lockWrite();

    /** As {@link ExclusiveLock#lockInterruptibly()}, for writing. */
    void lockWriteInterruptibly() throws InterruptedException;

    /** Acquires the lock for writing if nobody holds it. */
    boolean tryLockWrite();

    /** As {@link ExclusiveLock#tryLock(long)}, for writing. */
    boolean tryLockWrite(long timeoutNanos) throws InterruptedException;

    /** Releases what a thread acquired for writing. */
    void unlockWrite();

    /**
     * Turns the caller's reading into writing, without letting another writer in between.
     *
     * <p>Waits for the other readers to leave. Of several readers that ask, the first is the one
     * that wins; the others get {@code false} at once, still reading, and must unlock before the
     * winner can go on.
     *
     * @return whether the caller writes now; if not, it reads on
     */
    boolean tryUpgrade();

    /** Turns the caller's writing into reading, without letting another writer in between. */
    void downgrade();

    /** Returns whether some thread reads at this moment: a hint, stale when read. */
    boolean isReadLocked();

    /** Returns whether some thread writes at this moment: a hint, stale when read. */
    boolean isWriteLocked();

    /** Returns the reading side as a lock. Several threads may hold it. */
    default ExclusiveLock readSide() {
        return new ReadSide(this);
    }

    /** Returns the writing side as a lock. */
    default ExclusiveLock writeSide() {
        return new WriteSide(this);
    }

    /** Returns this lock as the JDK's interface. */
    default ReadWriteLock asReadWriteLock() {
        return new ReadWriteView(readSide().asLock(), writeSide().asLock());
    }
}
