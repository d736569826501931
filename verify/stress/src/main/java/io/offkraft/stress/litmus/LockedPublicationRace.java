// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.SpinLock;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * Memory effects: what was done before an unlock, in the section or before it, is seen after the
 * next lock.
 */
@JCStressTest
@Outcome(id = "0, 0, 0", expect = Expect.ACCEPTABLE, desc = "reader -> writer")
@Outcome(id = "0, 0, 1", expect = Expect.ACCEPTABLE, desc = "reader -> writer, who had begun")
@Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "writer -> reader")
@Outcome(expect = Expect.FORBIDDEN, desc = "half a section is seen, or nothing of what preceded it")
@State
public class LockedPublicationRace {
    private final ExclusiveLock lock = new SpinLock();
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
        lock.lock();
        result.r1 = second;
        result.r2 = first;
        lock.unlock();
        result.r3 = before;
    }
}
