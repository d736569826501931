// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.sync.ExclusiveLock;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** A try against a lock that checks and then sets: must fail. */
@JCStressTest
@Outcome(id = "true, 2", expect = Expect.ACCEPTABLE, desc = "both were inside, one after the other")
@Outcome(id = "false, 1", expect = Expect.ACCEPTABLE, desc = "the try came while the lock was held")
@Outcome(expect = Expect.FORBIDDEN, desc = "an addition is lost, or made without the lock")
@State
public class CheckThenSetTryLockVsLockRace {
    private final ExclusiveLock lock = new CheckThenSetLock();
    private int count;

    @Actor
    public void locks() {
        lock.lock();
        count = count + 1;
        lock.unlock();
    }

    @Actor
    public void tries(ZI_Result result) {
        result.r1 = lock.tryLock();
        if (result.r1) {
            count = count + 1;
            lock.unlock();
        }
    }

    @Arbiter
    public void atTheEnd(ZI_Result result) {
        result.r2 = count;
    }
}
