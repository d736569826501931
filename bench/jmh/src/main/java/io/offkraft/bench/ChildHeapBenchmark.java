// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.heap.Heap;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A heap below another one, as a server makes one for each query. */
@State(Scope.Benchmark)
public class ChildHeapBenchmark extends Timing {
    private static final long SMALL_BYTES = 100;
    private static final long LARGE_BYTES = 1 << 20;

    private final Heap server = Heap.create();

    /** Gives everything back. */
    @TearDown
    public void close() {
        server.close();
    }

    /** Made and ended, with nothing in it. */
    @Benchmark
    public void empty() {
        server.child().build().close();
    }

    /** Made, one small block, ended. */
    @Benchmark
    public long oneSmallBlock() {
        try (Heap query = server.child().build()) {
            return query.malloc(SMALL_BYTES);
        }
    }

    /** Made, one small block, a large one that goes to the heap above and is freed there, ended. */
    @Benchmark
    public long resultForTheServer() {
        try (Heap query = server.child().build()) {
            query.malloc(SMALL_BYTES);
            long block = query.transferTo(query.malloc(LARGE_BYTES), server);
            server.free(block);
            return block;
        }
    }
}
