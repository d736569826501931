// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.Semaphore;

/** The token of a semaphore of one as a lock. */
final class TokenLock implements ExclusiveLock {
    private final Semaphore semaphore;

    TokenLock(Semaphore semaphore) {
        this.semaphore = semaphore;
    }

    @Override
    public void lock() {
        semaphore.acquire();
    }

    @Override
    public boolean tryLock() {
        return semaphore.tryAcquire();
    }

    @Override
    public void unlock() {
        semaphore.release();
    }

    @Override
    public boolean isLocked() {
        return semaphore.available() == 0;
    }
}
