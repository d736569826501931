// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.sync.SequenceLock;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A reader of the sequence lock that looks again before it has read all: must fail. */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "reader -> writer")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "writer -> reader")
@Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "changed meanwhile: not looked at")
@Outcome(expect = Expect.FORBIDDEN, desc = "half a writing counts")
@State
public class EarlyValidationRace {
    /** Looks that a reader takes at most until it sees something of the writer. */
    private static final int LOOKS = 64;

    private final SequenceLock lock = new SequenceLock();
    private int first;
    private int second;

    @Actor
    public void writer() {
        lock.lock();
        first = 1;
        second = 1;
        lock.unlock();
    }

    @Actor
    public void reader(II_Result result) {
        int seenSecond;
        boolean unchanged;
        int seenFirst;
        int looks = 0;
        do {
            long sequence = lock.beginRead();
            seenSecond = second;
            unchanged = lock.isUnchangedSince(sequence);
            seenFirst = first;
        } while (seenFirst == 0 && ++looks < LOOKS);
        result.r1 = unchanged ? seenSecond : -1;
        result.r2 = unchanged ? seenFirst : -1;
    }
}
