// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import org.jspecify.annotations.Nullable;

/**
 * Has locks observed that are made from then on. Nothing is counted unless somebody asks, and locks
 * that were made before are not, nor are they slower. With SMP off structures use none.
 *
 * <p><b>Thread safety:</b> any thread.
 */
public final class LockStatistics {
    private static volatile @Nullable LockObserver observer;

    private LockStatistics() {}

    /**
     * Has the locks observed that {@link Synchronization} makes from now on.
     *
     * @param newObserver who is told; {@code null} for nobody
     */
    public static void observe(@Nullable LockObserver newObserver) {
        observer = newObserver;
    }

    static @Nullable LockObserver observerOrNull() {
        return observer;
    }
}
