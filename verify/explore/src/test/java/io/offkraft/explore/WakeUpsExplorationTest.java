// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.explore.WakeUpPrograms.Monitor;
import io.offkraft.explore.WakeUpPrograms.Room;
import io.offkraft.explore.WakeUpPrograms.Tokens;
import io.offkraft.sync.Mutex;
import io.offkraft.sync.Semaphore;
import io.offkraft.sync.WaitQueue;
import io.offkraft.word.RawMemory;
import io.offkraft.word.SchedulePoint;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class WakeUpsExplorationTest {
    private static final long SCHEDULES = Boolean.getBoolean("stress") ? 1_000_000 : 10_000;

    private static Explorer explorer(Supplier<Program> program) {
        return Explorer.of(program)
                .timersFireBelow(ExclusiveLocksExplorationTest.LONG_SLEEP_NANOS)
                .schedules(SCHEDULES);
    }

    private record OurTokens(Semaphore semaphore, boolean fromHandler) implements Tokens {
        @Override
        public void acquire() {
            semaphore.acquire();
        }

        @Override
        public boolean tryAcquire(long nanos) throws InterruptedException {
            return semaphore.tryAcquire(nanos);
        }

        @Override
        public void release(int count) {
            if (fromHandler) {
                for (int i = 0; i < count; i++) {
                    semaphore.releaseIsr();
                }
            } else {
                semaphore.release(count);
            }
        }

        @Override
        public int available() {
            return semaphore.available();
        }
    }

    private record OurRoom(WaitQueue queue, boolean fromHandler) implements Room {
        @Override
        public void await(BooleanSupplier question) {
            queue.await(question);
        }

        @Override
        public boolean await(BooleanSupplier question, long nanos) throws InterruptedException {
            return queue.await(question, nanos);
        }

        @Override
        public void wakeOne() {
            if (fromHandler) {
                queue.wakeIsr();
            } else {
                queue.wakeOne();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void semaphoreConservesItsTokens(boolean fromHandler, boolean firstInFirstOut) {
        explorer(
                        WakeUpPrograms.tokensAreConserved(() ->
                                new OurTokens(new Semaphore(2, firstInFirstOut), fromHandler)))
                .explore();
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void semaphoreWakesAsManyAsItGetsTokens(boolean fromHandler, boolean firstInFirstOut) {
        explorer(
                        WakeUpPrograms.releasesWakeAsMany(() ->
                                new OurTokens(new Semaphore(0, firstInFirstOut), fromHandler)))
                .explore();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void waitQueueLosesNoWakeUp(boolean fromHandler) {
        explorer(WakeUpPrograms.itemsAreTaken(() -> new OurRoom(new WaitQueue(), fromHandler)))
                .explore();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoGivesUpInAWaitQueuePassesTheWakeUpOn(boolean fromHandler) {
        explorer(
                        WakeUpPrograms.whoGivesUpPassesTheWakeUpOn(
                                () -> new OurRoom(new WaitQueue(), fromHandler)))
                .explore();
    }

    @Test
    void wakeAllWakesAll() {
        explorer(
                        () -> {
                            WaitQueue queue = new WaitQueue();
                            long open = OffHeapWords.zeroed();
                            Runnable waiter =
                                    () -> queue.await(() -> RawMemory.loadLongAcquire(open) != 0);
                            return Program.of(
                                            waiter,
                                            waiter,
                                            waiter,
                                            () -> {
                                                RawMemory.storeLongRelease(open, 1);
                                                queue.wakeAll();
                                            })
                                    .check(() -> assertThat(queue.waiting()).isZero());
                        })
                .explore();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void signalsOfAMutexConditionWakeAsMany(boolean handingOver) {
        Supplier<Monitor> monitors =
                () -> new Monitor(Mutex.builder().handingOver(handingOver).build().asLock());
        explorer(WakeUpPrograms.signalsWakeAsMany(monitors)).explore();
        explorer(WakeUpPrograms.signalIsNotLostToWhoGivesUp(monitors)).explore();
    }

    @Test
    @DisplayName("the programs accept the JDK's lock and condition")
    void conditionOfTheJdkPasses() {
        Supplier<Monitor> monitors = () -> new Monitor(new ReentrantLock());
        explorer(WakeUpPrograms.signalsWakeAsMany(monitors)).schedules(1_000).explore();
    }

    @Test
    @DisplayName("negative control: a semaphore that looks before it queues is rejected")
    void brokenSemaphoreIsRejected() {
        assertRejected(WakeUpPrograms.tokensAreConserved(() -> new LookThenSleep(2)));
        assertRejected(WakeUpPrograms.releasesWakeAsMany(() -> new LookThenSleep(0)));
    }

    @Test
    @DisplayName("negative control: a queue that is asked before one stands in it is rejected")
    void brokenWaitQueueIsRejected() {
        assertRejected(WakeUpPrograms.itemsAreTaken(() -> new LookThenSleep(0)));
        assertRejected(WakeUpPrograms.whoGivesUpPassesTheWakeUpOn(() -> new LookThenSleep(0)));
    }

    @Test
    @DisplayName("negative control: a signal that only ends a wait if somebody sleeps is rejected")
    void brokenConditionIsRejected() {
        Supplier<Monitor> monitors =
                () -> {
                    Mutex mutex = new Mutex();
                    return new Monitor(mutex.asLock(), new LostSignal(mutex));
                };
        assertRejected(WakeUpPrograms.signalsWakeAsMany(monitors));
        assertRejected(WakeUpPrograms.signalIsNotLostToWhoGivesUp(monitors));
    }

    private static void assertRejected(Supplier<Program> program) {
        assertThatThrownBy(() -> explorer(program).explore()).isInstanceOf(ScheduleFailure.class);
    }

    /** Broken: looks, and only then says that it sleeps; who gives up keeps the wake-up. */
    private static final class LookThenSleep implements Tokens, Room {
        private long tokens;
        private @Nullable Thread sleeper;

        LookThenSleep(long tokens) {
            this.tokens = tokens;
        }

        private boolean take() {
            SchedulePoint.reach();
            if (tokens == 0) {
                return false;
            }
            tokens--;
            return true;
        }

        @Override
        public void acquire() {
            await(this::take);
        }

        @Override
        public boolean tryAcquire(long nanos) throws InterruptedException {
            return await(this::take, nanos);
        }

        @Override
        public void release(int count) {
            SchedulePoint.reach();
            tokens += count;
            wakeOne();
        }

        @Override
        public int available() {
            return (int) tokens;
        }

        @Override
        public void await(BooleanSupplier question) {
            while (!question.getAsBoolean()) {
                SchedulePoint.reach();
                sleeper = Thread.currentThread();
                SchedulePoint.park(this);
            }
        }

        @Override
        public boolean await(BooleanSupplier question, long nanos) throws InterruptedException {
            long end = SchedulePoint.nanoTime() + Math.min(nanos, Long.MAX_VALUE / 2);
            while (!question.getAsBoolean()) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                long left = end - SchedulePoint.nanoTime();
                if (left <= 0) {
                    return false;
                }
                SchedulePoint.reach();
                sleeper = Thread.currentThread();
                SchedulePoint.parkNanos(this, left);
            }
            return true;
        }

        @Override
        public void wakeOne() {
            SchedulePoint.reach();
            LockSupport.unpark(sleeper);
        }
    }
}
