// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.stress.Alternation;
import io.offkraft.sync.BigReaderLock;
import io.offkraft.sync.BlockingSharedLock;
import io.offkraft.sync.PhaseFairLock;
import io.offkraft.sync.SharedLock;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;

/**
 * L-12: a reader sees all of a writing or nothing, and of what preceded it; a writer sees what
 * preceded a reading that it came after. Both try before they lock in some of the states.
 */
@Outcome(id = "0, 0, 0, 1", expect = Expect.ACCEPTABLE, desc = "reader -> writer")
@Outcome(id = "0, 0, 1, 1", expect = Expect.ACCEPTABLE, desc = "reader -> writer, who had begun")
@Outcome(id = "1, 1, 1, [01]", expect = Expect.ACCEPTABLE, desc = "writer -> reader")
@Outcome(expect = Expect.FORBIDDEN, desc = "half a writing is seen, or not what preceded it")
public abstract class ReadWriteRace {
    private final SharedLock lock;
    private final int way = Alternation.next();
    private int beforeWriting;
    private int beforeReading;
    private int first;
    private int second;

    /** Makes a state with a free lock. */
    protected ReadWriteRace(SharedLock lock) {
        this.lock = lock;
    }

    /** Returns whether what preceded the reading is seen. */
    protected final int write() {
        beforeWriting = 1;
        if ((way & 1) == 0 || !lock.tryLockWrite()) {
            lock.lockWrite();
        }
        first = 1;
        second = 1;
        lock.unlockWrite();
        return beforeReading;
    }

    /** Notes what is seen of the writing and of what preceded it. */
    protected final void read(IIII_Result result) {
        beforeReading = 1;
        if ((way & 2) == 0 || !lock.tryLockRead()) {
            lock.lockRead();
        }
        result.r1 = second;
        result.r2 = first;
        lock.unlockRead();
        result.r3 = beforeWriting;
    }

    /** {@link PhaseFairLock}. */
    @JCStressTest
    @State
    public static class PhaseFair extends ReadWriteRace {
        public PhaseFair() {
            super(new PhaseFairLock());
        }

        @Actor
        public void writer(IIII_Result result) {
            result.r4 = write();
        }

        @Actor
        public void reader(IIII_Result result) {
            read(result);
        }
    }

    /** {@link BigReaderLock}. */
    @JCStressTest
    @State
    public static class BigReader extends ReadWriteRace {
        public BigReader() {
            super(new BigReaderLock());
        }

        @Actor
        public void writer(IIII_Result result) {
            result.r4 = write();
        }

        @Actor
        public void reader(IIII_Result result) {
            read(result);
        }
    }

    /** {@link BlockingSharedLock}. */
    @JCStressTest
    @State
    public static class Blocking extends ReadWriteRace {
        public Blocking() {
            super(new BlockingSharedLock());
        }

        @Actor
        public void writer(IIII_Result result) {
            result.r4 = write();
        }

        @Actor
        public void reader(IIII_Result result) {
            read(result);
        }
    }
}
