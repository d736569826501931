// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static io.offkraft.word.PageOrder.PAGE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.buddy.BuddyBuilder;
import io.offkraft.config.Contention;
import io.offkraft.faults.FaultInjectingSystemCalls;
import io.offkraft.sync.Synchronization;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.RawMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the page allocator gives back to the operating system, and when. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class BuddyDecayTest {
    private static final long REGION_BYTES = 16L << 20;
    private static final Duration NEVER = Duration.ofHours(1);
    private static final Duration SOON = Duration.ofMillis(40);

    private final FaultInjectingSystemCalls calls = FaultInjectingSystemCalls.none();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 9, 11})
    @DisplayName("B-11 after trim the resident pages are those of live blocks, to the page")
    void afterTrimResidentIsLive(int threshold) {
        try (VirtualAddressSpace space = space(calls);
                BuddyAllocator buddy = builder(space, NEVER).commitThreshold(threshold).build()) {
            Random random = new Random(threshold);
            Blocks blocks = new Blocks(buddy, buddy.addReserved(REGION_BYTES));
            for (int round = 0; round < Scale.of(12, 400); round++) {
                blocks.churn(random, 200);
                assertThat(blocks.residentPages()).isGreaterThanOrEqualTo(blocks.livePages());
                buddy.trim();
                buddy.validate();
                assertThat(blocks.residentPages()).isEqualTo(blocks.livePages());
                blocks.assertContent();
            }
            long before = blocks.residentPages();
            blocks.freeAll();
            assertThat(blocks.residentPages()).as("young memory stays").isEqualTo(before);
            buddy.trim();
            assertThat(blocks.residentPages()).isZero();
            assertThat(buddy.statistics().committedPages()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(
            names = {"NONE"},
            mode = EnumSource.Mode.EXCLUDE)
    @DisplayName(
            "B-11 what lies free between live blocks loses its memory within the decay time, without"
                    + " another call")
    @Tag("several-cpus")
    void freePagesOfChunksInUseDecay(Synchronization synchronization) {
        try (VirtualAddressSpace space = space(calls);
                BuddyAllocator buddy =
                        builder(space, SOON).synchronization(synchronization).build()) {
            Blocks blocks = new Blocks(buddy, buddy.addReserved(REGION_BYTES));
            for (int n = 0; n < 2000; n++) {
                blocks.allocate(1);
            }
            blocks.freeAllBut(20);
            await("still resident", () -> blocks.residentPages() <= blocks.livePages());
            assertThat(blocks.residentPages()).isEqualTo(blocks.livePages());
            blocks.assertContent();
            assertThat(buddy.statistics().discardedPages()).isGreaterThan(0);
        }
    }

    @Test
    @DisplayName("B-11 an allocator without a lock is touched by its owner only, whose frees decay")
    void ownerAloneGivesBackWithoutALock() {
        Set<Thread> callers = ConcurrentHashMap.newKeySet();
        FaultInjectingSystemCalls watched =
                FaultInjectingSystemCalls.choosing((_, _) -> {
                    callers.add(Thread.currentThread());
                    return 0;
                });
        try (VirtualAddressSpace space = space(watched);
                BuddyAllocator buddy =
                        builder(space, SOON).synchronization(Synchronization.NONE).build()) {
            Blocks blocks = new Blocks(buddy, buddy.addReserved(REGION_BYTES));
            for (int n = 0; n < 2000; n++) {
                blocks.allocate(1);
            }
            blocks.freeAllBut(20);
            await(
                    "still resident",
                    () -> {
                        buddy.pfree(buddy.palloc(1));
                        // The page of this pair is young each time.
                        return blocks.residentPages() <= blocks.livePages() + 1;
                    });
            blocks.assertContent();
        }
        assertThat(callers).containsExactly(Thread.currentThread());
    }

    @ParameterizedTest
    @EnumSource(
            names = {"NONE"},
            mode = EnumSource.Mode.EXCLUDE)
    @DisplayName("B-11 while the decay thread is held up in the kernel, allocations go on")
    @Tag("several-cpus")
    void decayNeverStopsAllocations(Synchronization synchronization) throws Exception {
        Gate gate = new Gate("offkraft-decay");
        try (VirtualAddressSpace space = space(gate.calls);
                BuddyAllocator buddy =
                        builder(space, SOON).synchronization(synchronization).build();
                gate) {
            buddy.addReserved(REGION_BYTES);
            assertThat(goesOnWhileGivingBack(Pages.of(buddy), gate, Duration.ofSeconds(30)))
                    .isTrue();
        }
    }

    @Test
    @DisplayName("B-11 while trim is held up in the kernel, allocations go on")
    @Tag("several-cpus")
    void trimNeverStopsAllocations() throws Exception {
        Gate gate = new Gate("trim");
        try (VirtualAddressSpace space = space(gate.calls);
                BuddyAllocator buddy = builder(space, NEVER).build();
                gate) {
            buddy.addReserved(REGION_BYTES);
            assertThat(goesOnWhileGivingBack(Pages.of(buddy), gate, Duration.ofSeconds(30)))
                    .isTrue();
        }
    }

    @Test
    @DisplayName("B-11 a trim waits for what the decay thread is just giving back")
    @Tag("several-cpus")
    void trimWaitsForTheClock() throws Exception {
        // Without a lock a trim waits for the lock of the clock: SharedRetention.
        Gate gate = new Gate("offkraft-decay");
        try (VirtualAddressSpace space = space(gate.calls);
                BuddyAllocator buddy = builder(space, SOON).contention(Contention.LOW).build();
                gate) {
            buddy.addReserved(REGION_BYTES);
            long chunk = buddy.palloc(512);
            gate.shut();
            buddy.pfree(chunk);
            gate.awaitSomeone();
            Thread trimmer = Thread.ofPlatform().name("trim").start(buddy::trim);
            await("the trim waits, or has ended", () -> !trimmer.isAlive() || isWaiting(trimmer));
            boolean waits = trimmer.isAlive();
            gate.open();
            trimmer.join();
            assertThat(waits).isTrue();
            assertThat(buddy.statistics().committedPages()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(Contention.class)
    @DisplayName("B-11 who only tries to trim does not wait for what the decay thread gives back")
    @Tag("several-cpus")
    void tryTrimDoesNotWait(Contention contention) throws Exception {
        Gate gate = new Gate("offkraft-decay");
        try (VirtualAddressSpace space = space(gate.calls);
                BuddyAllocator buddy = builder(space, SOON).contention(contention).build();
                gate) {
            buddy.addReserved(REGION_BYTES);
            long chunk = buddy.palloc(512);
            gate.shut();
            buddy.pfree(chunk);
            gate.awaitSomeone();
            Thread trimmer = Thread.ofPlatform().start(buddy::tryTrim);
            boolean ended = trimmer.join(Duration.ofSeconds(30));
            gate.open();
            trimmer.join();
            assertThat(ended).isTrue();
        }
    }

    @Test
    @DisplayName("B-11 negative control: an allocator that trims under its lock is found out")
    @Tag("several-cpus")
    void trimUnderALockIsFoundOut() throws Exception {
        Gate gate = new Gate("trim");
        try (VirtualAddressSpace space = space(gate.calls);
                BuddyAllocator buddy = builder(space, NEVER).build();
                gate) {
            buddy.addReserved(REGION_BYTES);
            Pages locked = new PagesUnderALock(Pages.of(buddy));
            assertThat(goesOnWhileGivingBack(locked, gate, Duration.ofMillis(300))).isFalse();
        }
    }

    /** Returns whether another thread gets free pages while giving back is held up at the gate. */
    private static boolean goesOnWhileGivingBack(Pages pages, Gate gate, Duration patience)
            throws InterruptedException {
        long chunk = pages.palloc(512);
        long small = pages.palloc(1);
        gate.shut();
        pages.pfree(chunk);
        Thread trimmer = Thread.ofPlatform().name("trim").unstarted(pages::trim);
        if (gate.threadName.equals("trim")) {
            trimmer.start();
        }
        gate.awaitSomeone();
        Thread allocating =
                Thread.ofPlatform()
                        .start(() -> {
                            for (int n = 0; n < 400; n++) {
                                long page = pages.palloc(1);
                                if (n % 2 == 0) {
                                    pages.pfree(page);
                                }
                            }
                        });
        boolean wentOn = allocating.join(patience);
        gate.open();
        allocating.join();
        trimmer.join();
        pages.pfree(small);
        return wentOn;
    }

    @Test
    @DisplayName("B-03 B-11 who finds nothing free waits for one system call of many")
    @Tag("several-cpus")
    void whoFindsNothingFreeWaitsForOneCall() throws Exception {
        // Without a lock, who finds nothing free waits for a moment only: LockFreePagesTest.
        Gate gate = new Gate("trim");
        try (VirtualAddressSpace space = space(gate.calls);
                BuddyAllocator buddy = builder(space, NEVER).contention(Contention.LOW).build();
                gate) {
            buddy.addReserved(2L << 20);
            List<Long> pages = new ArrayList<>();
            for (long page = buddy.palloc(1); page != 0; page = buddy.palloc(1)) {
                pages.add(page);
            }
            for (int n = 0; n < pages.size(); n += 2) {
                buddy.pfree(pages.get(n));
            }
            gate.shut();
            Thread trimmer = Thread.ofPlatform().name("trim").start(buddy::trim);
            gate.awaitSomeone();
            long[] got = {0};
            long[] discards = {-1};
            Thread waiting =
                    Thread.ofPlatform()
                            .start(() -> {
                                got[0] = buddy.palloc(1);
                                discards[0] = gate.calls.succeeded("madvise");
                            });
            await("the other waits", () -> isWaiting(waiting));
            gate.letOnePass();
            boolean soon = waiting.join(Duration.ofSeconds(20));
            gate.open();
            waiting.join();
            trimmer.join();
            assertThat(soon).isTrue();
            assertThat(got[0]).isNotZero();
            assertThat(discards[0]).isEqualTo(1);
            assertThat(buddy.statistics().discards()).isGreaterThan(200);
        }
    }

    /** The window's own await has said that it waits once it is in a call of another class. */
    private static boolean isWaiting(Thread thread) {
        StackTraceElement[] stack = thread.getStackTrace();
        for (int n = 1; n < stack.length; n++) {
            if (stack[n].getClassName().endsWith("CommitWindow")) {
                return stack[n].getMethodName().startsWith("await");
            }
        }
        return false;
    }

    /** What the check of progress needs of an allocator. */
    private interface Pages {
        long palloc(long pages);

        void pfree(long address);

        void trim();

        static Pages of(BuddyAllocator buddy) {
            return new Pages() {
                @Override
                public long palloc(long pages) {
                    return buddy.palloc(pages);
                }

                @Override
                public void pfree(long address) {
                    buddy.pfree(address);
                }

                @Override
                public void trim() {
                    buddy.trim();
                }
            };
        }
    }

    /** Broken: holds a lock across the system call. */
    private record PagesUnderALock(Pages pages) implements Pages {
        @Override
        public synchronized long palloc(long count) {
            return pages.palloc(count);
        }

        @Override
        public synchronized void pfree(long address) {
            pages.pfree(address);
        }

        @Override
        public synchronized void trim() {
            pages.trim();
        }
    }

    private interface Condition {
        boolean holds();
    }

    private static void await(String what, Condition condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private static VirtualAddressSpace space(FaultInjectingSystemCalls calls) {
        return VirtualAddressSpace.builder().bytes(64L << 20).systemCalls(calls).build();
    }

    private static BuddyBuilder builder(VirtualAddressSpace space, Duration decay) {
        return BuddyAllocator.builder(space).decay(decay);
    }

    /** Live blocks, each page of which carries a stamp. */
    private final class Blocks {
        private final BuddyAllocator buddy;
        private final long base;
        private final List<long[]> live = new ArrayList<>();

        Blocks(BuddyAllocator buddy, long base) {
            this.buddy = buddy;
            this.base = base;
        }

        void allocate(long pages) {
            long address = buddy.palloc(pages);
            if (address != 0) {
                for (long page = 0; page < pages; page++) {
                    RawMemory.storeLongPlain(address + page * PAGE_BYTES, address ^ page);
                }
                live.add(new long[] {address, pages});
            }
        }

        void churn(Random random, int steps) {
            for (int step = 0; step < steps; step++) {
                if (live.isEmpty() || random.nextInt(8) < 4) {
                    allocate(1 + random.nextLong(1L << random.nextInt(11)));
                } else {
                    long[] block = live.remove(random.nextInt(live.size()));
                    buddy.pfree(block[0], block[1]);
                }
            }
        }

        void freeAllBut(int every) {
            for (int n = live.size() - 1; n >= 0; n--) {
                if (n % every != 0) {
                    buddy.pfree(live.remove(n)[0]);
                }
            }
        }

        void freeAll() {
            live.forEach(block -> buddy.pfree(block[0]));
            live.clear();
        }

        long livePages() {
            return live.stream().mapToLong(block -> block[1]).sum();
        }

        long residentPages() {
            return calls.residentPages(base, REGION_BYTES);
        }

        void assertContent() {
            for (long[] block : live) {
                for (long page = 0; page < block[1]; page++) {
                    assertThat(RawMemory.loadLongPlain(block[0] + page * PAGE_BYTES))
                            .isEqualTo(block[0] ^ page);
                }
            }
        }
    }
}
