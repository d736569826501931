// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.config.Contention;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.RawMemory;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@ParameterizedClass
@MethodSource("settings")
class BlockPoolTest {
    private static final int CAPACITY = 5;
    private static final long BYTES = 40;
    private static final long STRIDE = 48;

    @Parameter(0)
    private Synchronization synchronization;

    @Parameter(1)
    private Contention contention;

    private final Heap heap = Heap.builder().capacityBytes(64 << 20).build();

    static Stream<Arguments> settings() {
        return Stream.of(Synchronization.values())
                .flatMap(choice ->
                        Stream.of(Contention.values()).map(kind -> Arguments.of(choice, kind)));
    }

    @AfterEach
    void close() {
        heap.close();
    }

    private BlockPoolBuilder builder(long bytes, int capacity) {
        return BlockPool.builder(heap, bytes, capacity)
                .synchronization(synchronization)
                .contention(contention);
    }

    private BlockPool pool() {
        return builder(BYTES, CAPACITY).build();
    }

    /** Takes all blocks, one by one. */
    private static long[] takeAll(BlockPool pool) {
        return LongStream.generate(pool::take).limit(pool.capacity()).toArray();
    }

    private static void giveAllBack(BlockPool pool, long[] blocks) {
        pool.giveBack(blocks, 0, blocks.length);
    }

