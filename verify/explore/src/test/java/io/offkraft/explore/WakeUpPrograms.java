// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.word.RawMemory;
import io.offkraft.word.SchedulePoint;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Programs that end only if no wake-up is lost, and are right only if none is doubled. */
final class WakeUpPrograms {
    /** Time for a few steps, not for many. */
    private static final long SHORT_NANOS = 3_000;

    private WakeUpPrograms() {}

    /** A semaphore, ours or a broken one. */
    interface Tokens {
        void acquire();

        boolean tryAcquire(long nanos) throws InterruptedException;

        void release(int count);

        int available();
    }

    /** A queue of waiting threads, ours or a broken one. */
    interface Room {
        void await(BooleanSupplier question);

        boolean await(BooleanSupplier question, long nanos) throws InterruptedException;

        void wakeOne();
    }

    private static void enter(long inside, int most) {
        assertThat(RawMemory.getAndAddLongAcqRel(inside, 1)).isLessThan(most);
        SchedulePoint.reach();
        RawMemory.getAndAddLongAcqRel(inside, -1);
    }

    /** Four threads share two tokens, two of them for a time or until they are interrupted. */
    static Supplier<Program> tokensAreConserved(Supplier<? extends Tokens> semaphores) {
        return () -> {
            Tokens tokens = semaphores.get();
            long inside = OffHeapWords.zeroed();
            Runnable plain =
                    () -> {
                        tokens.acquire();
                        enter(inside, 2);
                        tokens.release(1);
                    };
            return Program.of(
                            () -> enterWithin(tokens, inside, SHORT_NANOS),
                            () -> enterWithin(tokens, inside, Long.MAX_VALUE),
                            () -> {
                                plain.run();
                                Explorer.thread(1).interrupt();
                            },
                            plain)
                    .check(() -> assertThat(tokens.available()).isEqualTo(2));
        };
    }

    private static void enterWithin(Tokens tokens, long inside, long nanos) {
        try {
            if (!tokens.tryAcquire(nanos)) {
                return;
            }
        } catch (InterruptedException _) {
            return; // without a token
        }
        enter(inside, 2);
        tokens.release(1);
    }

    /** Three wait for tokens, which come one, and two at once; one more tries for a while. */
    static Supplier<Program> releasesWakeAsMany(Supplier<? extends Tokens> semaphores) {
        return () -> {
            Tokens tokens = semaphores.get();
            int[] taken = new int[1];
            return Program.of(
                            tokens::acquire,
                            tokens::acquire,
                            () -> taken[0] = took(tokens, SHORT_NANOS),
                            () -> tokens.release(2),
                            () -> tokens.release(1))
                    .check(() -> assertThat(tokens.available()).isEqualTo(1 - taken[0]));
        };
    }

    private static int took(Tokens tokens, long nanos) {
        try {
            return tokens.tryAcquire(nanos) ? 1 : 0;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Takes one of the items that a word counts, if there is one. */
    private static boolean takeItem(long word) {
        long items = RawMemory.loadLongAcquire(word);
        while (items > 0) {
            if (RawMemory.casLongAcqRel(word, items, items - 1)) {
                return true;
            }
            items = RawMemory.loadLongAcquire(word);
        }
        return false;
    }

    /** Two threads take an item each, two bring one each and wake one. */
    static Supplier<Program> itemsAreTaken(Supplier<? extends Room> rooms) {
        return () -> {
            Room room = rooms.get();
            long items = OffHeapWords.zeroed();
            Runnable taker = () -> room.await(() -> takeItem(items));
            Runnable bringer =
                    () -> {
                        RawMemory.getAndAddLongAcqRel(items, 1);
                        room.wakeOne();
                    };
            return Program.of(taker, bringer, taker, bringer)
                    .check(() -> assertThat(RawMemory.loadLongPlain(items)).isZero());
        };
    }

    /** As many items as takers that wait for good; two more may give up, and must pass on. */
    static Supplier<Program> whoGivesUpPassesTheWakeUpOn(Supplier<? extends Room> rooms) {
        return () -> {
            Room room = rooms.get();
            long items = OffHeapWords.zeroed();
            int[] taken = new int[2];
            Runnable bringer =
                    () -> {
                        RawMemory.getAndAddLongAcqRel(items, 1);
                        room.wakeOne();
                    };
            return Program.of(
                            () -> taken[0] = tookItem(room, items, SHORT_NANOS, bringer),
                            () -> taken[1] = tookItem(room, items, Long.MAX_VALUE, bringer),
                            () -> room.await(() -> takeItem(items)),
                            bringer,
                            () -> Explorer.thread(1).interrupt())
                    .check(() -> assertThat(RawMemory.loadLongPlain(items)).isZero());
        };
    }

    /** Takes an item and brings it back, unless it gives up. */
    private static int tookItem(Room room, long items, long nanos, Runnable bringer) {
        boolean took;
        try {
            took = room.await(() -> takeItem(items), nanos);
        } catch (InterruptedException _) {
            return 0;
        }
        if (took) {
            bringer.run();
        }
        return took ? 1 : 0;
    }

    /** A lock and a condition of it. */
    record Monitor(Lock lock, Condition condition) {
        Monitor(Lock lock) {
            this(lock, lock.newCondition());
        }
    }

    /** As many signals as threads that wait; each signal is for one, and none for two. */
    static Supplier<Program> signalsWakeAsMany(Supplier<Monitor> monitors) {
        return () -> {
            Monitor monitor = monitors.get();
            int[] items = new int[1];
            Runnable taker =
                    () -> {
                        monitor.lock.lock();
                        try {
                            while (items[0] == 0) {
                                monitor.condition.awaitUninterruptibly();
                            }
                            items[0]--;
                        } finally {
                            monitor.lock.unlock();
                        }
                    };
            Runnable bringer = () -> bring(monitor, items);
            return Program.of(taker, bringer, taker, bringer)
                    .check(() -> assertThat(items[0]).isZero());
        };
    }

    private static void bring(Monitor monitor, int[] items) {
        monitor.lock.lock();
        try {
            items[0]++;
            monitor.condition.signal();
        } finally {
            monitor.lock.unlock();
        }
    }

    /** One signal, for one of two waiters; one is interrupted or its time is over meanwhile. */
    static Supplier<Program> signalIsNotLostToWhoGivesUp(Supplier<Monitor> monitors) {
        return () -> {
            Monitor monitor = monitors.get();
            int[] items = new int[1];
            return Program.of(
                            () -> takeOrGiveUp(monitor, items, Long.MAX_VALUE),
                            () -> takeOrGiveUp(monitor, items, SHORT_NANOS),
                            () -> {
                                monitor.lock.lock();
                                try {
                                    while (items[0] == 0) {
                                        monitor.condition.awaitUninterruptibly();
                                    }
                                } finally {
                                    monitor.lock.unlock();
                                }
                            },
                            () -> bring(monitor, items),
                            () -> Explorer.thread(0).interrupt())
                    .check(() -> assertThat(items[0]).isEqualTo(1));
        };
    }

    /** Waits for an item, and leaves it to others; who was not signalled has no claim on it. */
    private static void takeOrGiveUp(Monitor monitor, int[] items, long nanos) {
        monitor.lock.lock();
        try {
            while (items[0] == 0) {
                if (monitor.condition.awaitNanos(nanos) <= 0) {
                    return;
                }
            }
            monitor.condition.signal(); // it took the signal, so it passes it on
        } catch (InterruptedException e) {
            assertThat(e).isNotNull(); // and no signal was lost with it
        } finally {
            monitor.lock.unlock();
        }
    }
}
