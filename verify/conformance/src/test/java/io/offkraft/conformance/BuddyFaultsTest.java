// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static io.offkraft.word.PageOrder.PAGE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.buddy.BuddyBuilder;
import io.offkraft.buddy.PageStatistics;
import io.offkraft.config.Contention;
import io.offkraft.faults.FaultInjectingSystemCalls;
import io.offkraft.platform.Errno;
import io.offkraft.platform.SystemCallException;
import io.offkraft.vmem.Area;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.RawMemory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page allocator on an operating system that refuses. */
class BuddyFaultsTest {
    private static final long REGION_BYTES = 8L << 20;
    private static final int CHUNK_ORDER = 3;
    private static final long CHUNK_BYTES = PAGE_BYTES << CHUNK_ORDER;

    /** Those of the beginning differ; the later ones come again and again. */
    private static final int ALL_OF_FIRST = 24;

    @ParameterizedTest
    @ValueSource(ints = {Errno.ENOMEM, Errno.EAGAIN, Errno.EINVAL})
    @DisplayName(
            "B-11 whichever system call is refused, nothing leaks and nothing is half committed")
    void everyNthRefusal(int errno) throws IOException {
        long calls = run(FaultInjectingSystemCalls.none(), 0);
        assertThat(calls).isGreaterThan(100);
        int step = Scale.of(errno == Errno.ENOMEM ? 17 : 29, 1); // the others are taken as it is
        for (long n = 1; n <= calls; n += n < ALL_OF_FIRST ? 1 : step) {
            FaultInjectingSystemCalls faulty = FaultInjectingSystemCalls.failingNth(n, errno);
            run(faulty, errno);
            assertThat(faulty.failed()).as("call %d", n).isEqualTo(1);
        }
    }

    @Test
    @DisplayName("B-11 with all memory refused, what is committed still serves smaller requests")
    void smallerRequestsSucceedWithoutNewMemory() {
        boolean[] refuse = {false};
        FaultInjectingSystemCalls calls =
                FaultInjectingSystemCalls.choosing((call, number) -> refuse[0] ? Errno.ENOMEM : 0);
        try (VirtualAddressSpace space = space(calls);
                BuddyAllocator buddy = buddy(space, Duration.ofHours(1))) {
            buddy.addReserved(REGION_BYTES);
            long first = buddy.palloc(1);
            refuse[0] = true;
            assertThat(buddy.palloc(1L << CHUNK_ORDER)).isZero();
            assertThat(buddy.palloc(100)).isZero();
            List<Long> rest = new ArrayList<>();
            for (int page = 1; page < 1 << CHUNK_ORDER; page++) {
                long block = buddy.palloc(1);
                assertThat(block).isNotZero();
                rest.add(block);
            }
            assertThat(buddy.palloc(1)).isZero();
            assertThat(buddy.statistics().failedAllocations()).isEqualTo(3);
            refuse[0] = false;
            assertThat(buddy.palloc(100)).isNotZero();
            rest.forEach(buddy::pfree);
            buddy.pfree(first);
            buddy.validate();
        }
    }

    @Test
    @DisplayName("B-11 committed memory, commits and decommits equal a model's after every step")
    void commitsEqualAModel() {
        FaultInjectingSystemCalls calls = FaultInjectingSystemCalls.none();
        try (VirtualAddressSpace space = space(calls);
                BuddyAllocator buddy = buddy(space, Duration.ZERO)) {
            long base = buddy.addReserved(REGION_BYTES);
            long metadata = space.committedBytes();
            Random random = new Random(11);
            List<long[]> live = new ArrayList<>();
            Set<Long> chunks = Set.of();
            long commits = 0;
            long decommits = 0;
            for (int step = 0; step < Scale.of(2_000, 200_000); step++) {
                if (live.isEmpty() || random.nextInt(5) < 3) {
                    long pages = 1 + random.nextLong(1L << random.nextInt(8));
                    long address = buddy.palloc(pages);
                    if (address != 0) {
                        live.add(new long[] {address, pages});
                    }
                } else {
                    long[] block = live.remove(random.nextInt(live.size()));
                    buddy.pfree(block[0], block[1]);
                }
                Set<Long> chunksNow = chunksOf(live, base);
                commits += runs(chunksNow, chunks); // a call for each run of new chunks
                decommits += runs(chunks, chunksNow); // and for each run of those that went
                chunks = chunksNow;
                PageStatistics statistics = buddy.statistics();
                assertThat(space.committedBytes() - metadata)
                        .as("step %d", step)
                        .isEqualTo(chunks.size() * CHUNK_BYTES)
                        .isEqualTo(statistics.committedPages() * PAGE_BYTES);
                assertThat(statistics.commits()).as("step %d", step).isEqualTo(commits);
                assertThat(statistics.decommits()).as("step %d", step).isEqualTo(decommits);
            }
            live.forEach(block -> buddy.pfree(block[0]));
            assertThat(buddy.statistics().committedPages()).isZero();
        }
    }

