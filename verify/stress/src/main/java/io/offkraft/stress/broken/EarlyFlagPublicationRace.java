// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.stress.OffHeapSlot;
import io.offkraft.word.RawMemory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/**
 * Publication off the heap whose flag comes before the data, as a plain store would permit: must
 * fail.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "reader first")
@Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "the reader looked between the stores")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "writer first")
@Outcome(id = "1, 0", expect = Expect.FORBIDDEN, desc = "published, and not there")
@State
public class EarlyFlagPublicationRace {
    private final long data = OffHeapSlot.nextAddress();
    private final long flag = data + Long.BYTES;

    @Actor
    public void writer() {
        RawMemory.storeLongRelease(flag, 1);
        RawMemory.storeLongPlain(data, 1);
    }

    @Actor
    public void reader(JJ_Result result) {
        result.r1 = RawMemory.loadLongAcquire(flag);
        result.r2 = RawMemory.loadLongPlain(data);
    }
}
