// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import io.offkraft.faults.FaultInjectingSystemCalls;
import io.offkraft.heap.Heap;
import io.offkraft.sync.LockUsageException;
import java.util.concurrent.CountDownLatch;

/**
 * The main class of a child process: has a thread stop in the middle of a heap, in a system call,
 * and says how a second thread fares that comes in meanwhile, and after it.
 */
final class SecondCpuProbe {
    private static final long BYTES = 8L << 20;

    private SecondCpuProbe() {}

    public static void main(String[] args) throws InterruptedException {
        final CountDownLatch inside = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final FaultInjectingSystemCalls calls =
                FaultInjectingSystemCalls.choosing((_, _) -> {
                    if (Thread.currentThread().getName().equals("first")) {
                        inside.countDown();
                        await(goOn);
                    }
                    return 0;
                });
        Thread.currentThread().setName("second");
        try (Heap heap = Heap.builder().limitBytes(64 << 20).systemCalls(calls).build()) {
            final Thread first = new Thread(() -> heap.free(heap.malloc(BYTES)), "first");
            first.start();
            inside.await();
            say("meanwhile", heap);
            goOn.countDown();
            first.join();
            say("afterwards", heap);
            System.out.println(heap.statistics().liveBlocks() + " live blocks");
        }
    }

    private static void say(String when, Heap heap) {
        try {
            heap.free(heap.malloc(BYTES));
            System.out.println(when + ": went in");
        } catch (LockUsageException e) {
            System.out.println(when + ": " + e.getMessage());
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
