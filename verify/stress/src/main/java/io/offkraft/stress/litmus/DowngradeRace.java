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
import org.openjdk.jcstress.infra.results.II_Result;

/** L-12: a writer that goes on as a reader lets no other writer in between. */
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the other wrote before")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "the other wrote after")
@Outcome(expect = Expect.FORBIDDEN, desc = "the other wrote between, or unseen")
public abstract class DowngradeRace {
    private final SharedLock lock;
    private final boolean triesFirst = (Alternation.next() & 1) != 0;
    private int value;

    /** Makes a state with a free lock. */
    protected DowngradeRace(SharedLock lock) {
        this.lock = lock;
    }

    /** Writes 1; returns what it reads then. */
    protected final int downgrade() {
        lock.lockWrite();
        value = 1;
        lock.downgrade();
        int seen = value;
        lock.unlockRead();
        return seen;
    }

    /** Writes 2; returns what was there before. */
    protected final int write() {
        if (!triesFirst || !lock.tryLockWrite()) {
            lock.lockWrite();
        }
        int seen = value;
        value = 2;
        lock.unlockWrite();
        return seen;
    }

    /** {@link PhaseFairLock}. */
    @JCStressTest
    @State
    public static class PhaseFair extends DowngradeRace {
        public PhaseFair() {
            super(new PhaseFairLock());
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = downgrade();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = write();
        }
    }

    /** {@link BigReaderLock}. */
    @JCStressTest
    @State
    public static class BigReader extends DowngradeRace {
        public BigReader() {
            super(new BigReaderLock());
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = downgrade();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = write();
        }
    }

    /** {@link BlockingSharedLock}. */
    @JCStressTest
    @State
    public static class Blocking extends DowngradeRace {
        public Blocking() {
            super(new BlockingSharedLock());
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = downgrade();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = write();
        }
    }
}
