// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.word.PageOrder.PAGE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.config.Contention;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.RawMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The page allocator on one thread. */
@ParameterizedClass
@EnumSource(Contention.class)
class BuddyAllocatorTest {
    @Parameter private Contention contention;

    private static final long MIB = 1L << 20;
    private static final long REGION = 64 * MIB;
    private static final long REGION_PAGES = REGION / PAGE_BYTES;

    private final VirtualAddressSpace space = VirtualAddressSpace.reserve(8L << 30);
    private BuddyAllocator buddy;

    @BeforeEach
    void makeAllocator() {
        buddy = builder().decay(Duration.ofHours(1)).build();
    }

    private BuddyBuilder builder() {
        return BuddyAllocator.builder(space).contention(contention);
    }

    @AfterEach
    void closeAll() {
        buddy.close();
        assertThat(space.areas()).isEmpty();
        space.close();
    }

    @Test
    @DisplayName("B-08 a block of every order is aligned to itself")
    void everyOrderIsAlignedToItself() {
        buddy.addReserved(REGION);
        for (int order = 0; order <= 12; order++) {
            long first = buddy.palloc(1L << order);
            long second = buddy.palloc(1L << order);
            assertThat(first % (PAGE_BYTES << order)).as("order %d", order).isZero();
            assertThat(second % (PAGE_BYTES << order)).as("order %d", order).isZero();
            buddy.pfree(first, 1L << order);
            buddy.pfree(second);
        }
        assertFullyCoalesced(REGION_PAGES);
    }

    @Test
    @DisplayName(
            "B-09 0 pages, a negative number and a bad order are refused with the value; 2^51 pages are exhaustion")
    void edgeSizesAreRefusedOrExhaust() {
        buddy.addReserved(REGION);
        for (long pages : new long[] {0, -1, Long.MIN_VALUE}) {
            assertThatThrownBy(() -> buddy.palloc(pages))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("pages=" + pages);
        }
        assertThatThrownBy(() -> buddy.palloc(1, 52)).hasMessageContaining("order=52");
        assertThat(buddy.palloc(1L << 51)).isZero();
        assertThat(buddy.palloc(Long.MAX_VALUE)).isZero();
        assertThat(buddy.palloc(REGION_PAGES + 1)).isZero();
        assertThat(buddy.statistics().failedAllocations()).isEqualTo(3);
        long whole = buddy.palloc(REGION_PAGES);
        assertThat(whole).isNotZero();
        assertThat(buddy.palloc(1)).isZero();
        buddy.pfree(whole, REGION_PAGES);
        assertFullyCoalesced(REGION_PAGES);
    }

    @ParameterizedTest
    @ValueSource(longs = {3, 5, 7, 9, 100, 511, 513, 1000, 1025})
    @DisplayName("B-09 a number of pages that is no power of two takes exactly as many")
    void oddNumbersTakeExactlyAsMany(long pages) {
        buddy.addReserved(REGION);
        long block = buddy.palloc(pages);
        assertThat(buddy.availablePages()).isEqualTo(REGION_PAGES - pages);
        assertThat(buddy.blockPagesOr0(block)).isEqualTo(pages);
        RawMemory.fill(block, pages * PAGE_BYTES, (byte) 1);
        buddy.pfree(block, pages);
        assertFullyCoalesced(REGION_PAGES);
    }

    @Test
    @DisplayName("B-06 1 GiB out of 4 GiB succeeds, and what is not needed of it goes back")
    void aGibibyteOutOfFourAndItsTailBack() {
        long gibPages = (1L << 30) / PAGE_BYTES;
        buddy.addReserved(4L << 30);
        long largest = buddy.maxAllocatablePages();
        long block = buddy.palloc(gibPages);
        assertThat(block % (1L << 30)).isZero();
        RawMemory.storeBytePlain(block + (1L << 30) - 1, (byte) 1);
        buddy.pfreeRange(block + 5 * PAGE_BYTES, gibPages - 5);
        assertThat(buddy.availablePages()).isEqualTo(4 * gibPages - 5);
        buddy.pfree(block, 5);
        buddy.validate();
        assertThat(buddy.availablePages()).isEqualTo(4 * gibPages);
        assertThat(buddy.maxAllocatablePages()).isEqualTo(largest);
    }

