// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import io.offkraft.heap.Heap;
import java.time.Duration;
import java.util.concurrent.CyclicBarrier;

/**
 * Prints how many bytes a heap holds for blocks when as many threads as the argument says have
 * freed all their blocks, of all small sizes, and still live.
 */
final class KeptBytesProbe {
    /** So often a thread must ask to get a part of the heap of its own, and more. */
    private static final int ROUNDS = 10;

    private KeptBytesProbe() {}

    /** Runs the threads. */
    public static void main(String... arguments) throws InterruptedException {
        int threads = Integer.parseInt(arguments[0]);
        Heap heap = Heap.builder().capacityBytes(4L << 30).decay(Duration.ofHours(1)).build();
        CyclicBarrier done =
                new CyclicBarrier(threads, () -> System.out.println(heap.statistics().heldBytes()));
        Team.run(
                threads,
                _ -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        for (int size = 16; size <= 32 << 10; size += size / 16 + 1) {
                            heap.free(heap.malloc(size));
                        }
                    }
                    done.await();
                });
        heap.close();
    }
}
