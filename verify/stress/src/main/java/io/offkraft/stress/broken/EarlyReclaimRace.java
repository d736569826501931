// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** What was unlinked is reclaimed at once, without regard to readers: must fail. */
@JCStressTest
@Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "unlinked already")
@Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "read before it was reclaimed")
@Outcome(expect = Expect.FORBIDDEN, desc = "read what was left behind")
@State
public class EarlyReclaimRace {
    private static final int POISON = 2;

    private volatile int linked = 1;
    private volatile int content = 1;

    @Actor
    public void reads(I_Result result) {
        result.r1 = linked == 1 ? content : 0;
    }

    @Actor
    public void reclaims() {
        linked = 0;
        content = POISON;
    }
}
