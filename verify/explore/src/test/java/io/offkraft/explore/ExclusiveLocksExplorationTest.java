// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.McsLock;
import io.offkraft.sync.Mutex;
import io.offkraft.sync.SequenceLock;
import io.offkraft.sync.SpinLock;
import io.offkraft.sync.TicketLock;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ExclusiveLocksExplorationTest {
    private static final long SCHEDULES = Boolean.getBoolean("stress") ? 1_000_000 : 4_000;

    /** Longer than any sleep of a lock that polls, and not longer than that of a woken one. */
    static final long LONG_SLEEP_NANOS = 1_000_000_000;

    enum Kind {
        SPIN,
        TICKET,
        MCS,
        SEQUENCE,
        MUTEX,
        MUTEX_HANDING_OVER,
        MUTEX_RECURSIVE;

        ExclusiveLock make() {
            return switch (this) {
                case SPIN -> new SpinLock();
                case TICKET -> new TicketLock();
                case MCS -> new McsLock();
                case SEQUENCE -> new SequenceLock();
                case MUTEX -> new Mutex();
                case MUTEX_HANDING_OVER -> Mutex.builder().handingOver(true).build();
                case MUTEX_RECURSIVE -> Mutex.builder().recursive(true).build();
            };
        }
    }

    private static Explorer explorer(Supplier<Program> program) {
        return Explorer.of(program).timersFireBelow(LONG_SLEEP_NANOS);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void lockExcludesAndLosesNoWakeUp(Kind kind) {
        explorer(LockPrograms.counters(kind::make, 2, 1)).schedules(SCHEDULES).explore();
        explorer(LockPrograms.counters(kind::make, 3, 2)).schedules(SCHEDULES).explore();
        explorer(LockPrograms.counters(kind::make, 5, 1)).schedules(SCHEDULES).explore();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void triesAndTimeOutsLeaveTheLockUsable(Kind kind) {
        explorer(LockPrograms.tries(kind::make)).schedules(SCHEDULES).explore();
        explorer(LockPrograms.crowdOfTries(kind::make)).schedules(SCHEDULES).explore();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void interruptsLeaveTheLockUsable(Kind kind) {
        explorer(LockPrograms.interrupts(kind::make)).schedules(SCHEDULES).explore();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void lockExcludesInAllSchedulesWithOnePreemption(Kind kind) {
        assertThat(explorer(LockPrograms.counters(kind::make, 2, 2)).exhaust(1).schedules())
                .isGreaterThan(10);
    }

    @Test
    @DisplayName("negative control: each program rejects a lock that looks and then takes")
    void lockThatLooksAndThenTakesIsRejected() {
        assertRejected(LockPrograms.counters(LookThenTake::new, 3, 2));
        assertRejected(LockPrograms.tries(LookThenTake::new));
        assertRejected(LockPrograms.crowdOfTries(LookThenTake::new));
        assertRejected(LockPrograms.interrupts(LookThenTake::new));
    }

    private static void assertRejected(Supplier<Program> program) {
        assertThatThrownBy(() -> explorer(program).explore()).isInstanceOf(ScheduleFailure.class);
    }
}
