// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

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

/**
 * L-12: of two readers that want to write exactly one may, and between its reading and its writing
 * nobody writes.
 */
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "one won")
@Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "the other won")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "one after the other, none beside it")
@Outcome(expect = Expect.FORBIDDEN, desc = "both lost, or a writer came between")
public abstract class UpgradeRace {
    private static final int LOST = 0;
    private static final int WON = 1;
    private static final int DISTURBED = 2;

    private final SharedLock lock;
    private int writings;

    /** Makes a state with a free lock. */
    protected UpgradeRace(SharedLock lock) {
        this.lock = lock;
    }

    /** Reads, and writes if it may. */
    protected final int upgrade() {
        lock.lockRead();
        int seen = writings;
        if (!lock.tryUpgrade()) {
            lock.unlockRead();
            return LOST;
        }
        int outcome = writings == seen ? WON : DISTURBED;
        writings++;
        lock.unlockWrite();
        return outcome;
    }

    /** {@link PhaseFairLock}. */
    @JCStressTest
    @State
    public static class PhaseFair extends UpgradeRace {
        public PhaseFair() {
            super(new PhaseFairLock());
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = upgrade();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = upgrade();
        }
    }

    /** {@link BigReaderLock}. */
    @JCStressTest
    @State
    public static class BigReader extends UpgradeRace {
        public BigReader() {
            super(new BigReaderLock());
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = upgrade();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = upgrade();
        }
    }

    /** {@link BlockingSharedLock}. */
    @JCStressTest
    @State
    public static class Blocking extends UpgradeRace {
        public Blocking() {
            super(new BlockingSharedLock());
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = upgrade();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = upgrade();
        }
    }
}
