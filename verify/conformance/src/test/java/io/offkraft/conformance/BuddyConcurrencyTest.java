// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static io.offkraft.word.PageOrder.PAGE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.config.Contention;
import io.offkraft.oracle.OwnerWord;
import io.offkraft.oracle.ShadowMap;
import io.offkraft.vmem.Protection;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The page allocator on many threads, near exhaustion, judged by the ownership oracle. */
@ParameterizedClass
@EnumSource(Contention.class)
class BuddyConcurrencyTest {
    @Parameter private Contention contention;

    private static final long REGION_BYTES = 32L << 20;
    private static final long REGION_PAGES = REGION_BYTES / PAGE_BYTES;

    private final VirtualAddressSpace space = VirtualAddressSpace.reserve(1L << 30);
    private BuddyAllocator buddy;
    private long largestAtFirst;
    private final ShadowMap shadow = new ShadowMap(PageOrder.PAGE_SHIFT);

    static IntStream threads() {
        return IntStream.of(Scale.threads());
    }

    @BeforeEach
    void makeAllocator() {
        buddy =
                BuddyAllocator.builder(space)
                        .contention(contention)
                        .commitThreshold(5)
                        .decay(Duration.ofMillis(4))
                        .build();
    }

    @AfterEach
    void closeAll() {
        buddy.close();
        space.close();
    }

    @ParameterizedTest
    @MethodSource("threads")
    @DisplayName("B-01 B-02 no block overlaps another, and all coalesce in the end")
    void noOverlapAndFullCoalesce(int threads) throws InterruptedException {
        addRegion();
        int steps = Scale.of(400_000, 100_000_000) / threads;
        Team.run(threads, true, number -> churn(new Random(number), number + 1, steps));
        assertThat(buddy.statistics().allocatedPages()).isZero();
        assertCoalesced();
    }

    /** Holds up to 40 blocks, so that eight threads want more than there is. */
    private void churn(Random random, int owner, int steps) {
        long[] address = new long[40];
        long[] pages = new long[address.length];
        for (int step = 0; step < steps; step++) {
            int slot = random.nextInt(address.length);
            if (address[slot] == 0) {
                pages[slot] = 1 + random.nextLong(1L << random.nextInt(9));
                address[slot] = buddy.palloc(pages[slot]);
                take(address[slot], pages[slot], owner);
            } else if (random.nextInt(4) == 0 && pages[slot] > 1) {
                long kept = 1 + random.nextLong(pages[slot] - 1);
                long tail = address[slot] + kept * PAGE_BYTES;
                release(tail, pages[slot] - kept, owner);
                buddy.pfreeRange(tail, pages[slot] - kept);
                pages[slot] = kept;
            } else {
                giveBack(address, pages, slot, owner);
            }
        }
        for (int slot = 0; slot < address.length; slot++) {
            giveBack(address, pages, slot, owner);
        }
    }

    private void giveBack(long[] address, long[] pages, int slot, int owner) {
        if (address[slot] != 0) {
            release(address[slot], pages[slot], owner);
            buddy.pfree(address[slot], pages[slot]);
            address[slot] = 0;
        }
    }

    private void take(long address, long pages, int owner) {
        if (address == 0) {
            return;
        }
        long other = shadow.claim(address, pages * PAGE_BYTES, OwnerWord.of(owner, 0));
        if (other != OwnerWord.NOBODY) {
            throw new AssertionError("0x%x is owned by %x".formatted(address, other));
        }
        for (long page = 0; page < pages; page++) {
            RawMemory.storeLongPlain(address + page * PAGE_BYTES, owner);
        }
    }

    private void release(long address, long pages, int owner) {
        for (long page = 0; page < pages; page++) {
            long stamp = RawMemory.loadLongPlain(address + page * PAGE_BYTES);
            if (stamp != owner) {
                throw new AssertionError(
                        "page %d of 0x%x holds %d".formatted(page, address, stamp));
            }
        }
        long found = shadow.release(address, pages * PAGE_BYTES, OwnerWord.of(owner, 0));
        assertThat(found).isEqualTo(OwnerWord.of(owner, 0));
    }

