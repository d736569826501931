// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Synchronization;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.StampedLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Lock, count, unlock; each thread with locks of its own, so nobody waits. */
@State(Scope.Thread)
public class LockBenchmark extends Timing {
    // Fields of an instance, as in the allocators: the compiler must load them.
    private final ExclusiveLock spin = Synchronization.SPIN.newLock(LockClass.named("benchmark"));
    private final ReentrantLock reentrant = new ReentrantLock();
    private final StampedLock stamped = new StampedLock();
    private final Object monitor = new Object();
    private long count;

    /** No lock. */
    @Benchmark
    public long nothing() {
        return ++count;
    }

    /** The spin lock. */
    @Benchmark
    public long spinLock() {
        return countUnderSpinLock();
    }

    /** What the spin lock becomes on one CPU. */
    @Benchmark
    @Fork(
            value = FORKS,
            jvmArgsAppend = {NATIVE_ACCESS, COLLECTOR, "-Doffkraft.smp=false"})
    public long spinLockWithSmpOff() {
        return countUnderSpinLock();
    }

    /** The JDK's lock. */
    @Benchmark
    public long reentrantLock() {
        reentrant.lock();
        try {
            return ++count;
        } finally {
            reentrant.unlock();
        }
    }

    /** The JDK's lock with stamps, for writing. */
    @Benchmark
    public long stampedLock() {
        long stamp = stamped.writeLock();
        try {
            return ++count;
        } finally {
            stamped.unlockWrite(stamp);
        }
    }

    /** The language's lock. */
    @Benchmark
    public long monitor() {
        synchronized (monitor) {
            return ++count;
        }
    }

    private long countUnderSpinLock() {
        spin.lock();
        try {
            return ++count;
        } finally {
            spin.unlock();
        }
    }
}