    private static void assertMisuse(Runnable call, Kind kind, long address) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        MisuseException.class,
                        misuse -> {
                            assertThat(misuse.kind()).isEqualTo(kind);
                            assertThat(misuse.address()).isEqualTo(address);
                        });
    }

    @Test
    @DisplayName("M-07 a pool hands out each block once, from the lowest up, and then none")
    void eachBlockOnceThenNone() {
        try (BlockPool pool = pool()) {
            assertThat(pool.capacity()).isEqualTo(CAPACITY);
            assertThat(pool.blockBytes()).isEqualTo(STRIDE);
            assertThat(pool.available()).isEqualTo(CAPACITY);
            long[] blocks = takeAll(pool);
            for (int n = 0; n < CAPACITY; n++) {
                assertThat(blocks[n]).isEqualTo(blocks[0] + n * STRIDE);
            }
            assertThat(pool.available()).isZero();
            assertThat(pool.refusals()).isZero();
            assertThat(pool.take()).isZero();
            assertThat(pool.take()).isZero();
            assertThat(pool.refusals()).isEqualTo(2);
            pool.giveBack(blocks[3]);
            assertThat(pool.available()).isEqualTo(1);
            assertThat(pool.take()).isEqualTo(blocks[3]);
        }
    }

    @Test
    @DisplayName("M-07 the block that was given back last is taken next")
    void lastGivenBackIsTakenNext() {
        try (BlockPool pool = pool()) {
            long[] blocks = takeAll(pool);
            for (int n : new int[] {2, 0, 4, 1, 3}) {
                pool.giveBack(blocks[n]);
            }
            for (int n : new int[] {3, 1, 4, 0, 2}) {
                assertThat(pool.take()).isEqualTo(blocks[n]);
            }
        }
    }

    @Test
    @DisplayName("M-07 a batch gets as many blocks as there are, in order, and says how many")
    void batchGetsWhatIsThere() {
        try (BlockPool pool = pool()) {
            long[] into = new long[8];
            Arrays.fill(into, -1);
            long first = pool.take();
            assertThat(pool.take(into, 1, 3)).isEqualTo(3);
            assertThat(into)
                    .containsExactly(
                            -1,
                            first + STRIDE,
                            first + 2 * STRIDE,
                            first + 3 * STRIDE,
                            -1,
                            -1,
                            -1,
                            -1);
            assertThat(pool.take(into, 0, 0)).isZero();
            assertThat(pool.refusals()).isZero();
            assertThat(pool.take(into, 4, 4)).isEqualTo(1);
            assertThat(pool.refusals()).isEqualTo(1);
            assertThat(into[4]).isEqualTo(first + 4 * STRIDE);
            assertThat(into[5]).isEqualTo(-1);
            assertThat(pool.take(into, 5, 3)).isZero();
            assertThat(pool.refusals()).isEqualTo(2);
            assertThat(into[5]).isEqualTo(-1);
        }
    }

    @Test
    @DisplayName("M-07 of a batch that was given back the last one is taken first")
    void lastOfABatchIsTakenFirst() {
        try (BlockPool pool = pool()) {
            long[] blocks = takeAll(pool);
            pool.giveBack(blocks[4]);
            pool.giveBack(blocks, 0, 0);
            pool.giveBack(new long[] {-1, blocks[1], blocks[3], blocks[0], -1}, 1, 3);
            assertThat(pool.available()).isEqualTo(4);
            long[] again = new long[4];
            assertThat(pool.take(again, 0, 4)).isEqualTo(4);
            assertThat(again).containsExactly(blocks[0], blocks[3], blocks[1], blocks[4]);
        }
    }

    /** Of five blocks two are free, and on top of each other in this order: 1, 3. */
    private static void assertOneAndThreeAreFree(BlockPool pool, long[] blocks) {
        assertThat(pool.available()).isEqualTo(2);
        assertThat(pool.take()).isEqualTo(blocks[1]);
        assertThat(pool.take()).isEqualTo(blocks[3]);
        assertThat(pool.take()).isZero();
        pool.giveBack(blocks[3]);
        pool.giveBack(blocks[1]);
    }

    /** Each of these throws, alone and at the end of a batch, and changes nothing. */
    private static void assertRefused(BlockPool pool, long[] blocks, long wrong, Kind kind) {
        assertMisuse(() -> pool.giveBack(wrong), kind, wrong);
        assertOneAndThreeAreFree(pool, blocks);
        long[] batch = {blocks[0], blocks[4], wrong, blocks[2]};
        assertMisuse(() -> pool.giveBack(batch, 0, 4), kind, wrong);
        assertOneAndThreeAreFree(pool, blocks);
        assertMisuse(() -> pool.giveBack(batch, 2, 2), kind, wrong);
        assertOneAndThreeAreFree(pool, blocks);
        assertMisuse(() -> pool.giveBack(batch, 1, 2), kind, wrong);
        assertOneAndThreeAreFree(pool, blocks);
    }

    @Test
    @DisplayName("M-07 B-07 a second return is told, alone and in a batch, and changes nothing")
    void doubleReturnIsTold() {
        try (BlockPool pool = pool()) {
            long[] blocks = takeAll(pool);
            pool.giveBack(blocks[3]);
            pool.giveBack(blocks[1]);
            assertRefused(pool, blocks, blocks[1], Kind.DOUBLE_FREE);
            assertRefused(pool, blocks, blocks[3], Kind.DOUBLE_FREE);
            long[] twice = {blocks[2], blocks[0], blocks[2], blocks[4]};
            assertMisuse(() -> pool.giveBack(twice, 0, 4), Kind.DOUBLE_FREE, blocks[2]);
            assertOneAndThreeAreFree(pool, blocks);
            pool.giveBack(new long[] {blocks[2], blocks[0], blocks[4]}, 0, 3);
            assertThat(takeAll(pool)).containsExactlyInAnyOrder(blocks);
        }
    }

    @Test
    @DisplayName("M-07 B-07 a block that was never handed out can't be given back")
    void blockThatWasNeverHandedOut() {
        try (BlockPool pool = pool()) {
            long first = pool.take();
            assertMisuse(() -> pool.giveBack(first + STRIDE), Kind.DOUBLE_FREE, first + STRIDE);
            assertThat(pool.available()).isEqualTo(CAPACITY - 1);
        }
    }

    @Test
    @DisplayName("M-07 B-07 what is no block of the pool is told, and changes nothing")
    void foreignReturnIsTold() {
        try (BlockPool pool = pool();
                BlockPool other = pool()) {
            long[] blocks = takeAll(pool);
            pool.giveBack(blocks[3]);
            pool.giveBack(blocks[1]);
            long ofHeap = heap.malloc(STRIDE);
            long end = blocks[4] + STRIDE;
            for (long wild :
                    new long[] {
                        0,
                        other.take(),
                        ofHeap,
                        blocks[0] - 1,
                        blocks[0] - STRIDE,
                        end,
                        end + STRIDE,
                        -1,
                        -STRIDE,
                        Long.MIN_VALUE,
                        Long.MAX_VALUE
                    }) {
                assertRefused(pool, blocks, wild, Kind.WILD);
            }
            heap.free(ofHeap);
        }
    }

    @Test
    @DisplayName("M-07 B-07 an address inside a block, taken or free, is told, and changes nothing")
    void interiorReturnIsTold() {
        try (BlockPool pool = pool()) {
            long[] blocks = takeAll(pool);
            pool.giveBack(blocks[3]);
            pool.giveBack(blocks[1]);
            for (long block : blocks) {
                for (long inside : new long[] {1, 8, 16, STRIDE - 1}) {
                    assertRefused(pool, blocks, block + inside, Kind.INTERIOR);
                }
            }
        }
    }

    @Test
    @DisplayName(
            "M-07 blocks are aligned, apart, and each is known by its address, whatever their size")
    void blocksOfAllSizesAreAlignedAndKnown() {
        for (long alignment : new long[] {1, 8, 16, 64, 4096, 2 << 20}) {
            for (long bytes : new long[] {1, 8, 9, 24, 56, 100, 1000, 4097}) {
                int capacity = alignment > 4096 ? 3 : 9;
                try (BlockPool pool = builder(bytes, capacity).alignment(alignment).build()) {
                    assertThat(pool.blockBytes()).isGreaterThanOrEqualTo(bytes);
                    assertThat(pool.blockBytes() % alignment).isZero();
                    long[] blocks = takeAll(pool);
                    for (int n = 0; n < capacity; n++) {
                        long block = blocks[n];
                        assertThat(block % Math.max(8, alignment)).isZero();
                        assertThat(block).isEqualTo(blocks[0] + n * pool.blockBytes());
                        assertMisuse(() -> pool.giveBack(block + 7), Kind.INTERIOR, block + 7);
                    }
                    for (long block : blocks) {
                        pool.giveBack(block);
                        assertMisuse(() -> pool.giveBack(block), Kind.DOUBLE_FREE, block);
                    }
                }
            }
        }
        assertThat(heap.statistics().liveBlocks()).isZero();
    }

    @Test
    @DisplayName("M-07 nothing is written into a block, taken or free")
    void contentOfBlocksIsLeftAlone() {
        try (BlockPool pool = pool()) {
            long[] blocks = takeAll(pool);
            long bytes = CAPACITY * STRIDE;
            for (long n = 0; n < bytes; n++) {
                RawMemory.storeBytePlain(blocks[0] + n, (byte) (n * 7));
            }
            giveAllBack(pool, blocks);
            pool.take();
            assertMisuse(() -> pool.giveBack(blocks[0]), Kind.DOUBLE_FREE, blocks[0]);
            pool.take(new long[9], 0, 9);
            for (long n = 0; n < bytes; n++) {
                assertThat(RawMemory.loadBytePlain(blocks[0] + n)).isEqualTo((byte) (n * 7));
            }
        }
    }

    @Test
    @DisplayName("M-07 after it was made a pool allocates nothing, of the heap or of Java's")
    void nothingIsAllocatedLater() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (BlockPool pool = pool()) {
            long[] into = new long[CAPACITY + 1];
            useALot(pool, into, 10_000); // what the compiler and class loading do once
            long madeByHeap = heap.statistics().allocations();
            long before = threads.getCurrentThreadAllocatedBytes();
            useALot(pool, into, 10_000);
            long bytes = threads.getCurrentThreadAllocatedBytes() - before;
            assertThat(bytes).as("bytes in 10 000 rounds").isLessThan(10_000);
            assertThat(heap.statistics().allocations()).isEqualTo(madeByHeap);
        }
    }

    private static void useALot(BlockPool pool, long[] into, int rounds) {
        for (int round = 0; round < rounds; round++) {
            long one = pool.take();
            int some = pool.take(into, 0, into.length);
            pool.giveBack(one);
            pool.giveBack(into, 0, some);
        }
    }

    @Test
    @DisplayName("M-07 a range that is none of the array is refused, and changes nothing")
    void badRangesAreRefused() {
        try (BlockPool pool = pool()) {
            long[] array = new long[4];
            int[][] ranges = {{0, 5}, {4, 1}, {-1, 2}, {0, -1}, {1, Integer.MAX_VALUE}};
            for (int[] range : ranges) {
                assertThatThrownBy(() -> pool.take(array, range[0], range[1]))
                        .isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> pool.giveBack(array, range[0], range[1]))
                        .isInstanceOf(IndexOutOfBoundsException.class);
            }
            assertThat(pool.available()).isEqualTo(CAPACITY);
        }
    }

    @Test
    @DisplayName("M-07 bad arguments of a builder are refused")
    void badArgumentsAreRefused() {
        for (long bytes : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> BlockPool.builder(heap, bytes, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(Long.toString(bytes));
        }
        for (int capacity : new int[] {0, -1, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> BlockPool.builder(heap, 8, capacity))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(Integer.toString(capacity));
        }
        for (long alignment : new long[] {0, 3, 24, -8, Long.MIN_VALUE}) {
            assertThatThrownBy(() -> builder(8, 1).alignment(alignment))
                    .isInstanceOf(BadAlignmentException.class)
                    .hasMessageContaining(Long.toString(alignment));
        }
    }

    @Test
    @DisplayName("M-07 M-10 a pool that the heap has no memory for is refused, and nothing is lost")
    void poolWithoutMemoryIsRefused() {
        long liveBefore = heap.statistics().liveBytes();
        assertThatThrownBy(() -> builder(1 << 20, 100).alignment(64).build())
                .isInstanceOfSatisfying(
                        PoolRefusedException.class,
                        refused -> {
                            assertThat(refused.capacity()).isEqualTo(100);
                            assertThat(refused.blockBytes()).isEqualTo(1 << 20);
                            assertThat(refused.alignment()).isEqualTo(64);
                        })
                .hasMessage(
                        "the heap has no memory for 100 blocks of 1048576 bytes, aligned to 64");
        assertThatThrownBy(() -> builder(8, 1).alignment(1L << 62).build())
                .isInstanceOf(PoolRefusedException.class);
        assertThatThrownBy(() -> builder(1L << 40, 1 << 24).build()) // of 2^64 bytes
                .isInstanceOf(PoolRefusedException.class);
        assertThatThrownBy(() -> builder(1L << 40, 1 << 23).build()) // of 2^63 bytes
                .isInstanceOf(PoolRefusedException.class);
        assertThat(heap.statistics().liveBytes()).isEqualTo(liveBefore);
        assertThat(heap.statistics().failedAllocations()).isEqualTo(2);
        assertThat(heap.unaccountedPages()).isZero();
        pool().close();
    }

    @Test
    @DisplayName("M-07 M-11 a pool that is closed gives its memory back, whatever is taken")
    void closedPoolGivesItsMemoryBack() {
        BlockPool pool = builder(1000, 1000).build();
        assertThat(heap.statistics().liveBlocks()).isEqualTo(1);
        long block = pool.take();
        pool.close();
        pool.close();
        assertThat(heap.statistics().liveBlocks()).isZero();
        assertThatThrownBy(pool::take)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the pool is closed");
        assertThatThrownBy(() -> pool.take(new long[1], 0, 1))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> pool.giveBack(block))
                .isExactlyInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> pool.giveBack(new long[] {block}, 0, 1))
                .isExactlyInstanceOf(IllegalStateException.class);
        assertThat(pool.available()).isEqualTo(999);
    }

    @Test
    @DisplayName("M-07 a pool whose heap was closed first says so, and is closed")
    void poolOfAClosedHeap() {
        Heap child = heap.child().build();
        BlockPool pool = BlockPool.builder(child, 8, 8).build();
        child.close();
        assertThatThrownBy(pool::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the heap is closed");
        pool.close();
        assertThatThrownBy(pool::take).hasMessage("the pool is closed");
        assertThatThrownBy(() -> BlockPool.builder(child, 8, 8).build())
                .isInstanceOf(IllegalStateException.class);
    }
}
