// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.faults.FaultInjectingSystemCalls;
import io.offkraft.heap.Heap;
import io.offkraft.platform.Errno;
import io.offkraft.platform.SystemCallException;
import io.offkraft.word.RawMemory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The heap on an operating system that refuses. */
class HeapFaultsTest {
    private static final long CAPACITY = 16L << 20;

    /** Those of the beginning differ; the later ones come again and again. */
    private static final int ALL_OF_FIRST = 24;

    private static final int STEP = Scale.of(17, 1);

    /** The calls of a clock would be some more in one run than in another. */
    private static final Duration NEVER = Duration.ofHours(1);

    @Test
    @DisplayName(
            "B-11 whichever system call is refused, the heap stays usable and close gives everything back")
    void everyNthRefusal() throws IOException {
        long calls = run(FaultInjectingSystemCalls.none());
        assertThat(calls).isGreaterThan(10);
        for (long n = 1; n <= calls; n += n < ALL_OF_FIRST ? 1 : STEP) {
            FaultInjectingSystemCalls faulty =
                    FaultInjectingSystemCalls.failingNth(n, Errno.ENOMEM);
            run(faulty);
            assertThat(faulty.failed()).as("call %d", n).isEqualTo(1);
        }
    }

    @Test
    @DisplayName(
            "B-11 whichever system call is refused, a child loses nothing to the heap above it")
    void everyNthRefusalInAChild() throws IOException {
        long calls = runInChildren(FaultInjectingSystemCalls.none());
        assertThat(calls).isGreaterThan(10);
        for (long n = 1; n <= calls; n += n < ALL_OF_FIRST ? 1 : STEP) {
            FaultInjectingSystemCalls faulty =
                    FaultInjectingSystemCalls.failingNth(n, Errno.ENOMEM);
            runInChildren(faulty);
            assertThat(faulty.failed()).as("call %d", n).isEqualTo(1);
        }
    }

    private static long runInChildren(FaultInjectingSystemCalls calls) {
        Heap server;
        try {
            server =
                    Heap.builder()
                            .capacityBytes(CAPACITY)
                            .systemCalls(calls)
                            .decay(Duration.ZERO) // so that each end of a child makes calls
                            .build();
        } catch (SystemCallException refused) {
            assertThat(refused.errno()).isEqualTo(Errno.ENOMEM);
            return calls.made();
        }
        Random random = new Random(5);
        for (int round = 0; round < 8; round++) {
            Heap query = server.child().reservationBytes(1 << 20).build();
            long last = 0;
            for (int step = 0; step < 30; step++) {
                long block = query.malloc(random.nextLong(1L << random.nextInt(22)));
                if (block != 0) {
                    RawMemory.fill(block, query.usableSize(block), (byte) step);
                    query.free(last);
                    last = block;
                }
            }
            long moved = last == 0 ? 0 : query.transferTo(last, server);
            query.close();
            server.free(moved);
            server.trim();
            assertThat(server.budget().chargedBytes()).isZero();
            assertThat(server.budget().heldWithDescendantsBytes()).isZero();
            assertThat(server.unaccountedPages()).isZero();
        }
        close(server);
        return calls.made();
    }

    @Test
    @DisplayName("M-11 after close the kernel lists nothing of the heap's blocks any more")
    void closedHeapHasNoMappings() throws IOException {
        Heap heap = Heap.builder().capacityBytes(CAPACITY).build();
        long small = heap.malloc(100);
        long large = heap.malloc(3 << 20);
        assertThat(Mappings.within(small, small + 1)).hasSize(1);
        heap.close();
        assertThat(Mappings.within(small, small + 1)).isEmpty();
        assertThat(Mappings.within(large, large + (3 << 20))).isEmpty();
    }

    private static long run(FaultInjectingSystemCalls calls) throws IOException {
        Heap heap;
        try {
            heap = Heap.builder().capacityBytes(CAPACITY).decay(NEVER).systemCalls(calls).build();
        } catch (SystemCallException refused) {
            assertThat(refused.errno()).isEqualTo(Errno.ENOMEM);
            return calls.made();
        }
        List<Long> blocks = new ArrayList<>();
        Random random = new Random(3);
        for (int step = 0; step < 400; step++) {
            long block = heap.malloc(random.nextLong(1L << random.nextInt(21)));
            if (block != 0) {
                RawMemory.fill(block, heap.usableSize(block), (byte) step);
                blocks.add(block);
            }
            if (random.nextInt(3) > 0 && !blocks.isEmpty()) {
                heap.free(blocks.remove(random.nextInt(blocks.size())));
            }
            if (step % 50 == 0) {
                heap.trim();
            }
        }
        blocks.forEach(heap::free);
        assertThat(heap.statistics().liveBlocks()).isZero();
        close(heap);
        return calls.made();
    }

    private static void close(Heap heap) {
        try {
            heap.close();
        } catch (SystemCallException refused) {
            assertThat(refused.errno()).isEqualTo(Errno.ENOMEM);
            heap.close(); // what was not given back at the first try goes at the second
        }
    }
}
