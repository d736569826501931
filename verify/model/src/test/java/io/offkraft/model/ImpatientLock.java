// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.sync.ExclusiveLock;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A broken twin of which only the slow path is wrong: who has waited for long goes in regardless.
 * It is rejected only by a check that lets threads wait so long.
 */
final class ImpatientLock implements ExclusiveLock {
    /** More looks than the spin lock takes before it parks. */
    private static final int LOOKS = 280;

    private final AtomicBoolean held = new AtomicBoolean();

    @Override
    public void lock() {
        for (int look = 0; look < LOOKS && !tryLock(); look++) {
            Thread.onSpinWait();
        }
    }

    @Override
    public boolean tryLock() {
        return held.compareAndSet(false, true);
    }

    @Override
    public void unlock() {
        held.set(false);
    }

    @Override
    public boolean isLocked() {
        return held.get();
    }
}
