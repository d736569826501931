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
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * L-12: of a try to read and a try to write one succeeds. In the big-reader lock each writes a word
 * of its own and then looks at the other's, as Dekker's algorithm does: without a full fence
 * between, both would succeed.
 */
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "the reader got it")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "the writer got it")
@Outcome(id = "true, true", expect = Expect.FORBIDDEN, desc = "both are inside")
public abstract class TryReadVsTryWriteRace {
    private final SharedLock lock;

    /** Makes a state with a free lock. */
    protected TryReadVsTryWriteRace(SharedLock lock) {
        this.lock = lock;
    }

    /** Tries to read, and never stops if it may. */
    protected final boolean tryRead() {
        return lock.tryLockRead();
    }

    /** Tries to write, and never stops if it may. */
    protected final boolean tryWrite() {
        return lock.tryLockWrite();
    }

    /** {@link PhaseFairLock}. */
    @JCStressTest
    @State
    public static class PhaseFair extends TryReadVsTryWriteRace {
        public PhaseFair() {
            super(new PhaseFairLock());
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

    /** {@link BigReaderLock}. */
    @JCStressTest
    @Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "each gave way")
    @State
    public static class BigReader extends TryReadVsTryWriteRace {
        public BigReader() {
            super(new BigReaderLock());
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

    /** {@link BlockingSharedLock}. */
    @JCStressTest
    @State
    public static class Blocking extends TryReadVsTryWriteRace {
        public Blocking() {
            super(new BlockingSharedLock());
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
}
