// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.sync.SharedLock;
import io.offkraft.word.RawMemory;
import io.offkraft.word.SchedulePoint;
import java.util.function.Supplier;

/** Programs that any lock for readers and writers must pass. Writers write two words alike. */
final class SharedLockPrograms {
    private SharedLockPrograms() {}

    private static void write(long words) {
        LockPrograms.count(words);
        LockPrograms.count(words + 8);
    }

    private static void read(long words) {
        long first = RawMemory.loadLongAcquire(words);
        long second = RawMemory.loadLongAcquire(words + 8);
        assertThat(second).as("a writer beside a reader").isEqualTo(first);
    }

    private static void assertAtRest(SharedLock lock, long words, int writings) {
        assertThat(RawMemory.loadLongPlain(words)).isEqualTo(writings);
        assertThat(RawMemory.loadLongPlain(words + 8)).isEqualTo(writings);
        assertThat(lock.isReadLocked()).isFalse();
        assertThat(lock.isWriteLocked()).isFalse();
        assertThat(lock.tryLockWrite()).isTrue();
        lock.unlockWrite();
        assertThat(lock.tryLockRead()).isTrue();
        lock.unlockRead();
    }

    /** Two writers and two readers. */
    static Supplier<Program> readersAndWriters(Supplier<? extends SharedLock> locks) {
        return () -> {
            SharedLock lock = locks.get();
            long words = OffHeapWords.zeroed();
            Runnable writer =
                    () -> {
                        lock.lockWrite();
                        write(words);
                        lock.unlockWrite();
                    };
            Runnable reader =
                    () -> {
                        lock.lockRead();
                        read(words);
                        lock.unlockRead();
                    };
            return Program.of(writer, reader, writer, reader)
                    .check(() -> assertAtRest(lock, words, 2));
        };
    }

    /** All of them try, some for a while, beside one that waits as long as it takes. */
    static Supplier<Program> tries(Supplier<? extends SharedLock> locks) {
        return () -> {
            SharedLock lock = locks.get();
            long words = OffHeapWords.zeroed();
            int[] written = new int[3];
            return Program.of(
                            () -> written[0] = writeWithin(lock, words, 50_000),
                            () -> readWithin(lock, words, 100_000),
                            () -> {
                                if (lock.tryLockRead()) {
                                    read(words);
                                    lock.unlockRead();
                                }
                                if (lock.tryLockWrite()) {
                                    write(words);
                                    lock.unlockWrite();
                                    written[1] = 1;
                                }
                            },
                            () -> {
                                lock.lockRead();
                                read(words);
                                lock.unlockRead();
                                lock.lockWrite();
                                write(words);
                                lock.unlockWrite();
                                written[2] = 1;
                            })
                    .check(() -> assertAtRest(lock, words, written[0] + written[1] + written[2]));
        };
    }

    private static int writeWithin(SharedLock lock, long words, long nanos) {
        try {
            if (!lock.tryLockWrite(nanos)) {
                return 0;
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        write(words);
        lock.unlockWrite();
        return 1;
    }

    private static void readWithin(SharedLock lock, long words, long nanos) {
        try {
            if (!lock.tryLockRead(nanos)) {
                return;
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        read(words);
        lock.unlockRead();
    }

    /** A reader and a writer are interrupted while others read and write. */
    static Supplier<Program> interrupts(Supplier<? extends SharedLock> locks) {
        return () -> {
            SharedLock lock = locks.get();
            long words = OffHeapWords.zeroed();
            int[] written = new int[1];
            return Program.of(
                            () -> written[0] = interruptibly(lock, words),
                            () -> {
                                try {
                                    lock.lockReadInterruptibly();
                                    read(words);
                                    lock.unlockRead();
                                } catch (InterruptedException e) {
                                    assertThat(e).isNotNull(); // and it does not hold the lock
                                }
                            },
                            () -> {
                                lock.lockWrite();
                                write(words);
                                Explorer.thread(1).interrupt();
                                Explorer.thread(0).interrupt();
                                lock.unlockWrite();
                            },
                            () -> {
                                lock.lockRead();
                                read(words);
                                lock.unlockRead();
                            })
                    .check(() -> assertAtRest(lock, words, 1 + written[0]));
        };
    }

    private static int interruptibly(SharedLock lock, long words) {
        try {
            lock.lockWriteInterruptibly();
        } catch (InterruptedException _) {
            return 0; // and it does not hold the lock
        }
        write(words);
        lock.unlockWrite();
        return 1;
    }

    /** Three readers, all reading, ask to write: exactly one may. */
    static Supplier<Program> upgrades(Supplier<? extends SharedLock> locks) {
        return () -> {
            SharedLock lock = locks.get();
            long words = OffHeapWords.zeroed();
            long reading = words + 16;
            int[] winners = new int[1];
            Runnable body =
                    () -> {
                        lock.lockRead();
                        RawMemory.getAndAddLongAcqRel(reading, 1);
                        while (RawMemory.loadLongAcquire(reading) < 3) {
                            SchedulePoint.spin();
                        }
                        if (lock.tryUpgrade()) {
                            winners[0]++;
                            write(words);
                            lock.unlockWrite();
                        } else {
                            lock.unlockRead();
                        }
                    };
            return Program.of(body, body, body)
                    .check(() -> {
                        assertThat(winners[0]).isEqualTo(1);
                        assertAtRest(lock, words, 1);
                    });
        };
    }

    /** Between reading and writing by upgrade, and back by downgrade, no other writer comes. */
    static Supplier<Program> upgradesAndDowngrades(Supplier<? extends SharedLock> locks) {
        return () -> {
            SharedLock lock = locks.get();
            long words = OffHeapWords.zeroed();
            int[] written = new int[1];
            Runnable upgrader =
                    () -> {
                        lock.lockRead();
                        long before = RawMemory.loadLongAcquire(words);
                        if (lock.tryUpgrade()) {
                            assertThat(RawMemory.loadLongAcquire(words)).isEqualTo(before);
                            write(words);
                            written[0]++;
                            lock.downgrade();
                            assertThat(RawMemory.loadLongAcquire(words)).isEqualTo(before + 1);
                            read(words);
                        }
                        lock.unlockRead();
                    };
            Runnable writer =
                    () -> {
                        lock.lockWrite();
                        write(words);
                        written[0]++;
                        long after = RawMemory.loadLongAcquire(words);
                        lock.downgrade();
                        assertThat(RawMemory.loadLongAcquire(words)).isEqualTo(after);
                        lock.unlockRead();
                    };
            return Program.of(upgrader, writer, upgrader, writer)
                    .check(() -> assertAtRest(lock, words, written[0]));
        };
    }
}
