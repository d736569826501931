// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;

/**
 * A bit a page in an off-heap word that is looked at, and then stored, not exchanged: must be
 * rejected, which it is only if Lincheck comes between accesses to raw memory.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
public class LookThenTakePagesModel {
    private static final long MEMORY = PageOrder.PAGE_BYTES; // an address only
    private static final long ALL = (1L << OwnedPages.PAGES) - 1;

    private final OwnedPages pages =
            new OwnedPages(MEMORY, new Bits(Arena.ofAuto().allocate(Long.BYTES, Long.BYTES)));

    /** Keeps the segment reachable, and with it the word. */
    private record Bits(MemorySegment bits) implements OwnedPages.Source {
        @Override
        public long takeOr0(int count) {
            long word = bits.address();
            long taken = RawMemory.loadLongAcquire(word);
            long wanted = count == 1 ? Long.lowestOneBit(~taken & ALL) : ALL;
            if (wanted == 0 || (taken & wanted) != 0) {
                return 0;
            }
            RawMemory.storeLongRelease(word, taken | wanted);
            return MEMORY + ((long) Long.numberOfTrailingZeros(wanted) << PageOrder.PAGE_SHIFT);
        }

        @Override
        public void giveBack(long address, int count) {
            long first = (address - MEMORY) >>> PageOrder.PAGE_SHIFT;
            long mask = ((1L << count) - 1) << first;
            long word = bits.address();
            long taken = RawMemory.loadLongAcquire(word);
            while (!RawMemory.casLongAcqRel(word, taken, taken & ~mask)) {
                taken = RawMemory.loadLongAcquire(word);
            }
        }
    }

    @Operation
    public Pool.Outcome take(@Param(name = "thread") int thread) {
        return pages.take(thread, 1);
    }

    @Operation
    public Pool.Outcome takeAll(@Param(name = "thread") int thread) {
        return pages.take(thread, OwnedPages.PAGES);
    }

    @Operation
    public Pool.Outcome giveBack(@Param(name = "thread") int thread) {
        return pages.giveBack(thread);
    }
}
