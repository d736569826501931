// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.sync;

/** What structures must not call themselves. */
public interface ExclusiveLock {
    /** Acquires the lock. */
    void lock();
}
