// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.vmem.AreaRequest;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.RawMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A gigabyte, or so: got, touched on some or all pages, and given back; what of it was resident
 * then, and how much in huge pages.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {Timing.NATIVE_ACCESS, Timing.COLLECTOR})
@Warmup(iterations = 2)
@Measurement(iterations = 5)
public class FirstTouchBenchmark {
    private static final long PAGE = 4096;
    private static final int MIB_SHIFT = 20;

    /** How much memory. */
    @Param("1024")
    private int mebibytes;

    /** Of a hundred pages so many are touched. */
    @Param({"1", "100"})
    private int percent;

    /** What the memory was when all was touched. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Memory {
        /** MiB resident more than before. */
        public double residentMib;

        /** MiB of them in huge pages. */
        public double hugeMib;

        private long residentBefore;
        private long hugeBefore;

        private void before() {
            residentBefore = rollup("Rss:");
            hugeBefore = rollup("AnonHugePages:");
        }

        private void after() {
            residentMib = (rollup("Rss:") - residentBefore) >> MIB_SHIFT;
            hugeMib = (rollup("AnonHugePages:") - hugeBefore) >> MIB_SHIFT;
        }

        private static long rollup(String key) {
            try {
                for (String line : Files.readAllLines(Path.of("/proc/self/smaps_rollup"))) {
                    if (line.startsWith(key)) {
                        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
                    }
                }
                return 0;
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
    }

    private long bytes() {
        return (long) mebibytes << MIB_SHIFT;
    }

    private long stride() {
        return PAGE * 100 / percent;
    }

    @Benchmark
    public void arena(Memory memory) {
        memory.before();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(bytes(), PAGE);
            for (long at = 0; at < bytes(); at += stride()) {
                segment.set(ValueLayout.JAVA_BYTE, at, (byte) 1);
            }
            memory.after();
        }
    }

    @Benchmark
    public void space(Memory memory) {
        touch(memory, AreaRequest.anonymous(bytes()));
    }

    @Benchmark
    public void spaceOfHugePages(Memory memory) {
        touch(memory, AreaRequest.anonymous(bytes()).transparentHuge());
    }

    @Benchmark
    public void spacePopulated(Memory memory) {
        touch(memory, AreaRequest.anonymous(bytes()).transparentHuge().populated());
    }

    private void touch(Memory memory, AreaRequest request) {
        memory.before();
        try (VirtualAddressSpace space = VirtualAddressSpace.reserve(bytes())) {
            long start = space.map(request).start();
            for (long at = 0; at < bytes(); at += stride()) {
                RawMemory.storeBytePlain(start + at, (byte) 1);
            }
            memory.after();
        }
    }
}
