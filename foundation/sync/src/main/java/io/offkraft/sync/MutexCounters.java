// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counts what happens to a mutex. What only the holder counts needs no atomic operation: the mutex
 * orders it.
 */
final class MutexCounters {
    private static final VarHandle LOCKS = counter("locks");
    private static final VarHandle TRIES_SUCCEEDED = counter("triesSucceeded");
    private static final VarHandle TRIES_FAILED = counter("triesFailed");
    private static final VarHandle UNLOCKS = counter("unlocks");
    private static final VarHandle CONTENDED = counter("contended");

    private long locks;
    private long triesSucceeded;
    private long unlocks;

    @SuppressWarnings("unused") // accessed through TRIES_FAILED only
    private long triesFailed;

    @SuppressWarnings("unused") // accessed through CONTENDED only
    private long contended;

    MutexCounters() {}

    private static VarHandle counter(String name) {
        try {
            return MethodHandles.lookup().findVarHandle(MutexCounters.class, name, long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** By the holder. */
    void locked() {
        locked(1);
    }

    /** By the holder. */
    void locked(int times) {
        LOCKS.setOpaque(this, locks + times); // opaque: metrics reads it at any time
    }

    /** By the holder if it succeeded, else by anybody. */
    void tried(boolean succeeded) {
        if (succeeded) {
            TRIES_SUCCEEDED.setOpaque(this, triesSucceeded + 1);
        } else {
            SharedAtomics.count();
            TRIES_FAILED.getAndAdd(this, 1L); // an atomic count; orders nothing
        }
    }

    /** By the holder. */
    void unlocked() {
        unlocked(1);
    }

    /** By the holder. */
    void unlocked(int times) {
        UNLOCKS.setOpaque(this, unlocks + times);
    }

    /** By anybody. */
    void contended() {
        SharedAtomics.count();
        CONTENDED.getAndAdd(this, 1L); // an atomic count; orders nothing
    }

    MutexMetrics metrics() {
        return new MutexMetrics(
                (long) LOCKS.getOpaque(this),
                (long) TRIES_SUCCEEDED.getOpaque(this),
                (long) TRIES_FAILED.getOpaque(this),
                (long) UNLOCKS.getOpaque(this),
                (long) CONTENDED.getOpaque(this));
    }
}
