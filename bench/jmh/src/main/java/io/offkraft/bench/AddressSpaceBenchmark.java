// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.platform.MemoryFlags;
import io.offkraft.platform.SystemCalls;
import io.offkraft.vmem.Protection;
import io.offkraft.vmem.VirtualAddressSpace;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Mapping, unmapping and protecting 64 KiB, each thread in a place of its own, beside the bare
 * system calls by the same downcalls.
 */
public class AddressSpaceBenchmark extends Timing {
    private static final long BYTES = 64L << 10;
    private static final int EMPTY =
            MemoryFlags.MAP_PRIVATE
                    | MemoryFlags.MAP_ANONYMOUS
                    | MemoryFlags.MAP_NORESERVE
                    | MemoryFlags.MAP_FIXED;

    /** The space of all threads. */
    @State(Scope.Benchmark)
    public static class Shared {
        private static final long BYTES_OF_SPACE = 1L << 30;

        private final AtomicInteger places = new AtomicInteger();
        private VirtualAddressSpace space;

        /** Reserves the space. */
        @Setup
        public void open() {
            space = VirtualAddressSpace.reserve(BYTES_OF_SPACE);
        }

        /** Gives it back. */
        @TearDown
        public void close() {
            space.close();
        }
    }

    /** The place of a thread, and a mapped one beside it. */
    @State(Scope.Thread)
    public static class Place {
        private static final long STRIDE = 4 * BYTES;

        private final SystemCalls calls = SystemCalls.linux();
        private long hole;
        private long mapped;
        private boolean readOnly;

        /** Finds the place and maps what is protected. */
        @Setup
        public void choose(Shared shared) {
            hole = shared.space.baseAddress() + shared.places.getAndIncrement() * STRIDE;
            mapped = hole + 2 * BYTES;
            shared.space.mapAnonymousAt(mapped, BYTES, Protection.READ_WRITE);
        }
    }

    @Benchmark
    public void mapAndUnmap(Shared shared, Place place) {
        shared.space.mapAnonymousAt(place.hole, BYTES, Protection.READ_WRITE);
        shared.space.unmap(place.hole, BYTES);
    }

    @Benchmark
    public void mapAndUnmapBare(Place place) {
        place.calls.mprotect(place.hole, BYTES, MemoryFlags.PROT_READ | MemoryFlags.PROT_WRITE);
        place.calls.mmap(place.hole, BYTES, MemoryFlags.PROT_NONE, EMPTY, -1, 0);
    }

    @Benchmark
    public void protect(Shared shared, Place place) {
        place.readOnly = !place.readOnly;
        shared.space.protect(
                place.mapped, BYTES, place.readOnly ? Protection.READ : Protection.READ_WRITE);
    }

    @Benchmark
    public void protectBare(Place place) {
        place.readOnly = !place.readOnly;
        place.calls.mprotect(
                place.mapped,
                BYTES,
                place.readOnly
                        ? MemoryFlags.PROT_READ
                        : MemoryFlags.PROT_READ | MemoryFlags.PROT_WRITE);
    }
}
