// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.lockfree.EpochReclaimer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * what a reader does in a section is done before the callback, also if the callback runs
 * right after it has left.
 */
@JCStressTest
@Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "unlinked already")
@Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "read before it was reclaimed")
@Outcome(expect = Expect.FORBIDDEN, desc = "read what the callback left behind")
@State
public class EpochPoisonRace {
    private static final int POISON = 2;
    private static final int POLLS = 4;

    private final EpochReclaimer epochs = new EpochReclaimer(() -> 0, 1);
    private int linked = 1;
    private int content = 1;

    @Actor
    public void reads(I_Result result) {
        long token = epochs.enter();
        result.r1 = linked == 1 ? content : 0;
        epochs.exit(token);
    }

    @Actor
    public void reclaims() {
        linked = 0;
        epochs.retire(() -> content = POISON);
        for (int poll = 0; poll < POLLS; poll++) {
            epochs.poll();
        }
    }
}
