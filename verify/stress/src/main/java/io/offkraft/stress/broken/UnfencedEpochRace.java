// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A reader that counts itself by a store without a fence after it: must fail. */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "the reader is inside, and found nothing")
@Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "the reader came after the reclaiming")
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the reader holds it: not reclaimed")
@Outcome(expect = Expect.FORBIDDEN, desc = "reclaimed while a reader holds it")
@State
public class UnfencedEpochRace {
    private static final VarHandle INSIDE;

    static {
        try {
            INSIDE =
                    MethodHandles.lookup()
                            .findVarHandle(UnfencedEpochRace.class, "inside", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // accessed through INSIDE only
    private long inside;

    private int linked = 1;

    @Actor
    public void reads(II_Result result) {
        INSIDE.setRelease(this, (long) INSIDE.getOpaque(this) + 1);
        // Here a full fence is missing.
        result.r1 = linked;
    }

    @Actor
    public void unlinks(II_Result result) {
        linked = 0;
        VarHandle.fullFence();
        result.r2 = (long) INSIDE.getVolatile(this) == 0 ? 1 : 0;
    }
}
