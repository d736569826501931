// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Locking;
import io.offkraft.sync.Synchronization;

/**
 * The main class of a child process whose compiler is asked what it made of these methods: the same
 * section without a lock, under a lock that is a constant, under a lock that is a field, and as a
 * structure does it.
 */
final class LockInliningProbe {
    private static final ExclusiveLock CONSTANT = newLock();

    private final ExclusiveLock lock = newLock();
    private long count;

    private LockInliningProbe() {}

    private static ExclusiveLock newLock() {
        return Synchronization.SPIN.newLock(LockClass.named("probe"));
    }

    public static void main(String[] args) {
        final LockInliningProbe probe = new LockInliningProbe();
        long sum = 0;
        for (int i = 0; i < 100_000; i++) {
            sum += probe.section();
            sum += probe.sectionUnderConstantLock();
            sum += probe.sectionUnderLock();
            sum += probe.sectionOfStructure();
        }
        System.out.println(sum);
    }

    private long section() {
        return ++count;
    }

    private long sectionUnderConstantLock() {
        CONSTANT.lock();
        try {
            return ++count;
        } finally {
            CONSTANT.unlock();
        }
    }

    private long sectionUnderLock() {
        lock.lock();
        try {
            return ++count;
        } finally {
            lock.unlock();
        }
    }

    private long sectionOfStructure() {
        Locking.lock(lock);
        try {
            return ++count;
        } finally {
            Locking.unlock(lock);
        }
    }
}
