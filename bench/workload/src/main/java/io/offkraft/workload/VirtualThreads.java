// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A virtual thread for each block, which allocates and frees it: what an allocator with a cache for
 * each thread likes least.
 */
final class VirtualThreads extends Program {
    /** Started together, then waited for. */
    private static final int BATCH = 64;

    private final Sizes sizes;

    VirtualThreads(int threads, Sizes sizes) {
        super(threads, BATCH);
        this.sizes = sizes;
    }

    @Override
    void round(Stage stage, int operationsEach) {
        stage.run(member -> {
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int done = 0; done < operationsEach; done += BATCH) {
                    runBatch(stage, member, threads, done);
                }
            }
        });
    }

    private void runBatch(Stage stage, Member member, ExecutorService threads, int done) {
        List<Future<?>> batch = new ArrayList<>(BATCH);
        for (int index = 0; index < BATCH; index++) {
            int slot = member.first() + index;
            int sizeBytes = sizes.at(done + index);
            batch.add(threads.submit(() -> stage.pairOf(slot, sizeBytes)));
        }
        for (Future<?> pair : batch) {
            join(pair);
        }
        member.count(BATCH);
    }

    private static void join(Future<?> pair) {
        try {
            pair.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
