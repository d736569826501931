// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.litmus;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.config.Contention;
import io.offkraft.stress.TwoPages;
import io.offkraft.sync.Synchronization;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * B-01, B-02, B-03: a page has one owner, who sees what the last one did to it; and while there is
 * a free page for each thread none is refused. All states share an allocator.
 */
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "both had a page of their own")
@Outcome(expect = Expect.FORBIDDEN, desc = "a page had two owners, came too early, or did not come")
public abstract class PageRace {
    private static final long SPACE_BYTES = 64L << 20;

    /** Both pages in one chunk: a whole one comes and goes in another way. */
    private static final int CHUNK_ORDER = 1;

    /** Two pages; the space and the allocator end with the process. */
    private record Pages(BuddyAllocator allocator) implements TwoPages.Source {
        static Pages of(Contention contention, boolean atHand) {
            VirtualAddressSpace space = VirtualAddressSpace.reserve(SPACE_BYTES);
            BuddyAllocator made =
                    BuddyAllocator.builder(space)
                            .contention(contention)
                            .synchronization(Synchronization.SPIN)
                            .commitThreshold(CHUNK_ORDER)
                            .pagesAtHand(atHand)
                            .build();
            made.addReserved(TwoPages.COUNT * PageOrder.PAGE_BYTES);
            return new Pages(made);
        }

        @Override
        public long takeOr0() {
            return allocator.palloc(1);
        }

        @Override
        public void giveBack(long page) {
            allocator.pfree(page, 1);
        }
    }

    /** Without a lock, with pages at hand. */
    @JCStressTest
    @State
    public static class AtHand extends PageRace {
        private static final Pages PAGES = Pages.of(Contention.HIGH, true);

        @Actor
        public void one(II_Result result) {
            result.r1 = TwoPages.turn(PAGES);
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = TwoPages.turn(PAGES);
        }
    }

    /** Without a lock, and without pages at hand. */
    @JCStressTest
    @State
    public static class Bare extends PageRace {
        private static final Pages PAGES = Pages.of(Contention.HIGH, false);

        @Actor
        public void one(II_Result result) {
            result.r1 = TwoPages.turn(PAGES);
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = TwoPages.turn(PAGES);
        }
    }

    /** Under the spin lock. */
    @JCStressTest
    @State
    public static class Locked extends PageRace {
        private static final Pages PAGES = Pages.of(Contention.LOW, true);

        @Actor
        public void one(II_Result result) {
            result.r1 = TwoPages.turn(PAGES);
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = TwoPages.turn(PAGES);
        }
    }
}
