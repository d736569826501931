// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.stress.OffHeapSlot;
import io.offkraft.word.RawMemory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A slot that says it is filled before it is, as the line ring's must not: must fail. */
@JCStressTest
@Outcome(id = "1, -1", expect = Expect.ACCEPTABLE, desc = "taken")
@Outcome(id = "-1, 1", expect = Expect.ACCEPTABLE, desc = "the taker came too early")
@Outcome(expect = Expect.FORBIDDEN, desc = "the line is lost, torn or doubled")
@State
public class EarlyTurnTransferRace {
    private static final int WORDS = 6;

    private final long turn = OffHeapSlot.nextAddress();
    private final long line = turn + Long.BYTES;

    @Actor
    public void putter() {
        RawMemory.storeLongRelease(turn, 1);
        for (int word = 0; word < WORDS; word++) {
            RawMemory.storeLongPlain(line + (long) word * Long.BYTES, 1);
        }
    }

    @Actor
    public void taker(II_Result result) {
        result.r1 = poll();
    }

    @Arbiter
    public void atTheEnd(II_Result result) {
        result.r2 = poll();
    }

    private int poll() {
        if (RawMemory.loadLongAcquire(turn) != 1) {
            return -1;
        }
        RawMemory.storeLongRelease(turn, 2);
        long sum = 0;
        for (int word = 0; word < WORDS; word++) {
            sum += RawMemory.loadLongPlain(line + (long) word * Long.BYTES);
        }
        return sum == WORDS ? 1 : 0;
    }
}
