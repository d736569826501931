// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.sync.SequenceLock;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** A reading that the sequence lock calls unchanged is of one writing, or before it. */
@JCStressTest
@Outcome(id = "0, 0, [01]", expect = Expect.ACCEPTABLE, desc = "reader -> writer")
@Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "writer -> reader")
@Outcome(id = "-1, -1, 0", expect = Expect.ACCEPTABLE, desc = "changed meanwhile: not looked at")
@Outcome(expect = Expect.FORBIDDEN, desc = "half a writing counts, or not what preceded it")
@State
public class SequenceReadRace {
    /** Looks that a reader takes at most until it sees something of the writer. */
    private static final int LOOKS = 64;

    private final SequenceLock lock = new SequenceLock();
    private int before;
    private int first;
    private int second;

    @Actor
    public void writer() {
        before = 1;
        lock.lock();
        first = 1;
        second = 1;
        lock.unlock();
    }

    @Actor
    public void reader(III_Result result) {
        int seenSecond;
        int seenFirst;
        boolean unchanged;
        int looks = 0;
        do {
            long sequence = lock.beginRead();
            seenSecond = second;
            seenFirst = first;
            unchanged = lock.isUnchangedSince(sequence);
        } while (unchanged && seenFirst == 0 && ++looks < LOOKS);
        result.r1 = unchanged ? seenSecond : -1;
        result.r2 = unchanged ? seenFirst : -1;
        result.r3 = unchanged ? before : 0;
    }
}
