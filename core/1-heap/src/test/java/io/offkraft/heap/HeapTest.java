// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The heap on one thread. */
class HeapTest {
    private static final long MIB = 1L << 20;

    private final Heap heap = Heap.builder().capacityBytes(256 * MIB).build();

    @AfterEach
    void everythingWasFreed() {
        assertThat(heap.statistics().liveBlocks()).isZero();
        assertThat(heap.statistics().liveBytes()).isZero();
        heap.close();
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0, 1, 15, 16, 17, 127, 128, 129, 4096, 32_767, 32_768, 32_769, 100_000, 5 << 20
            })
    @DisplayName("M-01 malloc gives aligned, usable, distinct blocks of every size")
    void mallocOfEverySize(long size) {
        long first = heap.malloc(size);
        long second = heap.malloc(size);
        assertThat(first).isNotZero().isNotEqualTo(second);
        assertThat(first % 16).isZero();
        assertThat(heap.usableSize(first)).isGreaterThanOrEqualTo(Math.max(1, size));
        RawMemory.fill(first, heap.usableSize(first), (byte) 1);
        RawMemory.fill(second, heap.usableSize(second), (byte) 2);
        assertThat(RawMemory.loadBytePlain(first + Math.max(0, size - 1))).isEqualTo((byte) 1);
        heap.free(first);
        heap.free(second);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 62, 257 * MIB})
    @DisplayName("M-01 a size that no memory can hold gives NULL and is counted")
    void hugeSizesGiveNull(long size) {
        long failed = heap.statistics().failedAllocations();
        assertThat(heap.malloc(size)).isZero();
        assertThat(heap.calloc(1, size)).isZero();
        assertThat(heap.memalign(64, size)).isZero();
        assertThat(heap.realloc(0, size)).isZero();
        assertThat(heap.statistics().failedAllocations()).isEqualTo(failed + 4);
    }

    @Test
    @DisplayName("M-01 calloc whose product overflows gives NULL")
    void callocOverflowGivesNull() {
        assertThat(heap.calloc(1L << 32, 1L << 32)).isZero();
        assertThat(heap.calloc(Long.MAX_VALUE, 3)).isZero();
        assertThat(heap.calloc(3, -1)).isZero();
        heap.free(heap.calloc(0, 100));
        heap.free(heap.calloc(100, 0));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 3, -1, -4096, Long.MIN_VALUE, 24, 4097})
    @DisplayName("M-01 an alignment that is no power of two is refused with its value")
    void badAlignmentsAreRefused(long alignment) {
        assertThatThrownBy(() -> heap.memalign(alignment, 10))
                .isInstanceOf(BadAlignmentException.class)
                .hasMessageContaining(Long.toString(alignment));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 8, 16, 32, 64, 256, 4096, 8192, 2 << 20})
    @DisplayName("M-01 memalign aligns blocks of every size")
    void memalignAligns(long alignment) {
        List<Long> blocks = new ArrayList<>();
        for (long size :
                new long[] {0, 1, 16, 17, 100, 1000, 4096, 5000, 30_000, 40_000, 3 << 20}) {
            for (int n = 0; n < 3; n++) {
                long block = heap.memalign(alignment, size);
                assertThat(block).isNotZero();
                assertThat(block % alignment).as("%d bytes", size).isZero();
                RawMemory.fill(block, size, (byte) 3);
                blocks.add(block);
            }
        }
        blocks.forEach(heap::free);
    }

    @Test
    @DisplayName(
            "M-02 realloc keeps the content up to the smaller size, from every size to every size")
    void reallocKeepsTheContent() {
        long[] sizes = {1, 16, 100, 1000, 5000, 32_768, 33_000, 70_000, 300_000, 3 * MIB};
        for (long from : sizes) {
            for (long to : sizes) {
                long block = heap.malloc(from);
                writePattern(block, from);
                long moved = heap.realloc(block, to);
                assertThat(moved).isNotZero();
                assertPattern(moved, Math.min(from, to));
                assertThat(heap.usableSize(moved)).isGreaterThanOrEqualTo(to);
                RawMemory.fill(moved, to, (byte) 9);
                heap.free(moved);
            }
        }
    }

    @Test
    @DisplayName(
            "M-02 realloc of NULL is malloc; to 0 keeps a block; of a block that can't grow keeps the old one")
    void reallocAtTheEdges() {
        long block = heap.realloc(0, 40);
        writePattern(block, 40);
        assertThat(heap.realloc(block, Long.MAX_VALUE)).isZero();
        assertThat(heap.realloc(block, -1)).isZero();
        assertThat(heap.realloc(block, 300 * MIB)).isZero();
        assertPattern(block, 40);
        long smallest = heap.realloc(block, 0);
        assertThat(smallest).isNotZero();
        heap.free(smallest);
        long large = heap.malloc(MIB);
        assertThat(heap.realloc(large, -1)).isZero();
        assertThat(heap.realloc(large, Long.MAX_VALUE)).isZero();
        heap.free(large);
    }

    @Test
    @DisplayName("M-02 a large block grows and shrinks in place while the pages behind it are free")
    void largeBlocksResizeInPlace() {
        long block = heap.malloc(500_000);
        writePattern(block, 500_000);
        assertThat(heap.realloc(block, 3 * MIB)).isEqualTo(block);
        assertPattern(block, 500_000);
        assertThat(heap.realloc(block, 300_000)).isEqualTo(block);
        assertPattern(block, 300_000);
        assertThat(heap.statistics().liveBytes()).isEqualTo(303_104);
        heap.free(block);
    }

    @Test
    @DisplayName("M-03 calloc is zero after dirty reuse, small and large")
    void callocIsZeroAfterDirtyReuse() {
        for (long size : new long[] {1, 24, 500, 5000, 32_768, 40_000, MIB}) {
            List<Long> dirty = new ArrayList<>();
            for (int n = 0; n < 20; n++) {
                long block = heap.malloc(size);
                RawMemory.fill(block, size, (byte) -1);
                dirty.add(block);
            }
            dirty.forEach(heap::free);
            for (int n = 0; n < 20; n++) {
                long block = heap.calloc(n % 2 == 0 ? 1 : size, n % 2 == 0 ? size : 1);
                for (long at = 0; at < size; at++) {
                    if (RawMemory.loadBytePlain(block + at) != 0) {
                        throw new AssertionError("byte " + at + " of " + size + " is not zero");
                    }
                }
                dirty.set(n, block);
            }
            dirty.forEach(heap::free);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {16, 48, 1000, 32_000, 50_000})
    @DisplayName("B-07 double, interior and wild frees of the heap are errors that change nothing")
    void misuseIsAnErrorThatChangesNothing(long size) {
        long block = heap.malloc(size);
        long other = heap.malloc(size);
        writePattern(block, size);
        assertMisuse(Kind.INTERIOR, block + 8, () -> heap.free(block + 8));
        assertMisuse(Kind.INTERIOR, block + size - 1, () -> heap.free(block + size - 1));
        assertMisuse(Kind.INTERIOR, block + 1, () -> heap.realloc(block + 1, 5));
        assertMisuse(Kind.INTERIOR, block + 1, () -> heap.usableSize(block + 1));
        assertMisuse(Kind.WILD, 16, () -> heap.free(16));
        assertMisuse(Kind.WILD, -16, () -> heap.free(-16));
        heap.free(block);
        assertMisuse(Kind.DOUBLE_FREE, block, () -> heap.free(block));
        assertMisuse(Kind.DOUBLE_FREE, block, () -> heap.realloc(block, 4));
        assertMisuse(Kind.DOUBLE_FREE, block, () -> heap.usableSize(block));
        long again = heap.malloc(size);
        assertThat(again).isNotEqualTo(other);
        heap.free(again);
        heap.free(other);
        assertMisuse(Kind.DOUBLE_FREE, other, () -> heap.free(other));
        assertMisuse(Kind.DOUBLE_FREE, again, () -> heap.free(again));
        try (Heap foreign = Heap.builder().capacityBytes(MIB).build()) {
            long wild = foreign.malloc(size);
            assertMisuse(Kind.WILD, wild, () -> heap.free(wild));
            foreign.free(wild);
        }
    }

    @Test
    @DisplayName("M-10 the limit is kept to the byte, and the heap stays usable behind it")
    void limitIsKept() {
        try (Heap small = Heap.builder().capacityBytes(64 * MIB).limitBytes(MIB).build()) {
            List<Long> blocks = new ArrayList<>();
            for (long block = small.malloc(1000); block != 0; block = small.malloc(1000)) {
                blocks.add(block);
                assertThat(small.statistics().heldBytes()).isLessThanOrEqualTo(MIB);
            }
            assertThat(blocks.size()).isGreaterThan(900);
            assertThat(small.statistics().failedAllocations()).isEqualTo(1);
            assertThat(small.malloc(40_000)).isZero();
            blocks.forEach(small::free);
            long exact = small.malloc(MIB - small.statistics().heldBytes());
            assertThat(exact).isNotZero();
            assertThat(small.statistics().heldBytes()).isEqualTo(MIB);
            assertThat(small.statistics().peakHeldBytes()).isEqualTo(MIB);
            assertThat(small.realloc(exact, 2 * MIB)).isZero();
            small.free(exact);
        }
    }

    @Test
    @DisplayName(
            "M-11 close gives everything back at once; later calls say that the heap is closed")
    void closeGivesEverythingBack() {
        Heap doomed = Heap.builder().capacityBytes(64 * MIB).build();
        long small = doomed.malloc(10);
        long large = doomed.malloc(MIB);
        doomed.close();
        doomed.close();
        List<Runnable> calls =
                List.of(
                        () -> doomed.malloc(10),
                        () -> doomed.malloc(MIB),
                        () -> doomed.calloc(1, 99),
                        () -> doomed.free(small),
                        () -> doomed.free(large),
                        () -> doomed.realloc(small, 100),
                        () -> doomed.memalign(64, 10),
                        doomed::trim);
        for (Runnable call : calls) {
            assertThatThrownBy(call::run)
                    .isInstanceOf(IllegalStateException.class)
                    .isNotInstanceOf(MisuseException.class)
                    .hasMessageContaining("closed");
        }
        assertThat(doomed.statistics().allocations()).isEqualTo(2);
    }

    @Test
    @DisplayName(
            "M-10 at the limit, what lies free in size classes serves a request for anything else")
    void emptySlabsServeOtherSizesAtTheLimit() {
        try (Heap limited = Heap.builder().capacityBytes(4 * MIB).limitBytes(MIB).build()) {
            for (long size = 16; size <= 32_768; size *= 2) {
                limited.free(limited.malloc(size));
            }
            assertThat(limited.malloc(MIB)).isNotZero();
            assertThat(limited.malloc(16)).isZero();
            assertThat(limited.statistics().heldBytes()).isEqualTo(MIB);
        }
    }

    @Test
    void trimGivesBackEmptySlabsAndKeepsTheOthers() {
        long kept = heap.malloc(1000);
        heap.free(heap.malloc(1000));
        heap.free(heap.malloc(16));
        heap.free(heap.malloc(20_000));
        heap.free(kept);
        long live = heap.malloc(500);
        writePattern(live, 500);

        heap.trim();

        assertThat(heap.statistics().heldBytes()).isPositive().isLessThan(MIB / 16);
        assertPattern(live, 500);
        heap.free(live);
        heap.trim();
        assertThat(heap.statistics().heldBytes()).isZero();
    }

    @Test
    void freedSlabsGoBackSoThatOtherSizesCanHaveThePages() {
        List<Long> blocks = new ArrayList<>();
        for (int round = 0; round < 20; round++) {
            long size = 100L + 700L * round;
            for (long held = 0; held < 200 * MIB; held += size) {
                long block = heap.malloc(size);
                assertThat(block).as("round %d", round).isNotZero();
                blocks.add(block);
            }
            blocks.forEach(heap::free);
            blocks.clear();
        }
        final long empty = (long) EmptySlabs.MOST_PAGES << PageOrder.PAGE_SHIFT;
        assertThat(heap.statistics().heldBytes()).isLessThan(2 * empty);
    }

    @Test
    void freeOfNullDoesNothing() {
        heap.free(0);
        assertThat(heap.statistics().frees()).isZero();
    }

    private static void writePattern(long address, long size) {
        for (long at = 0; at < size; at++) {
            RawMemory.storeBytePlain(address + at, pattern(at));
        }
    }

    private static void assertPattern(long address, long size) {
        for (long at = 0; at < size; at++) {
            if (RawMemory.loadBytePlain(address + at) != pattern(at)) {
                throw new AssertionError("byte " + at + " of " + size + " changed");
            }
        }
    }

    private static byte pattern(long at) {
        return (byte) (at * 31 + (at >>> 8));
    }

    private static void assertMisuse(Kind kind, long address, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        MisuseException.class,
                        misuse -> {
                            assertThat(misuse.kind()).isEqualTo(kind);
                            assertThat(misuse.address()).isEqualTo(address);
                        });
    }
}
