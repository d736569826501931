// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.config.OffkraftConfig;

/**
 * Locking as a structure does it that has its lock from {@link Synchronization}: with SMP off not
 * one instruction is left of it, unless the validator is on.
 *
 * <p>To call the empty lock itself is nearly as good. But a lock is a field, so the compiler must
 * load it and make sure which one it is before it can leave the call out; here it need not ask.
 *
 * <p><b>Thread safety, progress, memory effects, failure:</b> those of the lock.
 */
public final class Locking {
    /** Whether a structure's lock can be another than {@link NoLock}: a constant. */
    private static final boolean ON = OffkraftConfig.SMP || OffkraftConfig.DEBUG_LOCKS;

    private Locking() {}

    /** Acquires {@code lock}, as {@link ExclusiveLock#lock()}. */
    public static void lock(ExclusiveLock lock) {
        if (ON) {
            lock.lock();
        }
    }

    /** Acquires {@code lock} if it is free, as {@link ExclusiveLock#tryLock()}. */
    public static boolean tryLock(ExclusiveLock lock) {
        return !ON || lock.tryLock();
    }

    /** Releases {@code lock}, as {@link ExclusiveLock#unlock()}. */
    public static void unlock(ExclusiveLock lock) {
        if (ON) {
            lock.unlock();
        }
    }
}
