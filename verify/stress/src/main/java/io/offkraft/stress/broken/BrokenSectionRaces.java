// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.stress.litmus.LockedSectionRace;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Locks that two threads get at a time, in the race that the right ones pass. */
public final class BrokenSectionRaces {
    private BrokenSectionRaces() {}

    /** Numbers drawn in two steps: must fail. */
    @JCStressTest
    @State
    public static class Ticket extends LockedSectionRace {
        public Ticket() {
            super(new TwoStepTicketLock());
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

    /** A queue joined in two steps: must fail. */
    @JCStressTest
    @State
    public static class Queue extends LockedSectionRace {
        public Queue() {
            super(new TwoStepQueueLock());
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

    /** A token taken in two steps: must fail. */
    @JCStressTest
    @State
    public static class Tokens extends LockedSectionRace {
        public Tokens() {
            super(new TwoStepTokens());
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
