// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static io.offkraft.word.PageOrder.PAGE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.buddy.Footprint;
import io.offkraft.buddy.HugePages;
import io.offkraft.heap.Heap;
import io.offkraft.platform.PageSizes;
import io.offkraft.platform.PageSizes.Transparent;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.RawMemory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What allocators take of the operating system, by their own account and by the kernel's. */
class FootprintTest {
    private static final long MIB = 1L << 20;
    private static final long HUGE = 2 * MIB;
    private static final Duration NEVER = Duration.ofHours(1);

    @Test
    @DisplayName("B-11 committed and resident bytes are what the space and the kernel say")
    void footprintIsWhatTheKernelSays() throws IOException {
        try (VirtualAddressSpace space = VirtualAddressSpace.reserve(256 * MIB);
                BuddyAllocator buddy =
                        BuddyAllocator.builder(space)
                                .decay(NEVER)
                                .hugePages(HugePages.NEVER)
                                .build()) {
            buddy.addReserved(64 * MIB);
            buddy.addReserved(32 * MIB);
            Random random = new Random(4);
            List<Long> blocks = new ArrayList<>();
            for (int step = 0; step < Scale.of(600, 20_000); step++) {
                if (blocks.isEmpty() || random.nextInt(9) < 5) {
                    long pages = 1 + random.nextLong(1L << random.nextInt(10));
                    long block = buddy.palloc(pages);
                    if (block != 0) {
                        blocks.add(block);
                        long touched = random.nextLong(pages + 1);
                        RawMemory.fill(block, touched * PAGE_BYTES, (byte) 1);
                    }
                } else {
                    buddy.pfree(blocks.remove(random.nextInt(blocks.size())));
                }
                if (step % 50 == 0) {
                    buddy.trim();
                    assertAsTheKernelSays(buddy, space);
                }
            }
            Footprint before = buddy.footprint();
            blocks.forEach(buddy::pfree);
            assertThat(buddy.footprint().resident()).isEqualTo(before.resident());
            buddy.trim();
            assertThat(buddy.footprint().resident()).isZero();
            assertThat(buddy.footprint().committed()).isZero();
        }
    }

    private static void assertAsTheKernelSays(BuddyAllocator buddy, VirtualAddressSpace space)
            throws IOException {
        Footprint footprint = buddy.footprint();
        long start = space.baseAddress();
        long end = start + space.bytes();
        assertThat(footprint.committed())
                .isEqualTo(buddy.statistics().committedPages() * PAGE_BYTES);
        assertThat(footprint.committed() + footprint.metadata())
                .isEqualTo(space.committedBytes())
                .isEqualTo(Smaps.bytes("Size", "rw", start, end));
        // Of metadata that was only read, the shared page of zeros counts here and not in smaps.
        assertThat(Smaps.bytes("Rss", "", start, end))
                .isBetween(
                        footprint.resident() + PAGE_BYTES,
                        footprint.resident() + footprint.metadataResident());
    }

    @Test
    @DisplayName("B-11 a heap's figures follow what it is used for")
    void heapsFootprint() {
        try (Heap heap =
                Heap.builder()
                        .capacityBytes(256 * MIB)
                        .decay(NEVER)
                        .hugePages(HugePages.NEVER)
                        .build()) {
            assertThat(heap.footprint().committed()).isZero();
            long block = heap.malloc(10 * MIB);
            assertThat(heap.footprint().resident()).isZero();
            RawMemory.fill(block, 10 * MIB, (byte) 1);
            assertThat(heap.footprint().resident()).isEqualTo(10 * MIB);
            assertThat(heap.footprint().committed())
                    .isEqualTo(10 * MIB)
                    .isEqualTo(heap.statistics().committedBytes());
            assertThat(heap.footprint().metadataResident())
                    .isBetween(1L, heap.footprint().metadata() / 10);
            heap.free(block);
            heap.trim();
            assertThat(heap.footprint().resident()).isZero();
            assertThat(heap.footprint().committed()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("B-11 a block of 2 MiB is one huge page where they are enabled")
    void aBlockIsAHugePage(HugePages choice) throws IOException {
        Transparent mode = PageSizes.ofMachine().transparent();
        boolean expected =
                switch (choice) {
                    case SYSTEM -> mode == Transparent.ALWAYS;
                    case ASKED -> mode != Transparent.NEVER;
                    case NEVER -> false;
                };
        try (VirtualAddressSpace space = VirtualAddressSpace.reserve(256 * MIB);
                BuddyAllocator buddy =
                        BuddyAllocator.builder(space).decay(NEVER).hugePages(choice).build()) {
            buddy.addReserved(64 * MIB);
            for (int block = 1; block <= 4; block++) {
                long address = buddy.palloc(512);
                RawMemory.storeBytePlain(address, (byte) 1);
                assertThat(hugeBytes(space)).isEqualTo(expected ? block * HUGE : 0);
                assertThat(buddy.footprint().resident())
                        .isEqualTo(block * (expected ? HUGE : PAGE_BYTES));
            }
            long gone = buddy.palloc(512);
            RawMemory.storeBytePlain(gone, (byte) 1);
            buddy.pfree(gone);
            buddy.trim();
            RawMemory.storeBytePlain(buddy.palloc(512), (byte) 1);
            assertThat(hugeBytes(space)).as("recommitted").isEqualTo(expected ? 5 * HUGE : 0);
        }
    }

    @Test
    @DisplayName("B-11 where huge pages are asked for, decay takes whole chunks only")
    @Tag("several-cpus")
    void decayDoesNotBreakHugePagesUp() {
        try (VirtualAddressSpace space = VirtualAddressSpace.reserve(256 * MIB);
                BuddyAllocator buddy =
                        BuddyAllocator.builder(space)
                                .decay(Duration.ofMillis(20))
                                .hugePages(HugePages.ASKED)
                                .build()) {
            buddy.addReserved(64 * MIB);
            long broken = buddy.palloc(512);
            long whole = buddy.palloc(512);
            RawMemory.fill(broken, HUGE, (byte) 1);
            RawMemory.fill(whole, HUGE, (byte) 1);
            buddy.pfreeRange(broken + PAGE_BYTES, 511);
            buddy.pfree(whole);
            long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (buddy.statistics().decommits() == 0) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                Thread.onSpinWait();
            }
            assertThat(buddy.statistics().discards()).isZero();
            assertThat(space.residentBytes(broken, HUGE)).isEqualTo(HUGE);
            buddy.trim();
            assertThat(buddy.statistics().discards()).isEqualTo(1);
        }
    }

    private static long hugeBytes(VirtualAddressSpace space) throws IOException {
        long start = space.baseAddress();
        return Smaps.bytes("AnonHugePages", "rw", start, start + space.bytes());
    }
}
