// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.explore.ScheduleFailure.Kind;
import io.offkraft.word.SchedulePoint;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

final class SuspensionTest {
    /** Makes three steps, each behind a hook, and stops at the second hook. */
    private static Runnable stopsAtTheSecondHook(int[] steps) {
        return () -> {
            Explorer.suspendAfter(2);
            for (int step = 1; step <= 3; step++) {
                SchedulePoint.reach();
                steps[0] = step;
            }
        };
    }

    @Test
    void threadStopsAtItsHookUntilItIsResumed() {
        Explorer.of(
                        () -> {
                            int[] steps = new int[1];
                            return Program.of(
                                            stopsAtTheSecondHook(steps),
                                            () -> {
                                                while (steps[0] < 1) {
                                                    SchedulePoint.spin();
                                                }
                                                SchedulePoint.reach();
                                                LockSupport.unpark(
                                                        Explorer.thread(0)); // not enough
                                                SchedulePoint.reach();
                                                assertThat(steps[0]).isEqualTo(1);
                                                Explorer.resume(0);
                                            })
                                    .check(() -> assertThat(steps[0]).isEqualTo(3));
                        })
                .exhaust(3);
    }

    @Test
    void threadThatNobodyResumesIsADeadlock() {
        assertThatThrownBy(() ->
                        Explorer.of(() -> Program.of(stopsAtTheSecondHook(new int[1]))).explore())
                .isInstanceOfSatisfying(
                        ScheduleFailure.class,
                        e -> {
                            assertThat(e.kind()).isEqualTo(Kind.DEADLOCK);
                            assertThat(e).hasMessageContaining("is suspended before");
                        });
    }

    @Test
    void suspensionThatMeansNothingIsRefused() {
        assertThatThrownBy(() ->
                        Explorer.of(() -> Program.of(() -> Explorer.suspendAfter(0))).explore())
                .hasMessageContaining("hooks must be 1 or more: 0");
        assertThatThrownBy(() -> Explorer.suspendAfter(1))
                .isInstanceOf(IllegalStateException.class);
    }
}
