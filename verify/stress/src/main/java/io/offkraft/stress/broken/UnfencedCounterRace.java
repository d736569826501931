// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** Mutual exclusion by a lock without its fence: must fail, or no missing fence is ever found. */
@JCStressTest
@Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "one section after the other")
@Outcome(expect = Expect.FORBIDDEN, desc = "an addition is lost: both were inside")
@State
public class UnfencedCounterRace {
    private final UnfencedPetersonLock lock = new UnfencedPetersonLock();
    private int count;

    @Actor
    public void one() {
        add(0);
    }

    @Actor
    public void other() {
        add(1);
    }

    private void add(int self) {
        lock.lock(self);
        count = count + 1;
        lock.unlock(self);
    }

    @Arbiter
    public void atTheEnd(I_Result result) {
        result.r1 = count;
    }
}
