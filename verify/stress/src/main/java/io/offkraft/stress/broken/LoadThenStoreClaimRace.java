// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.stress.OffHeapSlot;
import io.offkraft.word.RawMemory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZJ_Result;

/** A claim in two steps: must fail. */
@JCStressTest
@Outcome(id = "true, false, 2", expect = Expect.ACCEPTABLE, desc = "one claimed it")
@Outcome(id = "false, true, 2", expect = Expect.ACCEPTABLE, desc = "the other claimed it")
@Outcome(expect = Expect.FORBIDDEN, desc = "both claimed it, or none, or an addition is lost")
@State
public class LoadThenStoreClaimRace {
    private final long owner = OffHeapSlot.nextAddress();
    private final long count = owner + Long.BYTES;

    @Actor
    public void one(ZZJ_Result result) {
        result.r1 = RawMemory.loadLongAcquire(owner) == 0;
        RawMemory.storeLongRelease(owner, 1);
        RawMemory.getAndAddLongAcqRel(count, 1);
    }

    @Actor
    public void other(ZZJ_Result result) {
        result.r2 = RawMemory.loadLongAcquire(owner) == 0;
        RawMemory.storeLongRelease(owner, 2);
        RawMemory.getAndAddLongAcqRel(count, 1);
    }

    @Arbiter
    public void atTheEnd(ZZJ_Result result) {
        result.r3 = RawMemory.loadLongPlain(count);
    }
}
