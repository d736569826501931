// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** A slot of a ring that gets its sequence before its value: must fail. */
@JCStressTest
@Outcome(id = "1, 1, -1", expect = Expect.ACCEPTABLE, desc = "taken, with what came before it")
@Outcome(id = "-1, 0, 1", expect = Expect.ACCEPTABLE, desc = "the taker came too early")
@Outcome(expect = Expect.FORBIDDEN, desc = "the value is lost, torn or doubled, or came too early")
@State
public class EarlySequenceTransferRace {
    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] slot = {0, 0};
    private int before;

    @Actor
    public void putter() {
        before = 1;
        WORDS.setRelease(slot, 0, 1L);
        WORDS.setOpaque(slot, 1, 1L);
    }

    @Actor
    public void taker(III_Result result) {
        result.r1 = poll();
        result.r2 = result.r1 == 1 ? before : 0;
    }

    @Arbiter
    public void atTheEnd(III_Result result) {
        result.r3 = poll();
    }

    private int poll() {
        if ((long) WORDS.getAcquire(slot, 0) != 1) {
            return -1;
        }
        int value = (int) (long) WORDS.getOpaque(slot, 1);
        WORDS.setRelease(slot, 0, 2L);
        return value;
    }
}