    @Test
    @DisplayName("M-04 pages of one block, freed singly in any order, coalesce to what there was")
    void pagesFreedSinglyInAnyOrderCoalesce() {
        buddy.addReserved(REGION);
        for (int round = 0; round < 8; round++) {
            long pages = 1L + new Random(round).nextInt(700);
            long block = buddy.palloc(pages);
            List<Long> order = new ArrayList<>();
            for (long page = 0; page < pages; page++) {
                order.add(block + page * PAGE_BYTES);
            }
            Collections.shuffle(order, new Random(round));
            for (long page : order) {
                buddy.pfreeRange(page, 1);
            }
            assertFullyCoalesced(REGION_PAGES);
        }
    }

    @Test
    @DisplayName("M-04 a block cut in two pieces gives two blocks, each freed by its own length")
    void remaindersOfAPartialFreeAreBlocksOfTheirOwn() {
        buddy.addReserved(REGION);
        long block = buddy.palloc(10);
        buddy.pfreeRange(block + 3 * PAGE_BYTES, 4);
        assertThat(buddy.blockPagesOr0(block)).isEqualTo(3);
        assertThat(buddy.blockPagesOr0(block + 7 * PAGE_BYTES)).isEqualTo(3);
        assertMisuse(
                Kind.DOUBLE_FREE,
                block + 4 * PAGE_BYTES,
                () -> buddy.pfreeRange(block + 4 * PAGE_BYTES, 1));
        buddy.pfree(block, 3);
        buddy.pfree(block + 7 * PAGE_BYTES, 3);
        PageStatistics statistics = buddy.statistics();
        assertThat(statistics.allocations()).isEqualTo(statistics.frees());
        assertFullyCoalesced(REGION_PAGES);
    }

    @Test
    @DisplayName("B-07 double, wild, interior and wrong-size frees are errors that change nothing")
    void misuseIsAnErrorThatChangesNothing() {
        long base = buddy.addReserved(REGION);
        long block = buddy.palloc(8);
        long other = buddy.palloc(8);
        long available = buddy.availablePages();
        assertMisuse(Kind.INTERIOR, block + PAGE_BYTES, () -> buddy.pfree(block + PAGE_BYTES));
        assertMisuse(Kind.INTERIOR, block + 1, () -> buddy.pfree(block + 1));
        assertMisuse(Kind.INTERIOR, block + 1, () -> buddy.pfreeRange(block + 1, 1));
        assertMisuse(Kind.WRONG_SIZE, block, () -> buddy.pfree(block, 7));
        assertMisuse(Kind.WRONG_SIZE, block, () -> buddy.pfree(block, 16));
        assertMisuse(Kind.WRONG_SIZE, block, () -> buddy.pfreeRange(block, 9));
        assertMisuse(Kind.WRONG_SIZE, block, () -> buddy.pfreeRange(block, 0));
        assertMisuse(Kind.WILD, 0, () -> buddy.pfree(0));
        assertMisuse(Kind.WILD, -1, () -> buddy.pfree(-1));
        assertMisuse(Kind.WILD, base + REGION, () -> buddy.pfree(base + REGION));
        assertMisuse(
                Kind.DOUBLE_FREE,
                base + REGION - PAGE_BYTES,
                () -> buddy.pfree(base + REGION - PAGE_BYTES));
        assertThat(buddy.availablePages()).isEqualTo(available);
        buddy.pfree(block);
        assertMisuse(Kind.DOUBLE_FREE, block, () -> buddy.pfree(block));
        assertMisuse(Kind.DOUBLE_FREE, block, () -> buddy.pfree(block, 8));
        buddy.pfree(other);
        assertMisuse(Kind.DOUBLE_FREE, other, () -> buddy.pfree(other));
        assertFullyCoalesced(REGION_PAGES);
    }

    @Test
    @DisplayName("B-07 another allocator's block is wild here")
    void anotherAllocatorsBlockIsWild() {
        buddy.addReserved(REGION);
        try (BuddyAllocator other = builder().build()) {
            other.addReserved(REGION);
            long foreign = other.palloc(1);
            assertMisuse(Kind.WILD, foreign, () -> buddy.pfree(foreign));
            other.pfree(foreign);
        }
    }

