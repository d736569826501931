// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;

/**
 * The checker of mutual exclusion: threads add to a plain field under a lock, and every lost
 * addition shows.
 */
final class CounterUnderLock {
    /** In one of so many the others are let run: two CPUs need not be free for them to meet. */
    private static final int ADDITIONS_A_YIELD = 1024;

    private final ExclusiveLock lock;
    private long count;

    CounterUnderLock(ExclusiveLock lock) {
        this.lock = lock;
    }

    /** What a run found: {@code count} is {@code expected} if the lock excludes. */
    record Result(long count, long expected) {
        boolean exact() {
            return count == expected;
        }
    }

    /** Runs {@code threads} threads, of kinds that {@code spawner} chooses, and waits for them. */
    Result run(int threads, int additions, Executor spawner) throws InterruptedException {
        final CountDownLatch ready = new CountDownLatch(threads);
        final CountDownLatch done = new CountDownLatch(threads);
        final List<Throwable> failures = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            spawner.execute(() -> {
                try {
                    ready.countDown();
                    ready.await();
                    add(additions);
                } catch (InterruptedException | RuntimeException | Error e) {
                    synchronized (failures) {
                        failures.add(e);
                    }
                } finally {
                    done.countDown();
                }
            });
        }
        done.await();
        synchronized (failures) {
            if (!failures.isEmpty()) {
                throw new AssertionError(failures.getFirst());
            }
        }
        return new Result(count, (long) threads * additions);
    }

    private void add(int additions) {
        for (int i = 0; i < additions; i++) {
            lock.lock();
            try {
                final long before = count;
                if (i % ADDITIONS_A_YIELD == 0) {
                    SchedulePoint.offerCpu();
                }
                count = before + 1;
            } finally {
                lock.unlock();
            }
        }
    }
}
