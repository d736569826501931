// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.stress.OffHeapSlot;
import io.offkraft.sync.ExclusiveLock;
import io.offkraft.word.RawMemory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/** Memory off the heap behind a lock that checks and then sets: must fail. */
@JCStressTest
@Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "one section after the other")
@Outcome(expect = Expect.FORBIDDEN, desc = "an addition is lost")
@State
public class CheckThenSetOffHeapRace {
    private final ExclusiveLock lock = new CheckThenSetLock();
    private final long count = OffHeapSlot.nextAddress();

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
        RawMemory.storeLongPlain(count, RawMemory.loadLongPlain(count) + 1);
        lock.unlock();
    }

    @Arbiter
    public void atTheEnd(J_Result result) {
        result.r1 = RawMemory.loadLongPlain(count);
    }
}