    @Test
    @DisplayName(
            "B-05 regions: unaligned edges are cut, overlaps and crumbs rejected, neighbours never merged")
    void regionsAreCheckedAndNeverMerged() {
        long area =
                space.mapAnonymous(4 * MIB, 2 * MIB, io.offkraft.vmem.Protection.READ_WRITE)
                        .start();
        buddy.addMemory(area + 1, MIB);
        assertThat(buddy.availablePages()).isEqualTo(MIB / PAGE_BYTES - 1);
        buddy.addMemory(area + MIB, MIB);
        assertThatThrownBy(() -> buddy.addMemory(area + MIB - PAGE_BYTES, 2 * PAGE_BYTES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("overlaps");
        for (long[] crumb :
                new long[][] {
                    {area + 2 * MIB, 4095},
                    {area + 2 * MIB + 1, 8190},
                    {0, MIB},
                    {area, -1},
                    {area, 0},
                    {Long.MAX_VALUE - 10, 4096}
                }) {
            assertThatThrownBy(() -> buddy.addMemory(crumb[0], crumb[1]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("bytes=" + crumb[1]);
        }
        assertThat(buddy.maxAllocatablePages()).isEqualTo(MIB / PAGE_BYTES);
        assertThat(buddy.palloc(MIB / PAGE_BYTES * 2 - 1)).isZero();
        long whole = buddy.palloc(MIB / PAGE_BYTES);
        assertThat(whole).isEqualTo(area + MIB);
        buddy.pfree(whole);
        buddy.validate();
        assertThat(buddy.availablePages()).isEqualTo(2 * MIB / PAGE_BYTES - 1);
        buddy.close();
        space.unmap(area, 4 * MIB);
    }

    @Test
    @DisplayName("B-05 the pages of added memory are handed out completely and none twice")
    void addedMemoryIsHandedOutCompletely() {
        long area =
                space.mapAnonymous(MIB, PAGE_BYTES, io.offkraft.vmem.Protection.READ_WRITE).start();
        buddy.addMemory(area + 3 * PAGE_BYTES, 77 * PAGE_BYTES);
        List<Long> pages = new ArrayList<>();
        for (long page = buddy.palloc(1); page != 0; page = buddy.palloc(1)) {
            pages.add(page);
        }
        assertThat(pages).hasSize(77).doesNotHaveDuplicates();
        assertThat(Collections.min(pages)).isEqualTo(area + 3 * PAGE_BYTES);
        assertThat(Collections.max(pages)).isEqualTo(area + 79 * PAGE_BYTES);
        pages.forEach(buddy::pfree);
        buddy.validate();
        assertThat(buddy.availablePages()).isEqualTo(77);
        buddy.close();
        space.unmap(area, MIB);
    }

    @Test
    void extensionTakesTheFreePagesBehindAndNothingElse() {
        buddy.addReserved(REGION);
        long block = buddy.palloc(3);
        RawMemory.fill(block, 3 * PAGE_BYTES, (byte) 7);
        assertThat(buddy.tryExtend(block, 5000)).isTrue();
        RawMemory.fill(block + 3 * PAGE_BYTES, 4997 * PAGE_BYTES, (byte) 8);
        assertThat(RawMemory.loadBytePlain(block + 3 * PAGE_BYTES - 1)).isEqualTo((byte) 7);
        assertThat(buddy.availablePages()).isEqualTo(REGION_PAGES - 5000);
        long behind = buddy.palloc(8);
        assertThat(buddy.tryExtend(block, 6000)).isFalse();
        assertThat(buddy.tryExtend(block, REGION_PAGES)).isFalse();
        assertThat(buddy.tryExtend(block, REGION_PAGES + 1)).isFalse();
        assertThat(buddy.tryExtend(block, 5000)).isTrue();
        assertThat(buddy.tryExtend(block, 4999)).isFalse();
        assertThat(buddy.availablePages()).isEqualTo(REGION_PAGES - 5008);
        buddy.validate();
        buddy.pfree(block, 5000);
        buddy.pfree(behind, 8);
        assertFullyCoalesced(REGION_PAGES);
    }

    @Test
    @DisplayName("B-11 an alignment above the size is kept and costs only the pages asked for")
    void alignmentAboveTheSizeIsKept() {
        buddy.addReserved(REGION);
        long padding = buddy.palloc(1);
        long aligned = buddy.palloc(3, 9);
        assertThat(aligned % (2 * MIB)).isZero();
        assertThat(buddy.availablePages()).isEqualTo(REGION_PAGES - 4);
        buddy.pfree(padding);
        buddy.pfree(aligned);
        assertFullyCoalesced(REGION_PAGES);
    }

    @Test
    @DisplayName("B-11 after free-all and trim nothing is committed; what was untouched never was")
    void trimGivesEverythingBack() {
        buddy.addReserved(REGION);
        assertThat(buddy.statistics().committedPages()).isZero();
        long small = buddy.palloc(1);
        assertThat(buddy.statistics().committedPages()).isEqualTo(512);
        long large = buddy.palloc(1024);
        assertThat(buddy.statistics().committedPages()).isEqualTo(512 + 1024);
        buddy.pfree(small);
        buddy.pfree(large);
        assertThat(buddy.statistics().retainedPages()).isEqualTo(512 + 1024);
        buddy.trim();
        assertThat(buddy.statistics().committedPages()).isZero();
        assertThat(buddy.statistics().retainedPages()).isZero();
        assertFullyCoalesced(REGION_PAGES);
    }

    @Test
    @DisplayName("B-11 free memory that is still there is used before new memory is taken")
    void retainedMemoryIsUsedFirst() {
        buddy.addReserved(REGION);
        List<Long> blocks = new ArrayList<>();
        for (int chunk = 0; chunk < 6; chunk++) {
            blocks.add(buddy.palloc(512));
        }
        long committed = buddy.statistics().committedPages();
        buddy.pfree(blocks.get(4));
        long commits = buddy.statistics().commits();
        assertThat(buddy.palloc(500)).isEqualTo(blocks.get(4));
        buddy.pfree(blocks.get(2));
        assertThat(buddy.palloc(1)).isEqualTo(blocks.get(4) + 500 * PAGE_BYTES);
        assertThat(buddy.palloc(100)).isEqualTo(blocks.get(2));
        assertThat(buddy.statistics().commits()).isEqualTo(commits);
        assertThat(buddy.statistics().committedPages()).isEqualTo(committed);
        buddy.validate();
    }

    @Test
    @DisplayName(
            "B-11 a decay time of zero gives back at once, and recommitted memory reads as zero")
    void noDecayGivesBackAtOnce() {
        try (BuddyAllocator strict = builder().decay(Duration.ZERO).commitThreshold(2).build()) {
            strict.addReserved(MIB);
            long block = strict.palloc(6);
            RawMemory.fill(block, 6 * PAGE_BYTES, (byte) 5);
            assertThat(strict.statistics().committedPages()).isEqualTo(8);
            strict.pfree(block);
            assertThat(strict.statistics().committedPages()).isZero();
            long again = strict.palloc(6);
            assertThat(again).isEqualTo(block);
            assertThat(RawMemory.loadBytePlain(again + 5 * PAGE_BYTES)).isZero();
            strict.pfree(again);
            strict.validate();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {16, 64, 1024, 4096})
    void metadataIsAtMostAThousandthOfWhatIsManaged(long mebibytes) {
        long pages = mebibytes * MIB / PAGE_BYTES;
        assertThat(Region.metadataBytes(1, pages + 1, 9))
                .isLessThanOrEqualTo(mebibytes * MIB / 1000);
        assertThat(Region.metadataBytes(1, pages + 1, -1))
                .isLessThanOrEqualTo(mebibytes * MIB / 1000);
    }

    @Test
    void everyCallAfterCloseSaysThatItIsClosed() {
        buddy.addReserved(REGION);
        long block = buddy.palloc(4);
        buddy.close();
        buddy.close();
        List<Runnable> calls =
                List.of(
                        () -> buddy.palloc(1),
                        () -> buddy.pfree(block),
                        () -> buddy.pfree(block, 4),
                        () -> buddy.pfreeRange(block, 1),
                        () -> buddy.tryExtend(block, 5),
                        () -> buddy.availablePages(),
                        () -> buddy.addReserved(MIB));
        for (Runnable call : calls) {
            assertThatThrownBy(call::run)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        }
        assertThat(buddy.statistics().allocations()).isEqualTo(1);
    }

    private void assertFullyCoalesced(long pages) {
        buddy.validate();
        assertThat(buddy.availablePages()).isEqualTo(pages);
        assertThat(buddy.statistics().allocatedPages()).isZero();
        assertThat(buddy.maxAllocatablePages()).isEqualTo(Long.highestOneBit(pages));
    }

    private static void assertMisuse(Kind kind, long address, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        MisuseException.class,
                        misuse -> {
                            assertThat(misuse.kind()).isEqualTo(kind);
                            assertThat(misuse.address()).isEqualTo(address);
                            assertThat(misuse)
                                    .hasMessageContaining("0x" + Long.toHexString(address));
                        });
    }
}
