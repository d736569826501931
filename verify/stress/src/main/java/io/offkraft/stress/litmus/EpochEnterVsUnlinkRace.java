// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.lockfree.EpochReclaimer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * a reader that still finds what was unlinked is seen by who looks for readers. It counts
 * itself and then loads the pointer; the writer stores the pointer and then looks at the counts.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "the reader is inside, and found nothing")
@Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "the reader came after the reclaiming")
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the reader holds it: not reclaimed")
@Outcome(expect = Expect.FORBIDDEN, desc = "reclaimed while a reader holds it")
@State
public class EpochEnterVsUnlinkRace {
    private final EpochReclaimer epochs = new EpochReclaimer(() -> 0, 1);
    private int linked = 1;

    @Actor
    public void reads(II_Result result) {
        epochs.enter();
        result.r1 = linked; // plain: enter alone keeps it from coming first
    }

    @Actor
    public void unlinks(II_Result result) {
        linked = 0;
        result.r2 = epochs.trySynchronize(0) ? 1 : 0;
    }
}
