// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.platform.RacedLineRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** I-12: two lines that are put at once both come out, whole and once. */
@JCStressTest
@Outcome(id = "1, 2, -1", expect = Expect.ACCEPTABLE, desc = "the first thread's line first")
@Outcome(id = "2, 1, -1", expect = Expect.ACCEPTABLE, desc = "the second thread's line first")
@Outcome(expect = Expect.FORBIDDEN, desc = "a line is lost, torn or doubled")
@State
public class LineRingOfferRace {
    private final RacedLineRing ring = RacedLineRing.nextRing();

    @Actor
    public void one() {
        ring.offer(1);
    }

    @Actor
    public void other() {
        ring.offer(2);
    }

    @Arbiter
    public void atTheEnd(III_Result result) {
        result.r1 = ring.poll();
        result.r2 = ring.poll();
        result.r3 = ring.poll();
    }
}
