// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Threads that begin at the same time, and whose failures are not lost. */
final class Threads {
    /** What one of them does. */
    interface Body {
        void run(int thread) throws Exception;
    }

    private Threads() {}

    /** Runs {@code body} in so many platform threads, with their numbers, and waits for all. */
    static void together(int count, Body body) throws InterruptedException {
        CyclicBarrier start = new CyclicBarrier(count);
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            int self = number;
            threads.add(
                    Thread.ofPlatform()
                            .daemon()
                            .start(() -> {
                                try {
                                    start.await();
                                    body.run(self);
                                } catch (Throwable thrown) {
                                    failure.compareAndSet(null, thrown);
                                }
                            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw new AssertionError("a thread failed", thrown);
        }
    }
}
