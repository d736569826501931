// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the heap tells of its blocks: figures by size class, the walk, and sizes known on free. */
class HeapFiguresTest {
    private static final long MIB = 1L << 20;

    private final Heap heap = Heap.builder().capacityBytes(256 * MIB).build();

    @AfterEach
    void close() {
        heap.close();
    }

    @Test
    @DisplayName("M-05 figures by size class add up to the whole, and to the pages held")
    void figuresBySizeClass() {
        Random random = new Random(5);
        List<Long> blocks = new ArrayList<>();
        Map<Integer, Long> live = new TreeMap<>();
        long large = 0;
        for (int step = 0; step < 4000; step++) {
            if (random.nextInt(3) > 0 || blocks.isEmpty()) {
                long address = heap.malloc((long) Math.pow(2, random.nextDouble() * 17));
                blocks.add(address);
                long bytes = heap.usableSize(address);
                if (bytes > SizeClasses.MAX_BYTES) {
                    large += bytes;
                } else {
                    live.merge((int) bytes, bytes, Long::sum);
                }
            } else {
                long address = blocks.remove(random.nextInt(blocks.size()));
                long bytes = heap.usableSize(address);
                if (bytes > SizeClasses.MAX_BYTES) {
                    large -= bytes;
                } else {
                    live.merge((int) bytes, -bytes, Long::sum);
                }
                heap.free(address);
            }
        }
        HeapStatistics now = heap.statistics();
        assertThat(now.large().liveBytes()).isEqualTo(large);
        long held = now.large().liveBytes() + now.large().cachedBytes();
        for (var entry : now.bySizeClass().entrySet()) {
            BlockStatistics its = entry.getValue();
            assertThat(its.liveBytes())
                    .as("%d bytes", entry.getKey())
                    .isEqualTo(live.getOrDefault(entry.getKey(), 0L))
                    .isEqualTo(its.liveBlocks() * entry.getKey());
            held += its.liveBytes() + its.cachedBytes() + its.wastedBytes();
        }
        assertThat(now.bySizeClass().keySet()).containsAll(live.keySet());
        assertThat(held).isEqualTo(now.heldBytes());
        assertThat(now.reservedBytes()).isEqualTo(256 * MIB);
        assertThat(now.committedBytes() + now.decommittedBytes()).isEqualTo(now.reservedBytes());
    }

    @Test
    @DisplayName("M-06 blocks that another thread frees are counted where they belong")
    @Tag("several-cpus")
    void crossCpuFreesAreCounted() throws InterruptedException {
        long[] blocks = new long[3000];
        Thread maker =
                new Thread(() -> {
                    for (int i = 0; i < blocks.length; i++) {
                        blocks[i] = heap.malloc(100);
                    }
                });
        maker.start();
        maker.join();
        for (int i = 0; i < 300; i++) { // so that this thread has a stripe of its own
            heap.free(heap.malloc(2000));
        }
        assertThat(heap.statistics().bySizeClass().get(112).liveBlocks()).isEqualTo(blocks.length);
        for (long block : blocks) {
            heap.free(block);
        }
        assertThat(heap.statistics().bySizeClass().get(112).liveBlocks()).isZero();
        assertThat(heap.statistics().crossCpuFrees()).isBetween(1L, (long) blocks.length);
    }

    @Test
    @DisplayName("M-05 two threads in one stripe are counted as contention")
    @Tag("several-cpus")
    void contentionIsCounted() throws InterruptedException {
        for (int i = 0; i < 300; i++) {
            heap.free(heap.malloc(64));
        }
        assertThat(heap.statistics().contentions()).isZero();
        Thread other = new Thread(heap::trim); // looks into every stripe
        other.start();
        other.join();
        assertThat(heap.statistics().contentions()).isPositive();
    }

