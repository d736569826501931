// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.sync.ExclusiveLock;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/** A waiter on a plain field: must be found stale. */
@JCStressTest(Mode.Termination)
@Outcome(id = "TERMINATED", expect = Expect.ACCEPTABLE, desc = "the waiter got in")
@Outcome(id = "STALE", expect = Expect.FORBIDDEN, desc = "the waiter never looked again")
@State
public class PlainWordTermination {
    private final ExclusiveLock lock = new PlainWordLock();

    public PlainWordTermination() {
        lock.lock();
    }

    @Actor
    public void waiter() {
        lock.lock();
    }

    @Signal
    public void holder() {
        lock.unlock();
    }
}
