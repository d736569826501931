// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.word.RawMemory;
import java.util.Arrays;
import java.util.function.Supplier;

/** Programs that any exclusive lock must pass. */
final class LockPrograms {
    private LockPrograms() {}

    /** Threads that count in an off-heap word under the lock, {@code rounds} times each. */
    static Supplier<Program> counters(
            Supplier<? extends ExclusiveLock> locks, int threads, int rounds) {
        return () -> {
            ExclusiveLock lock = locks.get();
            long word = OffHeapWords.zeroed();
            Runnable[] bodies = new Runnable[threads];
            Arrays.fill(
                    bodies,
                    (Runnable)
                            () -> {
                                for (int round = 0; round < rounds; round++) {
                                    lock.lock();
                                    count(word);
                                    lock.unlock();
                                }
                            });
            return Program.of(bodies).check(() -> assertCounted(lock, word, threads * rounds));
        };
    }

    /** One thread locks and two try, one of them for a time. */
    static Supplier<Program> tries(Supplier<? extends ExclusiveLock> locks) {
        return () -> {
            ExclusiveLock lock = locks.get();
            long word = OffHeapWords.zeroed();
            int[] entered = new int[3];
            return Program.of(
                            () -> {
                                lock.lock();
                                count(word);
                                lock.unlock();
                                entered[0] = 1;
                            },
                            () -> {
                                if (lock.tryLock()) {
                                    count(word);
                                    lock.unlock();
                                    entered[1] = 1;
                                }
                            },
                            () -> {
                                if (tryFor(lock, 2_000_000)) {
                                    count(word);
                                    lock.unlock();
                                    entered[2] = 1;
                                }
                            })
                    .check(() -> assertCounted(lock, word, Arrays.stream(entered).sum()));
        };
    }

    /** One thread waits interruptibly and is interrupted by another, while two use the lock. */
    static Supplier<Program> interrupts(Supplier<? extends ExclusiveLock> locks) {
        return () -> {
            ExclusiveLock lock = locks.get();
            long word = OffHeapWords.zeroed();
            int[] entered = new int[1];
            Runnable plain =
                    () -> {
                        lock.lock();
                        count(word);
                        lock.unlock();
                    };
            return Program.of(
                            () -> {
                                try {
                                    lock.lockInterruptibly();
                                    count(word);
                                    lock.unlock();
                                    entered[0] = 1;
                                } catch (InterruptedException e) {
                                    assertThat(e).isNotNull(); // and it does not hold the lock
                                }
                            },
                            () -> {
                                plain.run();
                                Explorer.thread(0).interrupt();
                            },
                            plain)
                    .check(() -> assertCounted(lock, word, 2 + entered[0]));
        };
    }

    /** Two threads try for a short and a longer time, two lock: queues with gaps in them. */
    static Supplier<Program> crowdOfTries(Supplier<? extends ExclusiveLock> locks) {
        return () -> {
            ExclusiveLock lock = locks.get();
            long word = OffHeapWords.zeroed();
            int[] entered = new int[2];
            Runnable plain =
                    () -> {
                        lock.lock();
                        count(word);
                        lock.unlock();
                    };
            return Program.of(
                            plain,
                            () -> entered[0] = countWithin(lock, word, 1_000),
                            () -> entered[1] = countWithin(lock, word, 200_000),
                            plain)
                    .check(() -> assertCounted(lock, word, 2 + entered[0] + entered[1]));
        };
    }

    private static int countWithin(ExclusiveLock lock, long word, long nanos) {
        if (!tryFor(lock, nanos)) {
            return 0;
        }
        count(word);
        lock.unlock();
        return 1;
    }

    static boolean tryFor(ExclusiveLock lock, long nanos) {
        try {
            return lock.tryLock(nanos);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Loses a count if two threads are here at once. */
    static void count(long word) {
        long seen = RawMemory.loadLongAcquire(word);
        RawMemory.storeLongRelease(word, seen + 1);
    }

    private static void assertCounted(ExclusiveLock lock, long word, int expected) {
        assertThat(RawMemory.loadLongPlain(word)).isEqualTo(expected);
        assertThat(lock.isLocked()).isFalse();
        assertThat(lock.tryLock()).isTrue(); // nothing is left behind that keeps it
        lock.unlock();
    }
}
