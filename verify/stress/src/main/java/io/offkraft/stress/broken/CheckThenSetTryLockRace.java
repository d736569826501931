// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.sync.ExclusiveLock;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZZ_Result;

/** Tries on a lock that checks and then sets: must fail. */
@JCStressTest
@Outcome(id = "true, false, true", expect = Expect.ACCEPTABLE, desc = "one got it")
@Outcome(id = "false, true, true", expect = Expect.ACCEPTABLE, desc = "the other got it")
@Outcome(expect = Expect.FORBIDDEN, desc = "both, none, or a lock that forgot it")
@State
public class CheckThenSetTryLockRace {
    private final ExclusiveLock lock = new CheckThenSetLock();

    @Actor
    public void one(ZZZ_Result result) {
        result.r1 = lock.tryLock();
    }

    @Actor
    public void other(ZZZ_Result result) {
        result.r2 = lock.tryLock();
    }

    @Arbiter
    public void atTheEnd(ZZZ_Result result) {
        result.r3 = lock.isLocked();
    }
}
