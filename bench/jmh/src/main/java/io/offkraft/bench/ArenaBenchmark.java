// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.heap.Heap;
import io.offkraft.heap.PooledArena;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Open an arena, allocate, touch the first byte, close: beside the JDK's. */
@State(Scope.Benchmark)
public class ArenaBenchmark extends Timing {
    private static final byte TOUCH = 1;

    /** The size of the one segment. */
    @Param({"64", "1024", "65536"})
    public long arenaBytes;

    private final Heap heap = Heap.create();

    /** Gives everything back. */
    @TearDown
    public void close() {
        heap.close();
    }

    /** The JDK's, for one thread. */
    @Benchmark
    public void jdkConfined() {
        try (Arena arena = Arena.ofConfined()) {
            touch(arena.allocate(arenaBytes));
        }
    }

    /** Ours, zeroed as the JDK's. */
    @Benchmark
    public void offkraftConfined() {
        try (Arena arena = heap.confinedArena()) {
            touch(arena.allocate(arenaBytes));
        }
    }

    /** Ours, not zeroed. */
    @Benchmark
    public void offkraftConfinedUninitialized() {
        try (PooledArena arena = heap.confinedArena()) {
            touch(arena.allocateUninitialized(arenaBytes, 1));
        }
    }

    /** The JDK's, for all threads. */
    @Benchmark
    public void jdkShared() {
        try (Arena arena = Arena.ofShared()) {
            touch(arena.allocate(arenaBytes));
        }
    }

    /** Ours, zeroed as the JDK's. */
    @Benchmark
    public void offkraftShared() {
        try (Arena arena = heap.sharedArena()) {
            touch(arena.allocate(arenaBytes));
        }
    }

    /** Ours, not zeroed. */
    @Benchmark
    public void offkraftSharedUninitialized() {
        try (PooledArena arena = heap.sharedArena()) {
            touch(arena.allocateUninitialized(arenaBytes, 1));
        }
    }

    /** The JDK's, closed by the collector. */
    @Benchmark
    public void jdkAuto() {
        touch(Arena.ofAuto().allocate(arenaBytes));
    }

    /** Ours, closed by the collector. */
    @Benchmark
    public void offkraftAuto() {
        touch(heap.autoArena().allocate(arenaBytes));
    }

    private static void touch(MemorySegment segment) {
        segment.set(ValueLayout.JAVA_BYTE, 0, TOUCH);
    }
}