    @Test
    @DisplayName("B-11 what lies free is given back within the decay time, without another call")
    @Tag("several-cpus")
    void decayGivesBackByItself() throws InterruptedException {
        FaultInjectingSystemCalls calls = FaultInjectingSystemCalls.none();
        try (VirtualAddressSpace space = space(calls);
                BuddyAllocator buddy = buddy(space, Duration.ofMillis(40))) {
            long base = buddy.addReserved(REGION_BYTES);
            long block = buddy.palloc(1000);
            RawMemory.fill(block, 1000 * PAGE_BYTES, (byte) 1);
            assertThat(calls.residentPages(base, REGION_BYTES)).isEqualTo(1000);
            buddy.pfree(block);
            long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (calls.residentPages(base, REGION_BYTES) > 0) {
                assertThat(System.nanoTime()).as("still resident").isLessThan(deadline);
                Thread.onSpinWait();
            }
            assertThat(buddy.statistics().retainedPages()).isZero();
        }
    }

    @Test
    @DisplayName("what is being unmapped is out of reach of decay and trim")
    void regionThatIsBeingUnmappedIsOutOfReach() {
        BuddyAllocator[] closing = {null};
        List<Boolean> trimmed = new ArrayList<>();
        FaultInjectingSystemCalls calls =
                FaultInjectingSystemCalls.choosing((_, _) -> {
                    if (closing[0] != null) {
                        // In the middle of close, which holds the space's lock: a trim that finds a
                        // region would wait for that, and then use what is gone.
                        trimmed.add(ends(new Thread(closing[0]::trim)));
                    }
                    return 0;
                });
        try (VirtualAddressSpace space = space(calls)) {
            // Without a lock a trim waits for the whole close instead.
            try (BuddyAllocator buddy =
                    builder(space, Duration.ofHours(1)).contention(Contention.LOW).build()) {
                buddy.addReserved(REGION_BYTES);
                buddy.pfree(buddy.palloc(1L << CHUNK_ORDER));
                assertThat(buddy.statistics().retainedPages()).isEqualTo(1L << CHUNK_ORDER);
                closing[0] = buddy;
            }
            closing[0] = null;
        }
        assertThat(trimmed).isNotEmpty().containsOnly(true);
    }

