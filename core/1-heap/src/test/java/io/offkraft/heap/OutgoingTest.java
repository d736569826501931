// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Blocks of this thread that another one frees, from there back to where they came from. */
@Tag("several-cpus")
class OutgoingTest {
    private static final long MIB = 1L << 20;
    private static final int SIZE = 64;

    private final Heap heap =
            Heap.builder().capacityBytes(64 * MIB).decay(Duration.ofHours(1)).build();
    private final ExecutorService other = Executors.newSingleThreadExecutor();

    @BeforeEach
    void begin() {
        warm(heap);
        assumeTrue(
                heap.stripes().get(0).isOwned(), "all threads have one stripe, and free at home");
        onOther(() -> {
            warm(heap);
            return 0;
        });
    }

    @AfterEach
    void close() {
        other.close();
        heap.close();
    }

    private static void warm(Heap heap) {
        for (int n = 0; n < 1000; n++) {
            heap.free(heap.malloc(SIZE));
        }
    }

    private <T> T onOther(Callable<T> work) {
        try {
            return other.submit(work).get();
        } catch (InterruptedException | ExecutionException failed) {
            throw new AssertionError(failed);
        }
    }

    private void freeOnOther(List<Long> blocks) {
        onOther(() -> {
            blocks.forEach(heap::free);
            return 0;
        });
    }

    private List<Long> blocks(int count, int size) {
        List<Long> blocks = new ArrayList<>();
        for (int n = 0; n < count; n++) {
            blocks.add(heap.malloc(size));
        }
        assertThat(blocks).doesNotContain(0L);
        return blocks;
    }

    private long waiting() {
        long stripes = 0;
        for (Stripe stripe : heap.stripes().all()) {
            stripes += stripe.outgoing().isAny() ? 1 : 0;
        }
        return stripes;
    }

    @Test
    @DisplayName("B-11 what another thread keeps of freed blocks goes back as time passes")
    void timeSendsThem() {
        heap.trim();
        freeOnOther(blocks(3, SIZE));
        assertThat(heap.statistics().liveBlocks()).isZero();
        assertThat(waiting()).isEqualTo(1);
        assertThat(heap.statistics().heldBytes()).isPositive();

        heap.onTick();
        assertThat(waiting()).isZero();
        for (int n = 0; n < 3; n++) {
            heap.onTick();
        }
        assertThat(heap.statistics().heldBytes()).isZero();
    }

    @Test
    @DisplayName("B-11 where a thread uses its other blocks of the size time collects them, too")
    void timeCollectsThemWhereTheSizeIsUsed() {
        List<Long> blocks = blocks(4000, SIZE);
        freeOnOther(blocks.subList(0, 3000));
        long before = heap.statistics().heldBytes();
        for (int n = 0; n < 4; n++) {
            warm(heap);
            heap.onTick();
        }
        assertThat(heap.statistics().heldBytes()).isLessThan(before / 2);
        blocks.subList(3000, 4000).forEach(heap::free);
    }

    @Test
    @DisplayName("B-11 at a trim they go back")
    void trimSendsThem() {
        freeOnOther(blocks(3, SIZE));
        heap.trim();
        assertThat(waiting()).isZero();
        assertThat(heap.statistics().heldBytes()).isZero();
    }

    @Test
    @DisplayName("B-11 as the heap grows they go back")
    void growthSendsThem() {
        freeOnOther(blocks(3, SIZE));
        assertThat(waiting()).isEqualTo(1);
        long more = heap.malloc(16 * MIB);
        long yetMore = heap.malloc(16 * MIB);
        assertThat(waiting()).isZero();
        heap.free(more);
        heap.free(yetMore);
    }

    @Test
    @DisplayName("M-09 what a thread kept that is dead goes back, too")
    void threadThatEndsKeepsNothing() throws InterruptedException {
        heap.trim();
        List<Long> blocks = blocks(3, SIZE);
        Thread thread =
                Thread.ofPlatform()
                        .start(() -> {
                            warm(heap);
                            blocks.forEach(heap::free);
                        });
        thread.join();
        assertThat(heap.statistics().liveBlocks()).isZero();
        for (int n = 0; n < 4; n++) {
            heap.onTick();
        }
        assertThat(heap.statistics().heldBytes()).isZero();
    }

