// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Locking;
import io.offkraft.sync.Synchronization;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What is left of locking with SMP off: beside each piece of code the same without a lock. All but
 * the last run with {@code offkraft.smp=false}.
 */
@State(Scope.Thread)
@Fork(
        value = Timing.FORKS,
        jvmArgsAppend = {Timing.NATIVE_ACCESS, Timing.COLLECTOR, "-Doffkraft.smp=false"})
public class NoLockBenchmark extends Timing {
    /** As a lock of the whole process: the compiler knows which it is. */
    private static final ExclusiveLock CONSTANT = newLock();

    /** As in a structure: the compiler must load it, and look what it is, unless told. */
    private final ExclusiveLock lock = newLock();

    private long count;

    private static ExclusiveLock newLock() {
        return Synchronization.SPIN.newLock(LockClass.named("benchmark"));
    }

    /** Nothing. */
    @Benchmark
    public void emptyMethod() {
        // What the others are compared with.
    }

    /** Lock and unlock as a structure does it, and nothing between. */
    @Benchmark
    public void lockAndUnlock() {
        Locking.lock(lock);
        Locking.unlock(lock);
    }

    /** The section without a lock. */
    @Benchmark
    public long section() {
        return ++count;
    }

    /** The section under a lock that is a constant. */
    @Benchmark
    public long sectionUnderConstantLock() {
        CONSTANT.lock();
        try {
            return ++count;
        } finally {
            CONSTANT.unlock();
        }
    }

    /** The section under a lock that is a field. */
    @Benchmark
    public long sectionUnderLock() {
        lock.lock();
        try {
            return ++count;
        } finally {
            lock.unlock();
        }
    }

    /** The section as a structure does it. */
    @Benchmark
    public long sectionOfStructure() {
        return countAsStructure();
    }

    /** The section as a structure does it, with SMP on: under the spin lock. */
    @Benchmark
    @Fork(
            value = FORKS,
            jvmArgsAppend = {NATIVE_ACCESS, COLLECTOR, "-Doffkraft.smp=true"})
    public long sectionUnderSpinLock() {
        return countAsStructure();
    }

    private long countAsStructure() {
        Locking.lock(lock);
        try {
            return ++count;
        } finally {
            Locking.unlock(lock);
        }
    }
}
