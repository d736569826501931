// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.word;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RawMemoryTest {
    private static final int BYTES = 64;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(BYTES, Long.BYTES);
    private final long address = memory.address();

    @AfterEach
    void release() {
        arena.close();
    }

    @Test
    void storesReachTheAddressedMemoryAndNoOther() {
        RawMemory.storeBytePlain(address + 1, (byte) 0x11);
        RawMemory.storeShortPlain(address + 2, (short) 0x2222);
        RawMemory.storeIntPlain(address + 4, 0x33333333);
        RawMemory.storeLongPlain(address + 8, 0x4444444444444444L);
        RawMemory.storeIntRelease(address + 16, 0x55555555);
        RawMemory.storeLongRelease(address + 24, 0x6666666666666666L);

        final byte[] expected = new byte[BYTES];
        fill(expected, 1, 1, 0x11);
        fill(expected, 2, 2, 0x22);
        fill(expected, 4, 4, 0x33);
        fill(expected, 8, 8, 0x44);
        fill(expected, 16, 4, 0x55);
        fill(expected, 24, 8, 0x66);
        assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
    }

    @Test
    void loadsReadWhatTheMemoryHolds() {
        for (int i = 0; i < BYTES; i++) {
            memory.set(ValueLayout.JAVA_BYTE, i, (byte) (0xc0 + i));
        }
        assertThat(RawMemory.loadBytePlain(address + 5)).isEqualTo((byte) 0xc5);
        assertThat(RawMemory.loadShortPlain(address + 6))
                .isEqualTo(memory.get(ValueLayout.JAVA_SHORT, 6));
        assertThat(RawMemory.loadIntPlain(address + 8))
                .isEqualTo(RawMemory.loadIntAcquire(address + 8))
                .isEqualTo(memory.get(ValueLayout.JAVA_INT, 8));
        assertThat(RawMemory.loadLongPlain(address + 16))
                .isEqualTo(RawMemory.loadLongAcquire(address + 16))
                .isEqualTo(memory.get(ValueLayout.JAVA_LONG, 16));
    }

    @Test
    void compareAndSetChangesOnlyWhatIsAsExpected() {
        RawMemory.storeLongPlain(address, 7);

        assertThat(RawMemory.casLongAcqRel(address, 8, 9)).isFalse();
        assertThat(RawMemory.loadLongPlain(address)).isEqualTo(7);
        assertThat(RawMemory.casLongAcqRel(address, 7, 9)).isTrue();
        assertThat(RawMemory.loadLongPlain(address)).isEqualTo(9);
    }

    @Test
    void concurrentAdditionsAreAllCounted() throws InterruptedException {
        final int additions = 100_000;
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            threads.add(
                    Thread.ofPlatform()
                            .start(() -> {
                                for (int n = 0; n < additions; n++) {
                                    RawMemory.getAndAddLongAcqRel(address, 3);
                                }
                            }));
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        assertThat(RawMemory.getAndAddLongAcqRel(address, 1)).isEqualTo(4L * 3 * additions);
    }

    @Test
    void fillAndCopyKeepToTheirRanges() {
        RawMemory.fill(address + 8, 8, (byte) 1);
        RawMemory.fill(address + 12, 8, (byte) 2);
        RawMemory.copy(address + 8, address + 10, 12); // overlapping

        final byte[] expected = new byte[BYTES];
        fill(expected, 8, 6, 1);
        fill(expected, 14, 8, 2);
        assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
    }

    @Test
    void segmentIsAViewOfTheRange() {
        final MemorySegment view = RawMemory.segment(address + 16, 8);
        view.fill((byte) 5);

        assertThat(view.byteSize()).isEqualTo(8);
        assertThat(RawMemory.loadBytePlain(address + 15)).isZero();
        assertThat(RawMemory.loadBytePlain(address + 23)).isEqualTo((byte) 5);
        assertThat(RawMemory.loadBytePlain(address + 24)).isZero();
    }

    private static void fill(byte[] array, int from, int count, int value) {
        Arrays.fill(array, from, from + count, (byte) value);
    }
}