    @Test
    @DisplayName("M-10 before a request fails they are handed out")
    void requestThatWouldFailGetsThem() throws Exception {
        try (Heap full = Heap.builder().capacityBytes(4 * MIB).limitBytes(MIB).build()) {
            List<Long> all = new ArrayList<>();
            for (long block = full.malloc(SIZE); block != 0; block = full.malloc(SIZE)) {
                all.add(block);
            }
            long freed = all.get(all.size() / 2);
            onOther(() -> {
                full.free(freed);
                return 0;
            });
            assertThat(full.malloc(SIZE)).isEqualTo(freed);
            assertThat(full.malloc(SIZE)).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {16, SIZE, 1000, 32_768})
    @DisplayName("M-06 where all is handed over no object is made, and no more memory taken")
    void handoverMakesNoObject(int size) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assumeTrue(threads.isThreadAllocatedMemoryEnabled());
        long held = 0;
        for (int round = 0; round < 400; round++) {
            boolean isWarm = round >= 200;
            if (round == 200) {
                held = heap.statistics().heldBytes();
            }
            long[] blocks = new long[100];
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int n = 0; n < blocks.length; n++) {
                blocks[n] = heap.malloc(size);
            }
            long made = threads.getCurrentThreadAllocatedBytes() - before;
            long byOther = onOther(() -> freeAndCount(threads, blocks));
            // The question itself makes some.
            assertThat(isWarm ? made + byOther : 0).as("round %d", round).isLessThan(2000);
        }
        assertThat(heap.statistics().heldBytes()).isEqualTo(held);
    }

    private long freeAndCount(ThreadMXBean threads, long[] blocks) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (long block : blocks) {
            heap.free(block);
        }
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    @Test
    @DisplayName("M-06 a free of another's block is a note, once its hand is given up")
    void shortWay() {
        final List<Long> blocks = blocks(3, SIZE);
        freeOnOther(blocks.subList(0, 1));
        blocks(200, SIZE).forEach(heap::free); // an exchange
        freeOnOther(blocks.subList(1, 2)); // has an outbox now

        final long block = blocks.get(2);
        final long entry = heap.tree().metadata.pageMap().entry(block);
        assertThat(onOther(() -> tryNote(entry, block))).isTrue();
        assertThat(heap.statistics().liveBlocks()).isZero();
    }

    private boolean tryNote(long entry, long block) {
        Thread self = Thread.currentThread();
        Tenure tenure = heap.stripes().tenureOf(self);
        assertThat(tenure.tryEnter(self)).isTrue();
        try {
            return tenure.tryFreeOther(entry, block);
        } finally {
            tenure.leave();
        }
    }

    @Test
    @DisplayName("M-06 blocks of many sizes and threads: who needs the place of another's is sent")
    void placesOfOutboxes() {
        LiveBits live = heap.tree().metadata.liveBits();
        Outgoing outgoing = new Outgoing();
        Magazine counts = new Magazine(live);
        Bin bin = heap.stripes().get(0).bin(SizeClasses.of(SIZE));
        long key = PageMap.keyOf(PageMap.slabEntry(3, 7, 1));
        Outbox first = outgoing.outbox(key, bin, counts, live);
        assertThat(outgoing.outbox(key, bin, counts, live)).isSameAs(first);
        assertThat(Outgoing.outboxOrNull(outgoing.places(), key)).isSameAs(first);
        blocks(1, SIZE).forEach(first::free);
        assertThat(outgoing.isAny()).isTrue();

        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            long next = PageMap.keyOf(PageMap.slabEntry(3, sizeClass, 2));
            outgoing.outbox(next, bin, counts, live);
        }
        assertThat(outgoing.outbox(key, bin, counts, live))
                .as("all sizes of a stripe have room beside each other")
                .isSameAs(first);
        assertThat(outgoing.isAny()).isTrue();

        for (int stripe = 4; stripe < 400; stripe++) {
            long next = PageMap.keyOf(PageMap.slabEntry(stripe, 7, 1));
            outgoing.outbox(next, bin, counts, live);
        }
        assertThat(outgoing.isAny()).as("it was sent").isFalse();
        assertThat(bin.arrivals().isAny()).isTrue();
        assertThat(outgoing.outbox(key, bin, counts, live)).isNotSameAs(first);
    }
}
