// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.heap.Heap;
import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Allocate, touch, free: one block at a time. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class HeapPairBenchmark {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle MALLOC =
            link("malloc", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle FREE =
            link("free", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

    /** Bytes of a block. */
    @Param({"16", "64", "1024", "8192", "65536", "1048576"})
    public long bytes;

    private Heap heap;

    @SuppressWarnings("restricted") // the peer is the C library
    private static MethodHandle link(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), type, Linker.Option.critical(false));
    }

    /** Makes the heap. */
    @Setup
    public void open() {
        heap = Heap.create();
    }

    /** Gives it back. */
    @TearDown
    public void close() {
        heap.close();
    }

    /** Offkraft's heap. */
    @Benchmark
    public void offkraft() {
        long block = heap.malloc(bytes);
        RawMemory.storeBytePlain(block, (byte) 1);
        heap.free(block);
    }

    /** The C library's, through critical downcalls. */
    @Benchmark
    public void glibc() throws Throwable {
        long block = (long) MALLOC.invokeExact(bytes);
        RawMemory.storeBytePlain(block, (byte) 1);
        FREE.invokeExact(block);
    }

    /** The JDK's confined arena, which also sets the block to zero. */
    @Benchmark
    public void confinedArena() {
        try (Arena arena = Arena.ofConfined()) {
            arena.allocate(bytes).set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        }
    }
}
