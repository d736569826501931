// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.stress.Alternation;
import io.offkraft.sync.Semaphore;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** L-11: what came before a release is seen by whoever takes the token, waiting for it or not. */
@JCStressTest
@Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "a token, and what came before it")
@Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "a try came too early")
@Outcome(expect = Expect.FORBIDDEN, desc = "a token, and not what came before it")
@State
public class TokenPublicationRace {
    private final Semaphore semaphore = new Semaphore(0);
    private final int way = Alternation.next() & 3;
    private int before;

    @Actor
    public void giver() {
        before = 1;
        semaphore.release();
    }

    @Actor
    public void taker(I_Result result) {
        boolean taken =
                switch (way) {
                    case 0 -> semaphore.tryAcquire();
                    case 1 -> semaphore.takeAll() == 1;
                    default -> {
                        semaphore.acquire();
                        yield true;
                    }
                };
        result.r1 = taken ? before : -1;
    }
}
