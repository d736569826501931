// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.config.OffkraftConfig;

/** What is put around a lock when it is made: nothing, unless it was asked for. */
final class Instrumentation {
    private Instrumentation() {}

    /** Returns {@code lock} itself, or with its use observed, checked or both. */
    static ExclusiveLock exclusive(ExclusiveLock lock, LockClass lockClass) {
        LockObserver observer = LockStatistics.observerOrNull();
        ExclusiveLock observed =
                observer == null ? lock : new ObservedLock(lock, lockClass, observer);
        return OffkraftConfig.DEBUG_LOCKS
                ? LockValidator.process().validated(observed, lock, lockClass)
                : observed;
    }

    /** Returns {@code lock} itself, or with its use observed, checked or both. */
    static SharedLock shared(SharedLock lock, LockClass lockClass) {
        LockObserver observer = LockStatistics.observerOrNull();
        SharedLock observed =
                observer == null ? lock : new ObservedSharedLock(lock, lockClass, observer);
        return OffkraftConfig.DEBUG_LOCKS
                ? LockValidator.process().validated(observed, lock, lockClass)
                : observed;
    }
}