    private static boolean ends(Thread thread) {
        thread.start();
        try {
            return thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Everything the allocator does, single-threaded; returns the system calls it took. */
    private static long run(FaultInjectingSystemCalls calls, int errno) throws IOException {
        VirtualAddressSpace space;
        try {
            space = space(calls);
        } catch (SystemCallException refused) {
            assertThat(refused.errno()).isEqualTo(errno);
            return calls.made();
        }
        try (BuddyAllocator buddy = buddy(space, Duration.ZERO)) {
            long base = tolerate(() -> buddy.addReserved(REGION_BYTES), errno);
            if (base == 0) {
                assertThat(space.areas()).isEmpty();
                base = buddy.addReserved(REGION_BYTES);
            }
            work(space, buddy, base, errno, calls);
            close(buddy, errno);
        }
        assertClosed(space);
        return calls.made();
    }

    /** If the kernel refuses, another close goes on where the first one stopped. */
    private static void close(BuddyAllocator buddy, int errno) {
        try {
            buddy.close();
        } catch (SystemCallException refused) {
            assertThat(refused.errno()).isEqualTo(errno);
        }
    }

    /** Looks at everything now and then, and in the step in which a call was refused. */
    private static void work(
            VirtualAddressSpace space,
            BuddyAllocator buddy,
            long base,
            int errno,
            FaultInjectingSystemCalls calls) {
        Random random = new Random(7);
        List<long[]> live = new ArrayList<>();
        long failed = calls.failed();
        for (int step = 0; step < 100; step++) {
            if (live.isEmpty() || random.nextInt(5) < 3) {
                long pages = 1 + random.nextLong(1L << random.nextInt(9));
                long address = tolerate(() -> buddy.palloc(pages), errno);
                if (address != 0) {
                    RawMemory.fill(address, pages * PAGE_BYTES, (byte) step);
                    live.add(new long[] {address, pages});
                }
            } else if (random.nextInt(3) == 0) {
                long[] block = live.get(random.nextInt(live.size()));
                long more = block[1] + 20;
                if (tolerate(() -> buddy.tryExtend(block[0], more) ? 1 : 0, errno) != 0) {
                    block[1] = more;
                    RawMemory.fill(block[0], more * PAGE_BYTES, (byte) step);
                }
            } else {
                long[] block = live.remove(random.nextInt(live.size()));
                buddy.pfree(block[0], block[1]);
            }
            if (step % 25 == 0 || calls.failed() > failed) {
                failed = calls.failed();
                buddy.validate();
                assertAgree(space, buddy, live, base);
            }
        }
        live.forEach(block -> buddy.pfree(block[0], block[1]));
        buddy.trim();
        buddy.validate();
        assertThat(buddy.statistics().committedPages()).isZero();
        assertThat(buddy.availablePages()).isEqualTo(REGION_BYTES / PAGE_BYTES);
    }

    /** The allocator's own figure, the space's areas and the live blocks tell the same. */
    private static void assertAgree(
            VirtualAddressSpace space, BuddyAllocator buddy, List<long[]> live, long base) {
        long committed =
                space.areas().stream()
                        .filter(area -> area.kind() == Area.Kind.ANONYMOUS)
                        .mapToLong(area -> overlap(area, base, base + REGION_BYTES))
                        .sum();
        assertThat(committed).isEqualTo(buddy.statistics().committedPages() * PAGE_BYTES);
        assertThat(committed).isGreaterThanOrEqualTo(chunksOf(live, base).size() * CHUNK_BYTES);
    }

    private static long overlap(Area area, long start, long end) {
        return Math.max(0, Math.min(area.end(), end) - Math.max(area.start(), start));
    }

    /** Returns the runs of numbers without a gap that are in one set and not in the other. */
    private static long runs(Set<Long> in, Set<Long> notIn) {
        return in.stream()
                .filter(n -> !notIn.contains(n))
                .filter(n -> !in.contains(n - 1) || notIn.contains(n - 1))
                .count();
    }

    private static Set<Long> chunksOf(List<long[]> live, long base) {
        Set<Long> chunks = new HashSet<>();
        for (long[] block : live) {
            long end = block[0] + block[1] * PAGE_BYTES;
            for (long at = block[0]; at < end; at += PAGE_BYTES) {
                chunks.add((at - base) / CHUNK_BYTES);
            }
        }
        return chunks;
    }

    private interface Call {
        long run();
    }

    private static long tolerate(Call call, int errno) {
        try {
            return call.run();
        } catch (SystemCallException refused) {
            assertThat(refused.errno()).isEqualTo(errno);
            return 0;
        }
    }

    private static void assertClosed(VirtualAddressSpace space) throws IOException {
        try {
            space.close();
        } catch (SystemCallException refused) {
            space.close(); // state unchanged: the second try succeeds
        }
        assertThat(Mappings.within(space.baseAddress(), space.baseAddress() + space.bytes()))
                .isEmpty();
    }

    private static VirtualAddressSpace space(FaultInjectingSystemCalls calls) {
        return VirtualAddressSpace.builder().bytes(64L << 20).systemCalls(calls).build();
    }

    private static BuddyAllocator buddy(VirtualAddressSpace space, Duration decay) {
        return builder(space, decay).build();
    }

    private static BuddyBuilder builder(VirtualAddressSpace space, Duration decay) {
        return BuddyAllocator.builder(space).commitThreshold(CHUNK_ORDER).decay(decay);
    }
}