    @Test
    @DisplayName("M-05 a walk tells of every block once, in order, with its bytes")
    void walkTellsOfEveryBlock() {
        Random random = new Random(7);
        TreeMap<Long, Long> model = new TreeMap<>();
        for (int step = 0; step < 5000; step++) {
            if (random.nextInt(5) > 1 || model.isEmpty()) {
                long address = heap.malloc((long) Math.pow(2, random.nextDouble() * 18));
                model.put(address, heap.usableSize(address));
            } else {
                long address = model.ceilingKey(model.firstKey() + random.nextInt(1 << 12));
                model.remove(address);
                heap.free(address);
            }
        }
        List<Map.Entry<Long, Long>> told = new ArrayList<>();
        heap.forEachBlock((address, bytes) -> told.add(Map.entry(address, bytes)));
        assertThat(told).containsExactlyElementsOf(model.entrySet());
        heap.forEachBlock((address, _) -> heap.free(address));
        assertThat(heap.statistics().liveBlocks()).isZero();
    }

    @Test
    @DisplayName(
            "M-05 a walk beside threads that allocate and free tells of what is there throughout")
    @Tag("several-cpus")
    void walkBesideOthers() throws InterruptedException {
        TreeMap<Long, Long> kept = new TreeMap<>();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread[] others = new Thread[2];
        for (int n = 0; n < others.length; n++) {
            Random random = new Random(n);
            others[n] =
                    new Thread(() -> {
                        long[] blocks = new long[500];
                        while (!stop.get()) {
                            int slot = random.nextInt(blocks.length);
                            heap.free(blocks[slot]);
                            blocks[slot] = heap.malloc(random.nextInt(40_000));
                        }
                    });
            others[n].setUncaughtExceptionHandler((_, e) -> failure.set(e));
            others[n].start();
        }
        Random random = new Random(9);
        for (int n = 0; n < 2000; n++) {
            long address = heap.malloc(random.nextInt(40_000));
            kept.put(address, heap.usableSize(address));
        }
        for (int round = 0; round < 30; round++) {
            TreeMap<Long, Long> told = new TreeMap<>();
            heap.forEachBlock(
                    (address, bytes) -> assertThat(told.put(address, bytes)).as("twice").isNull());
            assertThat(told).containsAllEntriesOf(kept);
        }
        stop.set(true);
        for (Thread other : others) {
            other.join();
        }
        assertThat(failure.get()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 17",
        "1, 17",
        "100, 97",
        "100, 128",
        "1000, 10",
        "1000, 100000",
        "100000, 1000",
        "100000, 110000",
        "32768, 32769",
        "64, -1"
    })
    @DisplayName("B-07 a block given back as one of another size is refused, and stays")
    void wrongSizesAreRefused(long size, long told) {
        long block = heap.malloc(size);
        boolean sameClass =
                Math.max(told, size) <= SizeClasses.MAX_BYTES
                        && told >= 0
                        && SizeClasses.of(told) == SizeClasses.of(size);
        if (sameClass) {
            heap.freeSized(block, told);
            block = heap.malloc(size);
        } else {
            long itself = block;
            assertThatThrownBy(() -> heap.freeSized(itself, told))
                    .isInstanceOfSatisfying(
                            MisuseException.class,
                            e -> assertThat(e.kind()).isEqualTo(Kind.WRONG_SIZE))
                    .hasMessageContaining(Long.toString(told));
        }
        heap.freeSized(block, size);
        long freed = block;
        assertThatThrownBy(() -> heap.freeSized(freed, size)).isInstanceOf(MisuseException.class);
        assertThat(heap.statistics().liveBlocks()).isZero();
    }

    @Test
    @DisplayName("M-01 every block can be given back with the arguments it was asked for with")
    void sizesAndAlignmentsAreKnownOnFree() {
        for (long size = 0; size < 200_000; size = size * 9 / 8 + 1) {
            heap.freeSized(heap.malloc(size), size);
            heap.freeSized(heap.calloc(1, size), size);
            heap.freeSized(heap.realloc(heap.malloc(100), size), size);
            heap.freeSized(heap.realloc(heap.malloc(2 * size), size), size);
            for (long alignment = 1; alignment <= 1 << 16; alignment *= 2) {
                heap.freeSized(heap.memalign(alignment, size), alignment, size);
            }
        }
        heap.freeSized(0, 5);
        assertThat(heap.statistics().liveBlocks()).isZero();
    }
}
