// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A sequence that is counted after a writing but not before it: must fail. */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "reader -> writer")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "writer -> reader")
@Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "changed meanwhile: not looked at")
@Outcome(expect = Expect.FORBIDDEN, desc = "half a writing counts")
@State
public class LateSequenceRace {
    /** Looks that a reader takes at most until it sees something of the writer. */
    private static final int LOOKS = 64;

    private volatile int sequence;
    private int first;
    private int second;

    @Actor
    public void writer() {
        first = 1;
        VarHandle.releaseFence();
        second = 1;
        sequence = 2;
    }

    @Actor
    public void reader(II_Result result) {
        int begun;
        int seenSecond;
        int seenFirst;
        int looks = 0;
        do {
            begun = sequence;
            seenSecond = second;
            seenFirst = first;
        } while (seenFirst == 0 && ++looks < LOOKS);
        VarHandle.acquireFence();
        boolean unchanged = sequence == begun;
        result.r1 = unchanged ? seenSecond : -1;
        result.r2 = unchanged ? seenFirst : -1;
    }
}
