// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.sync.ExclusiveLock;

/** Plain fields behind a lock: a counter, and a copy that must never be seen to differ. */
final class LockedCounter {
    private final ExclusiveLock lock;
    private int count;
    private int copy;

    LockedCounter(ExclusiveLock lock) {
        this.lock = lock;
    }

    int increment() {
        lock.lock();
        try {
            return step();
        } finally {
            lock.unlock();
        }
    }

    /** By a try, and by waiting if that fails: in the end always one more. */
    int tryIncrement() {
        if (!lock.tryLock()) {
            lock.lock();
        }
        try {
            return step();
        } finally {
            lock.unlock();
        }
    }

    int get() {
        lock.lock();
        try {
            return count == copy ? count : -1;
        } finally {
            lock.unlock();
        }
    }

    private int step() {
        count++;
        copy++;
        return count;
    }
}
