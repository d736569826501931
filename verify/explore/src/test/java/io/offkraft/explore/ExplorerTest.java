// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.offkraft.explore.Explorer.Strategy;
import io.offkraft.explore.ScheduleFailure.Kind;
import io.offkraft.sync.Mutex;
import io.offkraft.word.RawMemory;
import io.offkraft.word.SchedulePoint;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ExplorerTest {
    private static final long SCHEDULES = Boolean.getBoolean("stress") ? 200_000 : 5_000;

    /** A lock that looks and then takes, in two steps, in an off-heap word. */
    private static Program checkThenSet() {
        long word = OffHeapWords.zeroed();
        Runnable section =
                () -> {
                    while (RawMemory.loadLongAcquire(word) != 0) {
                        SchedulePoint.spin();
                    }
                    RawMemory.storeLongRelease(word, 1);
                    long seen = RawMemory.loadLongAcquire(word + 8);
                    RawMemory.storeLongRelease(word + 8, seen + 1);
                    RawMemory.storeLongRelease(word, 0);
                };
        return Program.of(section, section)
                .check(() -> assertThat(RawMemory.loadLongPlain(word + 8)).isEqualTo(2));
    }

    private static Program compareAndSet() {
        long word = OffHeapWords.zeroed();
        Runnable section =
                () -> {
                    while (!RawMemory.casLongAcqRel(word, 0, 1)) {
                        SchedulePoint.spin();
                    }
                    long seen = RawMemory.loadLongAcquire(word + 8);
                    RawMemory.storeLongRelease(word + 8, seen + 1);
                    RawMemory.storeLongRelease(word, 0);
                };
        return Program.of(section, section)
                .check(() -> assertThat(RawMemory.loadLongPlain(word + 8)).isEqualTo(2));
    }

    private static Program popsAndPush(boolean tagged) {
        OffHeapStack stack = new OffHeapStack(OffHeapWords.zeroed(), tagged);
        for (int number = 3; number >= 1; number--) {
            stack.push(number);
        }
        long[] taken = new long[2];
        return Program.of(
                        () -> taken[0] = stack.pop(),
                        () -> {
                            long first = stack.pop();
                            taken[1] = stack.pop();
                            if (first != 0) {
                                stack.push(first);
                            }
                        })
                .check(() -> assertConserved(stack, taken));
    }

    private static void assertConserved(OffHeapStack stack, long[] taken) {
        int[] seen = new int[4];
        for (long number : taken) {
            seen[(int) number]++;
        }
        for (int i = 0; i < 3; i++) {
            seen[(int) stack.pop()]++;
        }
        assertThat(seen).startsWith(2).endsWith(1, 1, 1);
    }

    /** A sleeper of its own, with a hook before each access. */
    private static final class Latch {
        private boolean open;
        private @Nullable Thread sleeper;

        boolean isOpen() {
            SchedulePoint.reach();
            return open;
        }

        void enqueue() {
            SchedulePoint.reach();
            sleeper = Thread.currentThread();
        }

        void release() {
            SchedulePoint.reach();
            open = true;
            SchedulePoint.reach();
            LockSupport.unpark(sleeper);
        }
    }

    private static Program checkedBeforeEnqueued() {
        Latch latch = new Latch();
        return Program.of(
                () -> {
                    if (!latch.isOpen()) {
                        latch.enqueue();
                        SchedulePoint.park(latch);
                    }
                },
                latch::release);
    }

    private static Program enqueuedBeforeChecked() {
        Latch latch = new Latch();
        return Program.of(
                () -> {
                    latch.enqueue();
                    while (!latch.isOpen()) {
                        SchedulePoint.park(latch);
                    }
                },
                latch::release);
    }

    /** Loses the wake-up too, but looks again by and by. */
    private static Program checkedBeforeEnqueuedButPolled() {
        Latch latch = new Latch();
        return Program.of(
                () -> {
                    while (!latch.isOpen()) {
                        latch.enqueue();
                        SchedulePoint.parkNanos(latch, 1_000_000);
                    }
                },
                latch::release);
    }

    private static Program twoMutexes(boolean sameOrder) {
        Mutex first = new Mutex();
        Mutex second = new Mutex();
        return Program.of(
                () -> lockBoth(first, second),
                () -> lockBoth(sameOrder ? first : second, sameOrder ? second : first));
    }

    private static void lockBoth(Mutex outer, Mutex inner) {
        outer.lock();
        inner.lock();
        inner.unlock();
        outer.unlock();
    }

    private static ScheduleFailure failureOf(Explorer explorer) {
        return catchThrowableOfType(ScheduleFailure.class, explorer::explore);
    }

    @ParameterizedTest
    @EnumSource(Strategy.class)
    void lockThatLooksAndThenTakesIsFound(Strategy strategy) {
        ScheduleFailure failure =
                failureOf(Explorer.of(ExplorerTest::checkThenSet).strategy(strategy));
        assertThat(failure.kind()).isEqualTo(Kind.CHECK);
        assertThat(failure).hasMessageContaining("-Dexplore.replay=" + failure.token());
        assertThat(Explorer.of(ExplorerTest::compareAndSet).strategy(strategy).explore())
                .extracting(Exploration::schedules)
                .isEqualTo(1000L);
    }

    @ParameterizedTest
    @EnumSource(Strategy.class)
    void abaOfAnOffHeapStackIsFoundAndWithTagsThereIsNone(Strategy strategy) {
        ScheduleFailure failure =
                failureOf(
                        Explorer.of(() -> popsAndPush(false))
                                .schedules(100_000)
                                .strategy(strategy));
        assertThat(failure.kind()).isEqualTo(Kind.CHECK);
        Explorer.of(() -> popsAndPush(true)).schedules(SCHEDULES).strategy(strategy).explore();
    }

    @ParameterizedTest
    @EnumSource(Strategy.class)
    void flagCheckedBeforeEnqueueingIsFoundAsDeadlock(Strategy strategy) {
        ScheduleFailure failure =
                failureOf(Explorer.of(ExplorerTest::checkedBeforeEnqueued).strategy(strategy));
        assertThat(failure.kind()).isEqualTo(Kind.DEADLOCK);
        assertThat(failure).hasMessageContaining("checkedBeforeEnqueued");
        Explorer.of(ExplorerTest::enqueuedBeforeChecked).strategy(strategy).explore();
    }

    @Test
    void lostWakeUpThatPollingCoversIsFoundWhenTimersNeverFire() {
        Supplier<Program> program = ExplorerTest::checkedBeforeEnqueuedButPolled;
        Explorer.of(program).explore();
        assertThat(failureOf(Explorer.of(program).timersNeverFire()).kind())
                .isEqualTo(Kind.DEADLOCK);
        Explorer.of(program).timersFireBelow(1_000_001).explore();
        assertThat(failureOf(Explorer.of(program).timersFireBelow(1_000_000)).kind())
                .isEqualTo(Kind.DEADLOCK);
    }

    @Test
    void locksTakenInOppositeOrdersAreFoundAsDeadlock() {
        ScheduleFailure failure =
                failureOf(Explorer.of(() -> twoMutexes(false)).timersFireBelow(1_000_000_000));
        assertThat(failure.kind()).isEqualTo(Kind.DEADLOCK);
        assertThat(failure).hasMessageContaining("explored-0, WAITING");
        assertThat(failure).hasMessageContaining("explored-1, WAITING");
        assertThat(failure).hasMessageContaining("ExplorerTest.lockBoth");
        Explorer.of(() -> twoMutexes(true)).timersFireBelow(1_000_000_000).explore();
    }

    @Test
    void waitForWhatNeverComesIsFoundAsLivelock() {
        ScheduleFailure failure =
                failureOf(
                        Explorer.of(() ->
                                        Program.of(() -> {
                                            long word = OffHeapWords.zeroed();
                                            while (RawMemory.loadLongAcquire(word) == 0) {
                                                SchedulePoint.spin();
                                            }
                                        }))
                                .stepsMax(100));
        assertThat(failure.kind()).isEqualTo(Kind.LIVELOCK);
        assertThat(failure).hasMessageContaining("no end after 100 steps");
    }

    @Test
    void exceptionOfAThreadIsFoundWithItsCause() {
        ScheduleFailure failure =
                failureOf(
                        Explorer.of(() ->
                                Program.of(() -> {
                                    throw new IllegalStateException("as said");
                                })));
        assertThat(failure.kind()).isEqualTo(Kind.THREW);
        assertThat(failure).hasCauseInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @EnumSource(Strategy.class)
    void sameSeedGivesTheSameSchedule(Strategy strategy) {
        ScheduleFailure first =
                failureOf(
                        Explorer.of(() -> popsAndPush(false))
                                .schedules(100_000)
                                .strategy(strategy));
        ScheduleFailure second =
                failureOf(
                        Explorer.of(() -> popsAndPush(false))
                                .schedules(100_000)
                                .strategy(strategy));
        assertThat(second.token()).isEqualTo(first.token());
        assertThat(second.trace()).isEqualTo(first.trace()).isNotEmpty();
        assertThatThrownBy(() -> Explorer.of(() -> popsAndPush(false)).replay(first.token()))
                .isInstanceOfSatisfying(
                        ScheduleFailure.class,
                        replayed -> assertThat(replayed.trace()).isEqualTo(first.trace()));
    }

    @Test
    void replayOfAScheduleWithSleepsTakesTheSameSteps() {
        for (int seed = 0; seed < 50; seed++) {
            String token = (seed % 2 == 0 ? "random:" : "pct:3:40:") + Integer.toHexString(seed);
            List<Step> first = Explorer.of(() -> twoMutexes(true)).replay(token);
            System.gc(); // nothing may follow from what is collected
            assertThat(Explorer.of(() -> twoMutexes(true)).replay(token)).isEqualTo(first);
        }
    }

    @Test
    void differentSeedsGiveDifferentSchedules() {
        assertThat(
                        List.of("1", "2", "3", "4", "5", "6").stream()
                                .map(seed ->
                                        Explorer.of(() -> twoMutexes(true))
                                                .replay("random:" + seed))
                                .distinct()
                                .count())
                .isGreaterThan(3);
    }

    @Test
    void programThatDependsOnMoreThanItsScheduleIsCalledNotRepeatable() {
        int[] runs = new int[1];
        ScheduleFailure failure =
                failureOf(
                        Explorer.of(() ->
                                Program.of(() -> runs[0]++)
                                        .check(() -> assertThat(runs[0]).isNotEqualTo(7))));
        assertThat(failure).hasMessageContaining("NOT repeatable");
    }

    @Test
    void threadsCanInterruptUnparkStartAndJoinOneAnother() {
        boolean[] interrupted = new boolean[1];
        int[] ran = new int[1];
        Explorer.of(
                        () -> {
                            interrupted[0] = false;
                            ran[0] = 0;
                            return Program.of(
                                            () -> {
                                                while (!Thread.interrupted()) {
                                                    SchedulePoint.park(interrupted);
                                                }
                                                interrupted[0] = true;
                                            },
                                            () -> {
                                                Thread child =
                                                        Explorer.start(() -> {
                                                            SchedulePoint.reach();
                                                            ran[0]++;
                                                        });
                                                join(child);
                                                LockSupport.unpark(Explorer.thread(0));
                                                SchedulePoint.reach();
                                                Explorer.thread(0).interrupt();
                                            })
                                    .check(() -> {
                                        assertThat(interrupted[0]).isTrue();
                                        assertThat(ran[0]).isEqualTo(1);
                                    });
                        })
                .explore();
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void monitorsWithoutAHookInsideDoNoHarm() {
        int[] count = new int[1];
        Runnable section =
                () -> {
                    SchedulePoint.reach();
                    synchronized (count) {
                        count[0]++;
                    }
                };
        Explorer.of(() -> Program.of(section, section)).explore();
        assertThat(count[0]).isEqualTo(2 * 1000);
    }

    @Test
    void monitorHeldAtAHookIsReported() {
        Object monitor = new Object();
        Runnable section =
                () -> {
                    synchronized (monitor) {
                        SchedulePoint.reach();
                    }
                };
        ScheduleFailure failure = failureOf(Explorer.of(() -> Program.of(section, section)));
        assertThat(failure.kind()).isEqualTo(Kind.NOT_EXPLORABLE);
        assertThat(failure).hasMessageContaining("waits for a monitor");
    }

    @Test
    void sleepByTheClockOfTheJvmIsReported() {
        Object blocker = new Object();
        ScheduleFailure failure =
                failureOf(
                        Explorer.of(() ->
                                Program.of(
                                        () -> LockSupport.parkNanos(blocker, 3_600_000_000_000L))));
        assertThat(failure.kind()).isEqualTo(Kind.NOT_EXPLORABLE);
        assertThat(failure).hasMessageContaining("sleeps by the JVM's clock");
    }

    @Test
    @DisplayName("exhaustively: all schedules with few preemptions find each of the seeded bugs")
    void exhaustiveSearchFindsTheSeededBugs() {
        assertThatThrownBy(() -> Explorer.of(ExplorerTest::checkThenSet).exhaust(2))
                .isInstanceOf(ScheduleFailure.class)
                .hasMessageContaining("path:2:");
        assertThatThrownBy(() -> Explorer.of(() -> popsAndPush(false)).exhaust(3))
                .isInstanceOfSatisfying(
                        ScheduleFailure.class,
                        failure ->
                                assertThatThrownBy(() ->
                                                Explorer.of(() -> popsAndPush(false))
                                                        .replay(failure.token()))
                                        .isInstanceOf(ScheduleFailure.class));
        assertThatThrownBy(() -> Explorer.of(ExplorerTest::checkedBeforeEnqueued).exhaust(2))
                .isInstanceOf(ScheduleFailure.class);
        assertThatThrownBy(() -> Explorer.of(() -> twoMutexes(false)).stepsMax(500).exhaust(1))
                .isInstanceOf(ScheduleFailure.class);
    }

    @Test
    void exhaustiveSearchPassesWhatIsRight() {
        assertThat(Explorer.of(ExplorerTest::compareAndSet).exhaust(3).schedules())
                .isGreaterThan(20);
        assertThat(Explorer.of(() -> popsAndPush(true)).exhaust(3).schedules()).isGreaterThan(100);
        assertThat(Explorer.of(ExplorerTest::enqueuedBeforeChecked).exhaust(3).schedules())
                .isGreaterThan(5);
    }

    @Test
    void tokenThatIsNoneIsRefused() {
        assertThatThrownBy(() -> Explorer.of(ExplorerTest::checkThenSet).replay("random"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pct:<depth>:<decisions>:<seed>");
    }
}
