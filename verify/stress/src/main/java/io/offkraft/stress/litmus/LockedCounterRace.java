// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.SpinLock;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** Mutual exclusion: two threads add one under the lock. */
@JCStressTest
@Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "one section after the other")
@Outcome(expect = Expect.FORBIDDEN, desc = "an addition is lost: both were inside")
@State
public class LockedCounterRace {
    private final ExclusiveLock lock = new SpinLock();
    private int count;

    @Actor
    public void one() {
        add();
    }

    @Actor
    public void other() {
        add();
    }

    private void add() {
        lock.lock();
        count = count + 1;
        lock.unlock();
    }

    @Arbiter
    public void atTheEnd(I_Result result) {
        result.r1 = count;
    }
}
