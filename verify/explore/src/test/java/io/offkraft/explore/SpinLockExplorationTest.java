// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.sync.SpinLock;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class SpinLockExplorationTest {
    private static final long SCHEDULES = Boolean.getBoolean("stress") ? 10_000_000 : 100_000;

    @Test
    @DisplayName("a spin lock excludes in every schedule that was tried; says how fast")
    void spinLockExcludes() {
        Exploration counted =
                Explorer.of(LockPrograms.counters(SpinLock::new, 2, 1))
                        .schedules(SCHEDULES)
                        .explore();
        assertThat(counted.schedules()).isEqualTo(SCHEDULES);
        System.out.printf(
                Locale.ROOT,
                "explored %d schedules of two threads at a spin lock: %.2f us and %.1f steps each%n",
                counted.schedules(),
                counted.nanosPerSchedule() / 1000,
                (double) counted.steps() / counted.schedules());
    }

    @Test
    void spinLockExcludesThreeThreadsThatTryAndTimeOut() {
        Explorer.of(LockPrograms.tries(SpinLock::new)).schedules(SCHEDULES / 20).explore();
        Explorer.of(LockPrograms.interrupts(SpinLock::new)).schedules(SCHEDULES / 20).explore();
    }

    @Test
    void spinLockExcludesInAllSchedulesWithFewPreemptions() {
        assertThat(Explorer.of(LockPrograms.counters(SpinLock::new, 3, 1)).exhaust(2).schedules())
                .isGreaterThan(50);
    }

    @Test
    @DisplayName("negative control: the same programs reject a lock that looks and then takes")
    void checkThenSetLockIsRejected() {
        assertThatThrownBy(
                        () -> Explorer.of(LockPrograms.counters(LookThenTake::new, 2, 1)).explore())
                .isInstanceOf(ScheduleFailure.class);
        assertThatThrownBy(() -> Explorer.of(LockPrograms.tries(LookThenTake::new)).explore())
                .isInstanceOf(ScheduleFailure.class);
        assertThatThrownBy(() -> Explorer.of(LockPrograms.interrupts(LookThenTake::new)).explore())
                .isInstanceOf(ScheduleFailure.class);
        assertThatThrownBy(() ->
                        Explorer.of(LockPrograms.counters(LookThenTake::new, 3, 1)).exhaust(2))
                .isInstanceOf(ScheduleFailure.class);
    }
}
