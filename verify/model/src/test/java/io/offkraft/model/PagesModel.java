// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.config.Contention;
import io.offkraft.vmem.Protection;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;
import java.time.Duration;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;

/**
 * B-01, B-03: pages of the allocator without a lock have one owner each; a page is refused only
 * when there is none, and all of them together only when one is taken.
 *
 * <p>Blocks of other lengths are not asked for: whether there is room for one goes by which pages
 * are free, and no sequential run says that.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
public class PagesModel {
    private static final long SPACE_BYTES = 1L << 40; // addresses only; each program has its own
    private static final int PAGES = OwnedPages.PAGES;
    private static final int ORDER = Integer.numberOfTrailingZeros(PAGES);
    private static final VirtualAddressSpace SPACE = VirtualAddressSpace.reserve(SPACE_BYTES);

    /** Nobody writes into the pages, so all programs have the same. */
    private static final long MEMORY =
            SPACE.mapAnonymous(
                            PAGES * PageOrder.PAGE_BYTES,
                            PAGES * PageOrder.PAGE_BYTES,
                            Protection.READ_WRITE)
                    .start();

    private final OwnedPages pages;

    public PagesModel() {
        this(true);
    }

    private PagesModel(boolean atHand) {
        pages = new OwnedPages(MEMORY, allocator(atHand));
    }

    private static OwnedPages.Source allocator(boolean atHand) {
        BuddyAllocator made =
                BuddyAllocator.builder(SPACE)
                        .contention(Contention.HIGH)
                        .commitThreshold(ORDER)
                        .pagesAtHand(atHand)
                        .decay(Duration.ofDays(100))
                        .build();
        made.addMemory(MEMORY, PAGES * PageOrder.PAGE_BYTES);
        return new OwnedPages.Source() {
            @Override
            public long takeOr0(int count) {
                return made.palloc(count);
            }

            @Override
            public void giveBack(long address, int count) {
                made.pfree(address, count);
            }
        };
    }

    @Operation
    public Pool.Outcome take(@Param(name = "thread") int thread) {
        return pages.take(thread, 1);
    }

    @Operation
    public Pool.Outcome takeAll(@Param(name = "thread") int thread) {
        return pages.take(thread, PAGES);
    }

    @Operation
    public Pool.Outcome giveBack(@Param(name = "thread") int thread) {
        return pages.giveBack(thread);
    }

    /** The same without pages at hand. */
    @Param(name = "thread", gen = ThreadIdGen.class)
    public static class Bare extends PagesModel {
        public Bare() {
            super(false);
        }
    }
}
