// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.sync.WaitQueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * No wake-up of a wait queue is lost, and the waiter sees what was made true, by a plain store,
 * before it was woken. Where one were lost, the race would not end.
 */
@JCStressTest
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "nobody waited yet")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "the waiter was woken")
@Outcome(expect = Expect.FORBIDDEN, desc = "the wait ended without a reason")
@State
public class WakeUpRace {
    private final WaitQueue queue = new WaitQueue();
    private int value;

    @Actor
    public void waiter(II_Result result) {
        queue.await(() -> value == 1);
        result.r1 = value;
    }

    @Actor
    public void waker(II_Result result) {
        value = 1;
        result.r2 = queue.wakeOne() ? 1 : 0;
    }
}
