// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A wait queue without its full fences: the waiter stands in the queue and asks, the waker makes it
 * true and looks at the queue. That both come too early, a lost wake-up, must be seen.
 */
@JCStressTest
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "nobody waited yet")
@Outcome(id = "[01], 1", expect = Expect.ACCEPTABLE, desc = "the waiter is woken")
@Outcome(expect = Expect.FORBIDDEN, desc = "the waiter would sleep, and nobody wakes it")
@State
public class UnfencedWakeUpRace {
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int VALUE = 0;
    private static final int WAITING = 1;

    private final int[] words = new int[2];

    @Actor
    public void waiter(II_Result result) {
        WORD.setRelease(words, WAITING, 1);
        result.r1 = (int) WORD.getAcquire(words, VALUE);
    }

    @Actor
    public void waker(II_Result result) {
        WORD.setRelease(words, VALUE, 1);
        result.r2 = (int) WORD.getAcquire(words, WAITING);
    }
}
