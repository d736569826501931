// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.stress.Alternation;
import io.offkraft.stress.TokenLock;
import io.offkraft.sync.BigReaderLock;
import io.offkraft.sync.BlockingSharedLock;
import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.McsLock;
import io.offkraft.sync.Mutex;
import io.offkraft.sync.PhaseFairLock;
import io.offkraft.sync.Semaphore;
import io.offkraft.sync.SequenceLock;
import io.offkraft.sync.TicketLock;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * L-01, L-02: sections exclude each other, and what was done before an unlock, in the section or
 * before it, is seen after the next lock; in every other state a thread tries before it locks.
 */
@Outcome(id = "0, 2", expect = Expect.ACCEPTABLE, desc = "one -> other, who sees all of one")
@Outcome(id = "2, 0", expect = Expect.ACCEPTABLE, desc = "other -> one, who sees all of other")
@Outcome(expect = Expect.FORBIDDEN, desc = "both were inside, or what came before is not seen")
public abstract class LockedSectionRace {
    private final ExclusiveLock lock;
    private final boolean triesFirst = (Alternation.next() & 1) != 0;
    private int count;
    private int beforeOne;
    private int beforeOther;

    /** Makes a state with a free lock. */
    protected LockedSectionRace(ExclusiveLock lock) {
        this.lock = lock;
    }

    /** Returns how many sections it came after, and one more if it sees what preceded the other. */
    protected final int sectionOfOne() {
        beforeOne = 1;
        lock.lock();
        int seen = add();
        lock.unlock();
        return seen + (seen == 0 ? 0 : beforeOther);
    }

    /** As {@link #sectionOfOne}. */
    protected final int sectionOfOther() {
        beforeOther = 1;
        if (!triesFirst || !lock.tryLock()) {
            lock.lock();
        }
        int seen = add();
        lock.unlock();
        return seen + (seen == 0 ? 0 : beforeOne);
    }

    private int add() {
        int seen = count;
        count = seen + 1;
        return seen;
    }

    /** {@link TicketLock}. */
    @JCStressTest
    @State
    public static class Ticket extends LockedSectionRace {
        public Ticket() {
            super(new TicketLock());
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = sectionOfOne();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = sectionOfOther();
        }
    }

    /** {@link McsLock}. */
    @JCStressTest
    @State
    public static class Mcs extends LockedSectionRace {
        public Mcs() {
            super(new McsLock());
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = sectionOfOne();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = sectionOfOther();
        }
    }

    /** {@link SequenceLock}, its writers. */
    @JCStressTest
    @State
    public static class Sequence extends LockedSectionRace {
        public Sequence() {
            super(new SequenceLock());
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = sectionOfOne();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = sectionOfOther();
        }
    }

    /** {@link PhaseFairLock}, its writers. */
    @JCStressTest
    @State
    public static class PhaseFairWrite extends LockedSectionRace {
        public PhaseFairWrite() {
            super(new PhaseFairLock().writeSide());
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = sectionOfOne();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = sectionOfOther();
        }
    }

    /** {@link BigReaderLock}, its writers. */
    @JCStressTest
    @State
    public static class BigReaderWrite extends LockedSectionRace {
        public BigReaderWrite() {
            super(new BigReaderLock().writeSide());
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = sectionOfOne();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = sectionOfOther();
        }
    }

    /** {@link BlockingSharedLock}, its writers. */
    @JCStressTest
    @State
    public static class BlockingWrite extends LockedSectionRace {
        public BlockingWrite() {
            super(new BlockingSharedLock().writeSide());
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = sectionOfOne();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = sectionOfOther();
        }
    }

    /** {@link Mutex}. */
    @JCStressTest
    @State
    public static class Sleeping extends LockedSectionRace {
        public Sleeping() {
            super(new Mutex());
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = sectionOfOne();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = sectionOfOther();
        }
    }

    /** {@link Mutex} that always hands over. */
    @JCStressTest
    @State
    public static class HandingOver extends LockedSectionRace {
        public HandingOver() {
            super(Mutex.builder().handingOver(true).build());
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = sectionOfOne();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = sectionOfOther();
        }
    }

    /** {@link Semaphore} of one token. */
    @JCStressTest
    @State
    public static class Tokens extends LockedSectionRace {
        public Tokens() {
            super(new TokenLock(new Semaphore(1)));
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = sectionOfOne();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = sectionOfOther();
        }
    }
}