    @ParameterizedTest
    @MethodSource("threads")
    @DisplayName(
            "B-03 no request fails while a fitting block is free, commits and decommits under way included")
    void noSpuriousExhaustion(int threads) throws InterruptedException {
        addRegion();
        // Blocks of one size: as many permits as blocks, so whoever holds a permit must get a
        // block.
        long blockPages = 64;
        Semaphore blocks = new Semaphore((int) (REGION_PAGES / blockPages));
        int steps = Scale.of(200_000, 10_000_000) / threads;
        Team.run(
                threads,
                number -> {
                    long[] held = new long[400 / threads];
                    Random random = new Random(number);
                    for (int step = 0; step < steps; step++) {
                        int slot = random.nextInt(held.length);
                        if (held[slot] != 0) {
                            buddy.pfree(held[slot], blockPages);
                            held[slot] = 0;
                            blocks.release();
                        } else if (blocks.tryAcquire()) {
                            held[slot] = buddy.palloc(blockPages);
                            if (held[slot] == 0) {
                                throw new AssertionError("failed at step " + step);
                            }
                        }
                    }
                    for (long block : held) {
                        if (block != 0) {
                            buddy.pfree(block);
                            blocks.release();
                        }
                    }
                });
        assertThat(buddy.statistics().failedAllocations()).isZero();
        assertCoalesced();
    }

    @Test
    @DisplayName("B-04 two threads free two buddies at the same instant, and they merge every time")
    @Tag("several-cpus")
    void buddiesFreedAtTheSameInstantMerge() throws InterruptedException {
        // With no pages at hand and no clock that takes pages, so that two buddies are handed out.
        buddy.close();
        buddy =
                BuddyAllocator.builder(space)
                        .contention(contention)
                        .pagesAtHand(false)
                        .commitThreshold(5)
                        .decay(Duration.ofHours(1))
                        .build();
        addRegion();
        int rounds = Scale.of(20_000, 10_000_000);
        long[] pair = new long[2];
        CyclicBarrier handedOut =
                new CyclicBarrier(
                        2,
                        () -> {
                            assertThat(buddy.availablePages()).isEqualTo(REGION_PAGES);
                            pair[0] = buddy.palloc(1);
                            pair[1] = buddy.palloc(1);
                            assertThat(pair[0] ^ pair[1]).isEqualTo(PAGE_BYTES);
                        });
        Team.run(
                2,
                number -> {
                    for (int round = 0; round < rounds; round++) {
                        handedOut.await();
                        buddy.pfree(pair[number], 1);
                        if (round == rounds - 1) {
                            return;
                        }
                    }
                });
        assertCoalesced();
    }

    @Test
    @DisplayName("B-05 regions added under load are used, and none is merged with its neighbour")
    @Tag("several-cpus")
    void regionsAddedUnderLoad() throws InterruptedException {
        int regions = 64;
        long regionBytes = 1L << 20;
        long area =
                space.mapAnonymous(regions * regionBytes, 2L << 20, Protection.READ_WRITE).start();
        int steps = Scale.of(10_000, 5_000_000);
        Team.run(
                4,
                number -> {
                    if (number == 0) {
                        for (int region = 0; region < regions; region++) {
                            buddy.addMemory(area + region * regionBytes, regionBytes);
                        }
                    } else {
                        churn(new Random(number), number, steps);
                    }
                });
        buddy.validate();
        assertThat(buddy.availablePages()).isEqualTo(regions * regionBytes / PAGE_BYTES);
        assertThat(buddy.maxAllocatablePages()).isEqualTo(regionBytes / PAGE_BYTES);
        assertThat(buddy.freeBlocks(PageOrder.covering(regionBytes / PAGE_BYTES)))
                .isEqualTo(regions);
    }

    @Test
    @DisplayName("B-07 of two threads that free the same block exactly one gets through")
    @Tag("several-cpus")
    void oneOfTwoFreesGetsThrough() throws InterruptedException {
        addRegion();
        int rounds = Scale.of(5_000, 1_000_000);
        long[] block = new long[1];
        int[] freed = new int[2];
        CyclicBarrier ready =
                new CyclicBarrier(
                        2,
                        () -> {
                            assertThat(freed[0] + freed[1]).isEqualTo(block[0] == 0 ? 0 : 1);
                            freed[0] = 0;
                            freed[1] = 0;
                            block[0] = buddy.palloc(1);
                        });
        Team.run(
                2,
                number -> {
                    for (int round = 0; round < rounds; round++) {
                        ready.await();
                        try {
                            buddy.pfree(block[0], 1);
                            freed[number] = 1;
                        } catch (io.offkraft.buddy.MisuseException second) {
                            assertThat(second.address()).isEqualTo(block[0]);
                        }
                    }
                    ready.await();
                });
        assertThat(buddy.statistics().allocatedPages()).isEqualTo(1);
    }

    private void addRegion() {
        buddy.addReserved(REGION_BYTES);
        largestAtFirst = buddy.maxAllocatablePages();
    }

    private void assertCoalesced() {
        buddy.validate();
        assertThat(buddy.availablePages()).isEqualTo(REGION_PAGES);
        // The region is aligned to 2 MiB only: of 32 MiB at least 16 MiB in one block, as at the
        // beginning.
        assertThat(buddy.maxAllocatablePages()).isEqualTo(largestAtFirst);
    }
}
