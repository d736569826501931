// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.stress.OffHeapSlot;
import io.offkraft.word.RawMemory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZJ_Result;

/** Off the heap: of two compare-and-sets from the same value one succeeds; no addition is lost. */
@JCStressTest
@Outcome(id = "true, false, 2", expect = Expect.ACCEPTABLE, desc = "one claimed it")
@Outcome(id = "false, true, 2", expect = Expect.ACCEPTABLE, desc = "the other claimed it")
@Outcome(expect = Expect.FORBIDDEN, desc = "both claimed it, or none, or an addition is lost")
@State
public class RawMemoryClaimRace {
    private final long owner = OffHeapSlot.nextAddress();
    private final long count = owner + Long.BYTES;

    @Actor
    public void one(ZZJ_Result result) {
        result.r1 = RawMemory.casLongAcqRel(owner, 0, 1);
        RawMemory.getAndAddLongAcqRel(count, 1);
    }

    @Actor
    public void other(ZZJ_Result result) {
        result.r2 = RawMemory.casLongAcqRel(owner, 0, 2);
        RawMemory.getAndAddLongAcqRel(count, 1);
    }

    @Arbiter
    public void atTheEnd(ZZJ_Result result) {
        result.r3 = RawMemory.loadLongPlain(count);
    }
}
