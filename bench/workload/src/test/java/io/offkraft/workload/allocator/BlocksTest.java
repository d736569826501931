// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The one contract, on every allocator. */
class BlocksTest {
    private static final HeapOptions DEFAULTS = new HeapOptions(null, null);

    /** All that this machine has, but for one that a process must be started with. */
    static Stream<AllocatorKind> kinds() {
        return Arrays.stream(AllocatorKind.values())
                .filter(kind ->
                        kind.library()
                                .map(peer ->
                                        !peer.isNeededFromTheStart() && peer.find().isPresent())
                                .orElse(true));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void blocksHaveAddressesOfTheirOwn(AllocatorKind kind) {
        try (Blocks blocks = kind.open(100, DEFAULTS)) {
            Set<Long> addresses = new HashSet<>();
            for (int object = 0; object < 100; object++) {
                assertThat(blocks.allocate(object, object % 3, 0)).isTrue();
                addresses.add(blocks.address(object));
            }
            assertThat(addresses).hasSize(100).doesNotContain(0L);
            freeAll(blocks, 100);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void alignmentIsAsAskedAndNaturalOtherwise(AllocatorKind kind) {
        try (Blocks blocks = kind.open(84, DEFAULTS)) {
            int object = 0;
            for (int alignLog2 = 0; alignLog2 <= 20; alignLog2++) {
                for (long size : new long[] {0, 1, 100, 5000}) {
                    assertThat(blocks.allocate(object, size, alignLog2)).isTrue();
                    long alignment =
                            alignLog2 == 0 ? blocks.naturalAlignment(size) : 1L << alignLog2;
                    assertThat(blocks.address(object) % alignment).isZero();
                    object++;
                }
            }
            freeAll(blocks, object);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void zeroedBlockIsZeroAfterDirtyUse(AllocatorKind kind) {
        try (Blocks blocks = kind.open(1, DEFAULTS)) {
            for (int round = 0; round < 5; round++) {
                assertThat(blocks.allocateZeroed(0, 3000)).isTrue();
                for (long offset = 0; offset < 3000; offset++) {
                    long address = blocks.address(0) + offset;
                    assertThat(RawMemory.loadBytePlain(address)).isZero();
                    RawMemory.storeBytePlain(address, (byte) 0x5A);
                }
                blocks.free(0);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void reallocationKeepsTheContentAndSizeZeroKeepsTheBlock(AllocatorKind kind) {
        try (Blocks blocks = kind.open(1, DEFAULTS)) {
            assertThat(blocks.allocate(0, 100, 0)).isTrue();
            RawMemory.fill(blocks.address(0), 100, (byte) 7);
            for (long size : new long[] {100_000, 3_000_000, 100}) {
                assertThat(blocks.reallocate(0, size)).isTrue();
                for (long offset = 0; offset < 100; offset++) {
                    assertThat(RawMemory.loadBytePlain(blocks.address(0) + offset))
                            .isEqualTo((byte) 7);
                }
            }
            assertThat(blocks.reallocate(0, 0)).isTrue();
            assertThat(blocks.reallocate(0, 10)).isTrue();
            blocks.free(0);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void wordsAtBothEndsOfAllBlocksAreApart(AllocatorKind kind) {
        int objects = 2_000;
        try (Blocks blocks = kind.open(objects, DEFAULTS)) {
            blocks.takeRandomHalf(PageOrder.PAGE_BYTES);
            for (int object = 0; object < objects; object++) {
                assertThat(blocks.allocate(object, size(object), 0)).isTrue();
                blocks.storeLong(object, 0, object);
                blocks.storeLong(object, size(object) - Long.BYTES, ~object);
            }
            for (int object = 0; object < objects; object++) {
                assertThat(blocks.loadLong(object, 0)).isEqualTo(object);
                assertThat(blocks.loadLong(object, size(object) - Long.BYTES)).isEqualTo(~object);
            }
            freeAll(blocks, objects);
            assertThat(blocks.liveBlocks().orElse(0)).isZero();
        }
    }

    /** Whole pages: others are not asked for where a page is the least. */
    private static long size(int object) {
        return PageOrder.PAGE_BYTES << object % 2;
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void touchWritesOneByteAPage(AllocatorKind kind) {
        try (Blocks blocks = kind.open(2, DEFAULTS)) {
            assertThat(blocks.allocateZeroed(0, 8193)).isTrue();
            blocks.touch(0, 8193);
            for (long offset = 0; offset < 8193; offset++) {
                assertThat(RawMemory.loadBytePlain(blocks.address(0) + offset))
                        .isEqualTo(offset % 4096 == 0 ? PageTouch.VALUE : 0);
            }
            assertThat(blocks.allocate(1, 100, 12)).isTrue();
            blocks.touch(1, 100);
            assertThat(RawMemory.loadBytePlain(blocks.address(1))).isEqualTo(PageTouch.VALUE);
            freeAll(blocks, 2);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void whatNoMachineHasIsNotGivenAndNothingBreaks(AllocatorKind kind) {
        try (Blocks blocks = kind.open(2, DEFAULTS)) {
            assertThat(blocks.allocate(0, 1L << 47, 0)).isFalse();
            assertThat(blocks.allocateZeroed(0, 1L << 47)).isFalse();
            assertThat(blocks.allocate(0, 1L << 47, 12)).isFalse();
            assertThat(blocks.allocate(1, 64, 0)).isTrue();
            RawMemory.fill(blocks.address(1), 64, (byte) 3);
            long address = blocks.address(1);
            assertThat(blocks.reallocate(1, 1L << 47)).isFalse();
            assertThat(blocks.address(1)).isEqualTo(address);
            assertThat(RawMemory.loadBytePlain(address + 63)).isEqualTo((byte) 3);
            blocks.free(1);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = AllocatorKind.class,
            names = {"OFFKRAFT", "NETTY_POOLED"})
    void allocatorsThatCountTellWhatIsLive(AllocatorKind kind) {
        try (Blocks blocks = kind.open(10, DEFAULTS)) {
            for (int object = 0; object < 10; object++) {
                assertThat(blocks.allocate(object, 100_000, 0)).isTrue();
            }
            assertThat(blocks.liveBlocks()).hasValue(10);
            freeAll(blocks, 10);
            assertThat(blocks.liveBlocks()).hasValue(0);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = AllocatorKind.class,
            names = {"GLIBC", "NETTY_ADAPTIVE"})
    void allocatorsThatDoNotCountSaySo(AllocatorKind kind) {
        try (Blocks blocks = kind.open(1, DEFAULTS)) {
            assertThat(blocks.liveBlocks()).isEmpty();
        }
    }

    private static void freeAll(Blocks blocks, int objects) {
        for (int object = 0; object < objects; object++) {
            blocks.free(object);
        }
    }
}
