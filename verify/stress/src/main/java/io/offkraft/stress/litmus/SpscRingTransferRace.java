// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.lockfree.SpscLongRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** the same of the ring between two threads. */
@JCStressTest
@Outcome(id = "1, 1, -1", expect = Expect.ACCEPTABLE, desc = "taken, with what came before it")
@Outcome(id = "-1, 0, 1", expect = Expect.ACCEPTABLE, desc = "the taker came too early")
@Outcome(expect = Expect.FORBIDDEN, desc = "the value is lost, torn or doubled, or came too early")
@State
public class SpscRingTransferRace {
    private final SpscLongRing ring = new SpscLongRing(2);
    private int before;

    @Actor
    public void putter() {
        before = 1;
        ring.offer(1);
    }

    @Actor
    public void taker(III_Result result) {
        result.r1 = (int) ring.pollOr(-1);
        result.r2 = result.r1 == 1 ? before : 0;
    }

    @Arbiter
    public void atTheEnd(III_Result result) {
        result.r3 = (int) ring.pollOr(-1);
    }
}
