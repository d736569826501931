// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.lockfree.IndexStack;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** a pop while another thread takes two indices and gives the first of them back. */
@JCStressTest
@Outcome(
        id = "7, 0",
        expect = Expect.ACCEPTABLE,
        desc = "each index once, and what was done before")
@Outcome(expect = Expect.FORBIDDEN, desc = "an index is lost or has two owners, or came too early")
@State
public class IndexStackAbaRace {
    private static final int NONE = -1;

    private final IndexStack stack = IndexStack.full(3);

    /** Of each index, who owns it; plain, as the stack orders its owners. */
    private final int[] owned = new int[3];

    private int seenOwned;
    private int popped = NONE;
    private int kept = NONE;

    @Actor
    public void popper() {
        int index = stack.popOr(NONE);
        seenOwned = owned[index];
        popped = index;
    }

    @Actor
    public void changer() {
        int first = stack.popOr(NONE);
        owned[first] = 1;
        kept = stack.popOr(NONE);
        owned[first] = 0;
        stack.push(first);
    }

    @Arbiter
    public void atTheEnd(II_Result result) {
        int bits = 1 << popped | 1 << kept;
        for (int index = stack.popOr(NONE); index != NONE; index = stack.popOr(NONE)) {
            int bit = 1 << index;
            bits = (bits & bit) == 0 ? bits | bit : -1;
        }
        result.r1 = popped == kept ? -1 : bits;
        result.r2 = seenOwned;
    }
}
