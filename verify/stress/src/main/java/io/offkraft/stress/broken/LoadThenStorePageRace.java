// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.stress.OffHeapSlot;
import io.offkraft.stress.TwoPages;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A bit a page, which is looked at and then stored: must fail. */
@JCStressTest
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "both had a page of their own")
@Outcome(expect = Expect.FORBIDDEN, desc = "a page had two owners, came too early, or did not come")
@State
public class LoadThenStorePageRace {
    private static final long PAGES =
            Arena.global()
                    .allocate(TwoPages.COUNT * PageOrder.PAGE_BYTES, PageOrder.PAGE_BYTES)
                    .address();

    private static final Bits BITS = new Bits(OffHeapSlot.nextAddress());

    private record Bits(long taken) implements TwoPages.Source {
        @Override
        public long takeOr0() {
            long seen = RawMemory.loadLongAcquire(taken);
            int page = Long.numberOfTrailingZeros(~seen);
            if (page >= TwoPages.COUNT) {
                return 0;
            }
            RawMemory.storeLongRelease(taken, seen | 1L << page);
            return PAGES + page * PageOrder.PAGE_BYTES;
        }

        @Override
        public void giveBack(long page) {
            long bit = 1L << ((page - PAGES) >>> PageOrder.PAGE_SHIFT);
            RawMemory.storeLongRelease(taken, RawMemory.loadLongAcquire(taken) & ~bit);
        }
    }

    @Actor
    public void one(II_Result result) {
        result.r1 = TwoPages.turn(BITS);
    }

    @Actor
    public void other(II_Result result) {
        result.r2 = TwoPages.turn(BITS);
    }
}
