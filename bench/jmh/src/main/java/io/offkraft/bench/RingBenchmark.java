// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.infra.Control;

/**
 * numbers through a bounded queue: put and taken by the same thread, alone and by two threads
 * at once, and handed from one thread to another. Nanoseconds a thread for a pair, or for a number.
 */
@Fork(
        value = Timing.FORKS,
        jvmArgsAppend = {
            Timing.NATIVE_ACCESS,
            Timing.COLLECTOR,
            "--sun-misc-unsafe-memory-access=allow" // a peer's
        })
public class RingBenchmark extends Timing {
    private static final int CAPACITY = 1024;

    /** More than the boxes that are made once and for all. */
    private static final long VALUE = 1_000_000;

    /** Any of them, for one thread or one a side. */
    @State(Scope.Benchmark)
    public static class Any {
        @Param RingKind kind = RingKind.MPMC;
        RingKind.Numbers ring = kind.make(CAPACITY);

        /** Makes the ring. */
        @Setup
        public void make() {
            ring = kind.make(CAPACITY);
        }
    }

    /** Those that many may use. */
    @State(Scope.Benchmark)
    public static class Shared {
        @Param({"MPMC", "LOCKED", "JCTOOLS_MPMC", "ARRAY_BLOCKING_QUEUE"})
        RingKind kind = RingKind.MPMC;

        RingKind.Numbers ring = kind.make(CAPACITY);

        /** Makes the ring. */
        @Setup
        public void make() {
            ring = kind.make(CAPACITY);
        }
    }

    /** Puts and takes; nobody else does. */
    @Benchmark
    public long pairAlone(Any any) {
        any.ring.offer(VALUE);
        return any.ring.pollOrMinus1();
    }

    /** Puts and takes; another thread does the same. */
    @Benchmark
    @Threads(2)
    public long pairByTwo(Shared shared) {
        shared.ring.offer(VALUE);
        return shared.ring.pollOrMinus1();
    }

    /** Puts, as soon as there is room. */
    @Benchmark
    @Group("transfer")
    public void put(Any any, Control control) {
        while (!any.ring.offer(VALUE) && !control.stopMeasurement) {
            Thread.onSpinWait();
        }
    }

    /** Takes, as soon as there is something. */
    @Benchmark
    @Group("transfer")
    public long take(Any any, Control control) {
        long value = any.ring.pollOrMinus1();
        while (value < 0 && !control.stopMeasurement) {
            Thread.onSpinWait();
            value = any.ring.pollOrMinus1();
        }
        return value;
    }
}
