// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Threads read segments of shared arenas while these are closed and their memory is reused. */
@Tag("several-cpus")
class ArenaRaceTest {
    private static final int ROUNDS = Boolean.getBoolean("stress") ? 3_000_000 : 60_000;
    private static final int LONGS = 16;

    /** A segment and the number its owner has written everywhere in it. */
    private record Published(MemorySegment segment, long owner) {}

    @Test
    void lateReaderSeesItsOwnersBytesOrAnException() throws InterruptedException {
        try (Heap heap = Heap.builder().capacityBytes(64 << 20).build()) {
            assertThat(foreignReads(heap::sharedArena)).isZero();
            assertThat(heap.arenas().statistics().handshakes()).isPositive();
            heap.arenas().recycle();
            assertThat(heap.statistics().liveBlocks()).isZero();
        }
    }

    @Test
    @DisplayName("negative control: recycling without a grace period shows another owner's bytes")
    void recyclingAtOnceIsCaught() throws InterruptedException {
        try (Heap heap = Heap.builder().capacityBytes(64 << 20).build();
                Arena generation = Arena.ofShared()) {
            assertThat(foreignReads(() -> new RecyclesAtOnce(heap, generation))).isPositive();
        }
    }

    private static long foreignReads(Supplier<? extends Arena> opener) throws InterruptedException {
        AtomicReference<@Nullable Published> published = new AtomicReference<>();
        AtomicLong foreign = new AtomicLong();
        AtomicLong done = new AtomicLong();
        List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            readers.add(
                    Thread.ofPlatform()
                            .start(() -> {
                                while (done.get() == 0) {
                                    foreign.addAndGet(foreignIn(published.get()));
                                }
                            }));
        }
        for (long owner = 1; owner <= ROUNDS; owner++) {
            try (Arena arena = opener.get()) {
                MemorySegment segment = arena.allocate(LONGS * Long.BYTES, Long.BYTES);
                for (int i = 0; i < LONGS; i++) {
                    segment.setAtIndex(ValueLayout.JAVA_LONG, i, owner);
                }
                if (owner % 3 == 0) { // what others write is for the readers of this to see
                    published.set(new Published(segment, owner));
                }
            }
        }
        done.set(1);
        for (Thread reader : readers) {
            reader.join();
        }
        return foreign.get();
    }

    private static long foreignIn(@Nullable Published published) {
        long count = 0;
        if (published != null) {
            try {
                for (int i = 0; i < LONGS; i++) {
                    long seen = published.segment.getAtIndex(ValueLayout.JAVA_LONG, i);
                    count += seen == published.owner ? 0 : 1;
                }
            } catch (IllegalStateException _) {
                return count; // closed: as good as its own bytes
            }
        }
        return count;
    }

    /** The seeded bug: one scope for many, and blocks that go back at once. */
    private static final class RecyclesAtOnce implements Arena {
        private final Heap heap;
        private final Arena generation;
        private long block;

        RecyclesAtOnce(Heap heap, Arena generation) {
            this.heap = heap;
            this.generation = generation;
        }

        @Override
        public MemorySegment allocate(long byteSize, long byteAlignment) {
            block = heap.memalign(byteAlignment, byteSize);
            return RawMemory.segment(block, byteSize, generation);
        }

        @Override
        public MemorySegment.Scope scope() {
            return generation.scope();
        }

        @Override
        public void close() {
            heap.free(block);
        }
    }
}
