// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What a pair of malloc and free costs at least, if a free is told the address only and any thread
 * may free: to find what is the calling thread's, the size class, the block at hand; and for the
 * free, in a table by page, whose block it is and of which class. No allocator: it has one block a
 * class, counts nothing, detects no misuse but by chance, and nobody could give its memory back
 * while a thread is inside. Beside {@link HeapPairBenchmark} it tells what all that costs.
 */
public class PairFloorBenchmark extends Timing {
    private static final byte TOUCH = 1;

    /** One of one thread, with nothing of what makes it an allocator. */
    @Benchmark
    public void floor(BlockSizes sizes, Floor state) {
        long block = state.malloc(sizes.next());
        RawMemory.storeBytePlain(block, TOUCH);
        state.free(block);
    }

    /** A place for each thread by its number, with a block a class; and a table by page. */
    @State(Scope.Thread)
    public static class Floor {
        private static final int GRANULE_SHIFT = 4;
        private static final int CLASSES = 64;
        private static final int PLACES = 64;
        private static final int PLACE_BYTES = 4 << 10;

        /** In a place: whose it is, and from there on a word a class: the complement if free. */
        private static final int HANDS = 64;

        private static final int CLASS_MASK = CLASSES - 1;
        private static final int OWNER_SHIFT = 32;

        private final Arena arena = Arena.ofShared();
        private final long places = arena.allocate(PLACES * PLACE_BYTES, PLACE_BYTES).address();
        private final long blocks =
                arena.allocate(CLASSES * PageOrder.PAGE_BYTES, PageOrder.PAGE_BYTES).address();
        private final long table =
                arena.allocate(CLASSES * Long.BYTES, Long.BYTES).address()
                        - (blocks >>> PageOrder.PAGE_SHIFT) * Long.BYTES;
        private final byte[] classOfGranules = new byte[1 << 12];

        /** Gives it all to the thread that calls. */
        public Floor() {
            long owner = Thread.currentThread().threadId();
            RawMemory.storeLongPlain(placeOf(owner), owner);
            Arrays.fill(classOfGranules, (byte) CLASS_MASK); // whatever is larger
            for (int one = 0; one < CLASSES; one++) {
                classOfGranules[one] = (byte) one;
                long block = blocks + one * PageOrder.PAGE_BYTES;
                RawMemory.storeLongPlain(handOf(placeOf(owner), one), ~block);
                RawMemory.storeLongPlain(entryOf(block), owner << OWNER_SHIFT | one);
            }
        }

        private long placeOf(long thread) {
            return places + (thread & (PLACES - 1)) * PLACE_BYTES;
        }

        private static long handOf(long place, long sizeClass) {
            return place + HANDS + sizeClass * Long.BYTES;
        }

        private long entryOf(long address) {
            return table + (address >>> PageOrder.PAGE_SHIFT) * Long.BYTES;
        }

        long malloc(long size) {
            int granules = (int) ((size + (1 << GRANULE_SHIFT) - 1) >>> GRANULE_SHIFT);
            int sizeClass = classOfGranules[granules & (classOfGranules.length - 1)];
            long thread = Thread.currentThread().threadId();
            long place = placeOf(thread);
            long hand = handOf(place, sizeClass);
            long free = RawMemory.loadLongPlain(hand);
            if (RawMemory.loadLongPlain(place) != thread || free >= 0) {
                throw new IllegalStateException("another thread, or a second block");
            }
            RawMemory.storeLongPlain(hand, ~free);
            return ~free;
        }

        void free(long address) {
            long thread = Thread.currentThread().threadId();
            long place = placeOf(thread);
            long entry = RawMemory.loadLongPlain(entryOf(address));
            long hand = handOf(place, entry & CLASS_MASK);
            if (RawMemory.loadLongPlain(place) != thread
                    || entry >>> OWNER_SHIFT != thread
                    || RawMemory.loadLongPlain(hand) != address) {
                throw new IllegalStateException("another thread, or no block");
            }
            RawMemory.storeLongPlain(hand, ~address);
        }

        /** Gives it back. */
        @TearDown
        public void close() {
            arena.close();
        }
    }
}
