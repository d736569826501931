// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.stress.litmus.DowngradeRace;
import io.offkraft.stress.litmus.ReadWriteRace;
import io.offkraft.stress.litmus.TryReadVsTryWriteRace;
import io.offkraft.stress.litmus.UpgradeRace;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Broken locks for readers and writers, in the races that the right ones pass. */
public final class BrokenSharedRaces {
    private BrokenSharedRaces() {}

    /** Looking, then entering: must fail. */
    @JCStressTest
    @State
    public static class LookThenEnter extends ReadWriteRace {
        public LookThenEnter() {
            super(new LookThenEnterLock());
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

    /** Flags without a fence: must fail. */
    @JCStressTest
    @Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "each gave way")
    @State
    public static class UnfencedTries extends TryReadVsTryWriteRace {
        public UnfencedTries() {
            super(new UnfencedFlagsLock());
        }

        @Actor
        public void reader(ZZ_Result result) {
            result.r1 = tryRead();
        }

        @Actor
        public void writer(ZZ_Result result) {
            result.r2 = tryWrite();
        }
    }

    /** Leaving, then writing: must fail. */
    @JCStressTest
    @State
    public static class GappedUpgrade extends UpgradeRace {
        public GappedUpgrade() {
            super(new GappedWordLock());
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

    /** Leaving, then reading: must fail. */
    @JCStressTest
    @State
    public static class GappedDowngrade extends DowngradeRace {
        public GappedDowngrade() {
            super(new GappedWordLock());
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
