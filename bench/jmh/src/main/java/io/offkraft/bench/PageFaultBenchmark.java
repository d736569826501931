// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.vmem.Protection;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.RawMemory;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * First touches of pages of one area by several threads, each in a part of its own, which it gives
 * back afterwards: whether pages of one area can be had at the same time. Time for a page, with its
 * share of the giving back.
 *
 * <p>Say how many threads with {@code -t}.
 */
public class PageFaultBenchmark extends Timing {
    private static final long PAGE = 4096;
    private static final int PAGES = 256;
    private static final int MOST_THREADS = 64;

    /** The area of all threads. */
    @State(Scope.Benchmark)
    public static class Shared {
        private final AtomicInteger parts = new AtomicInteger();
        private VirtualAddressSpace space;
        private long base;

        /** Maps the area, in one piece. */
        @Setup
        public void open() {
            long bytes = MOST_THREADS * PAGES * PAGE;
            space = VirtualAddressSpace.reserve(bytes);
            base = space.mapAnonymous(bytes, PAGE, Protection.READ_WRITE).start();
        }

        /** Gives it back. */
        @TearDown
        public void close() {
            space.close();
        }
    }

    /** A thread's part. */
    @State(Scope.Thread)
    public static class Part {
        private long start;

        /** Chooses the part. */
        @Setup
        public void choose(Shared shared) {
            start = shared.base + (shared.parts.getAndIncrement() % MOST_THREADS) * (PAGES * PAGE);
        }
    }

    @Benchmark
    @OperationsPerInvocation(PAGES)
    public void touchAndDiscard(Shared shared, Part part) {
        for (int page = 0; page < PAGES; page++) {
            RawMemory.storeBytePlain(part.start + page * PAGE, (byte) 1);
        }
        shared.space.discard(part.start, PAGES * PAGE);
    }
}
