// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.platform.RacedLineRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** I-12: a line that is taken while it is put is there wholly or not at all. */
@JCStressTest
@Outcome(id = "1, -1", expect = Expect.ACCEPTABLE, desc = "taken")
@Outcome(id = "-1, 1", expect = Expect.ACCEPTABLE, desc = "the taker came too early")
@Outcome(expect = Expect.FORBIDDEN, desc = "the line is lost, torn or doubled")
@State
public class LineRingTransferRace {
    private final RacedLineRing ring = RacedLineRing.nextRing();

    @Actor
    public void putter() {
        ring.offer(1);
    }

    @Actor
    public void taker(II_Result result) {
        result.r1 = ring.poll();
    }

    @Arbiter
    public void atTheEnd(II_Result result) {
        result.r2 = ring.poll();
    }
}
