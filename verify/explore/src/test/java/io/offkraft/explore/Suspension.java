// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A thread that stops in the midst of a call, and others that must come to their end before it goes
 * on.
 *
 * @param victim what the thread does that stops
 * @param others what the others do
 * @param check what must hold when all, in the end the victim too, have come to their end
 */
record Suspension(Runnable victim, List<Runnable> others, Runnable check) {
    /** Steps that the others may take: more than enough if nobody holds them up. */
    private static final int STEPS_MAX = 2_000;

    private static final long SCHEDULES = Boolean.getBoolean("stress") ? 100_000 : 300;

    Suspension {
        others = List.copyOf(others);
    }

    private static Explorer explorer(Supplier<Suspension> suspensions, int hook) {
        return Explorer.of(() -> suspensions.get().program(hook))
                .stepsMax(STEPS_MAX)
                .schedules(SCHEDULES);
    }

    private Program program(int hook) {
        int[] atWork = {others.size()};
        List<Runnable> threads = new ArrayList<>();
        threads.add(() -> {
            if (atWork[0] > 0) { // else nobody would let it go on
                Explorer.suspendAfter(hook);
            }
            victim.run();
        });
        for (Runnable other : others) {
            threads.add(() -> {
                other.run();
                if (--atWork[0] == 0) {
                    Explorer.resume(0);
                }
            });
        }
        return new Program(threads, check);
    }

    /** The others come to their end, whichever of its hooks the victim stops at. */
    static void holdsNobodyUp(Supplier<Suspension> suspensions, int hooks) {
        for (int hook = 1; hook <= hooks; hook++) {
            explorer(suspensions, hook).explore();
            explorer(suspensions, hook).exhaust(1);
        }
    }

    /** The others do not come to their end in some schedule if the victim stops at this hook. */
    static void holdsOthersUp(Supplier<Suspension> suspensions, int hook) {
        assertThatThrownBy(() -> explorer(suspensions, hook).explore())
                .isInstanceOfSatisfying(
                        ScheduleFailure.class,
                        e -> {
                            if (e.kind() != ScheduleFailure.Kind.LIVELOCK
                                    && e.kind() != ScheduleFailure.Kind.DEADLOCK) {
                                throw new AssertionError("not held up, but", e);
                            }
                        });
    }
}
