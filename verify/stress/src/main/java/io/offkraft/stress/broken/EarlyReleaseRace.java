// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.sync.Semaphore;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** A token that is released before what it stands for is there: must fail. */
@JCStressTest
@Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "a token, and what came before it")
@Outcome(expect = Expect.FORBIDDEN, desc = "a token, and not what came before it")
@State
public class EarlyReleaseRace {
    private final Semaphore semaphore = new Semaphore(0);
    private int before;

    @Actor
    public void giver() {
        semaphore.release();
        before = 1;
    }

    @Actor
    public void taker(I_Result result) {
        while (!semaphore.tryAcquire()) {
            Thread.onSpinWait();
        }
        result.r1 = before;
    }
}
