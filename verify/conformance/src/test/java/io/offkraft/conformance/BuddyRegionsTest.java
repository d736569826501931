// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static io.offkraft.word.PageOrder.PAGE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.config.Contention;
import io.offkraft.oracle.OwnerWord;
import io.offkraft.oracle.ShadowMap;
import io.offkraft.vmem.Protection;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Memory added to a page allocator at run time, for every number of regions. */
@Tag("several-cpus")
@Timeout(value = 2, unit = TimeUnit.MINUTES)
@ParameterizedClass
@EnumSource(Contention.class)
class BuddyRegionsTest {
    @Parameter private Contention contention;

    private static final int MAX_REGIONS = 64;
    private static final int MAX_PAGES = 200;

    private final VirtualAddressSpace space = VirtualAddressSpace.reserve(1L << 30);
    private BuddyAllocator buddy;
    private final ShadowMap shadow = new ShadowMap(PageOrder.PAGE_SHIFT);

    /** Where the regions begin, and behind the last one where it ends: they leave no gap. */
    private long[] edges = {};

    static IntStream regions() {
        return IntStream.rangeClosed(1, MAX_REGIONS);
    }

    @BeforeEach
    void makeAllocator() {
        buddy = BuddyAllocator.builder(space).contention(contention).build();
    }

    @AfterEach
    void closeAll() {
        buddy.close();
        space.close();
    }

    @ParameterizedTest
    @MethodSource("regions")
    @DisplayName(
            "B-05 regions added under load, adjacent and unaligned, are used and never merged; overlaps"
                    + " and crumbs are rejected")
    void regionsUnderLoad(int regions) throws InterruptedException {
        Random random = new Random(regions);
        edges = edges(regions, random);
        Integer[] order = IntStream.range(0, regions).boxed().toArray(Integer[]::new);
        java.util.Collections.shuffle(Arrays.asList(order), random);
        int steps = Scale.of(1_000, 1_000_000);
        Team.run(
                3,
                number -> {
                    if (number == 0) {
                        for (int region : order) {
                            add(region, random);
                            assertRejected(region, random);
                        }
                    } else {
                        churn(new Random(number), number, steps);
                    }
                });
        buddy.validate();
        assertThat(buddy.availablePages()).isEqualTo((edges[regions] - edges[0]) / PAGE_BYTES);
        assertThat(buddy.statistics().totalPages()).isEqualTo(buddy.availablePages());
        assertEachRegionIsWhole(regions);
    }

    /** The range reaches beyond the region on both sides, but not by a whole page. */
    private void add(int region, Random random) {
        long start = edges[region] - random.nextLong(PAGE_BYTES);
        long end = edges[region + 1] + random.nextLong(PAGE_BYTES);
        buddy.addMemory(start, end - start);
    }

    private void assertRejected(int region, Random random) {
        long total = edges[region + 1] - edges[region];
        long inside = edges[region] + random.nextLong(total / PAGE_BYTES) * PAGE_BYTES;
        assertThatThrownBy(() -> buddy.addMemory(inside, PAGE_BYTES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("overlaps");
        assertThatThrownBy(
                        () -> buddy.addMemory(edges[region] - PAGE_BYTES, total + 2 * PAGE_BYTES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("overlaps");
        long unaligned = edges[region] + 1 + random.nextLong(PAGE_BYTES - 1);
        long crumb = 2 * PAGE_BYTES - 2 - (unaligned - edges[region]);
        assertThatThrownBy(() -> buddy.addMemory(unaligned, crumb))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("bytes=" + crumb);
    }

    private void churn(Random random, int owner, int steps) {
        long[] address = new long[30];
        long[] pages = new long[address.length];
        for (int step = 0; step < steps + address.length; step++) {
            int slot = step < steps ? random.nextInt(address.length) : step - steps;
            if (address[slot] != 0) {
                assertThat(RawMemory.loadLongPlain(address[slot])).isEqualTo(owner);
                long own = OwnerWord.of(owner, slot);
                assertThat(shadow.release(address[slot], pages[slot] * PAGE_BYTES, own))
                        .isEqualTo(own);
                buddy.pfree(address[slot], pages[slot]);
                address[slot] = 0;
            } else if (step < steps) {
                pages[slot] = 1 + random.nextLong(1L << random.nextInt(8));
                address[slot] = buddy.palloc(pages[slot]);
                if (address[slot] != 0) {
                    assertInOneRegion(address[slot], pages[slot]);
                    long other =
                            shadow.claim(
                                    address[slot],
                                    pages[slot] * PAGE_BYTES,
                                    OwnerWord.of(owner, slot));
                    assertThat(other).isEqualTo(OwnerWord.NOBODY);
                    RawMemory.storeLongPlain(address[slot], owner);
                }
            }
        }
    }

    private void assertInOneRegion(long address, long pages) {
        long last = address + (pages - 1) * PAGE_BYTES;
        assertThat(regionOf(address)).isEqualTo(regionOf(last)).isNotNegative();
    }

    private int regionOf(long address) {
        int at = Arrays.binarySearch(edges, address);
        return at >= 0 ? at : -at - 2;
    }

    /** Allocates all there is, the largest blocks first: as many as each region has on its own. */
    private void assertEachRegionIsWhole(int regions) {
        long[] expected = new long[Long.SIZE];
        for (int region = 0; region < regions; region++) {
            for (long page = edges[region]; page < edges[region + 1]; ) {
                int fitting = PageOrder.fitting((edges[region + 1] - page) / PAGE_BYTES);
                int aligned = Long.numberOfTrailingZeros(page / PAGE_BYTES);
                int order = Math.min(fitting, aligned);
                expected[order]++;
                page += PAGE_BYTES << order;
            }
        }
        for (int order = 0; order < 20; order++) {
            assertThat(buddy.freeBlocks(order)).as("order %d", order).isEqualTo(expected[order]);
        }
    }

    private long[] edges(int regions, Random random) {
        long bytes = (MAX_REGIONS * MAX_PAGES + 2) * PAGE_BYTES;
        long[] made = new long[regions + 1];
        made[0] = space.mapAnonymous(bytes, PAGE_BYTES, Protection.READ_WRITE).start() + PAGE_BYTES;
        for (int region = 0; region < regions; region++) {
            made[region + 1] = made[region] + (1 + random.nextInt(MAX_PAGES)) * PAGE_BYTES;
        }
        return made;
    }
}
