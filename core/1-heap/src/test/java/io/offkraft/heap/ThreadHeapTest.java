// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.sync.Synchronization;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A heap in the hands of one thread, and the others that free and look meanwhile. */
@Tag("several-cpus")
class ThreadHeapTest {
    private static final long MIB = 1L << 20;
    private static final long SIZE = 100;

    /** More than a thread needs to get a stripe of its own. */
    private static final int WARM = 1000;

    private final Heap heap =
            Heap.builder().capacityBytes(256 * MIB).decay(Duration.ofHours(1)).build();
    private final ThreadHeap mine = heap.threadHeap();
    private final ExecutorService other = Executors.newSingleThreadExecutor();

    @AfterEach
    void close() {
        other.close();
        heap.close();
    }

    private static void warm(ThreadHeap threadHeap, long size) {
        for (int i = 0; i < WARM; i++) {
            threadHeap.free(threadHeap.malloc(size));
        }
    }

    /** Makes sure that the next block of the size is lent. */
    private void warm() {
        warm(mine, SIZE);
        assumeTrue(heap.stripes().get(0).isOwned(), "the kernel has no barrier for other threads");
        assertThat(isLent()).isTrue();
    }

    private boolean isLent() {
        return heap.stripes().get(0).bin(SizeClasses.of(SIZE)).magazine().isAnyLent();
    }

    private void onOther(Runnable work) throws Exception {
        other.submit(work).get();
    }

    private static void assertDoubleFree(Runnable free) {
        assertThatThrownBy(free::run)
                .isInstanceOfSatisfying(
                        MisuseException.class,
                        misuse -> assertThat(misuse.kind()).isEqualTo(Kind.DOUBLE_FREE));
    }

    private Set<Long> blocks() {
        final Set<Long> told = new HashSet<>();
        heap.forEachBlock((address, _) -> told.add(address));
        return told;
    }

    @Test
    @DisplayName("M-02 what is freed is the next, and the heap counts and tells of it as of others")
    void pairIsTheSameBlock() {
        warm();
        final HeapStatistics before = heap.statistics();
        final long block = mine.malloc(SIZE);
        assertThat(blocks()).containsExactly(block);
        assertThat(heap.usableSize(block)).isBetween(SIZE, SIZE + SIZE / 8);
        mine.free(block);
        assertThat(blocks()).isEmpty();
        assertThat(mine.malloc(SIZE)).isEqualTo(block);
        final long second = mine.malloc(SIZE);
        assertThat(blocks()).containsExactlyInAnyOrder(block, second);
        mine.free(block);
        mine.free(second);
        final HeapStatistics after = heap.statistics();
        assertThat(after.allocations() - before.allocations()).isEqualTo(3);
        assertThat(after.frees() - before.frees()).isEqualTo(3);
        assertThat(after.liveBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 16, 1000, 4096, 32_768, 32_769, 1 << 20})
    @DisplayName("M-02 blocks of all sizes are the caller's alone until they are freed")
    void blocksOfAllSizes(long size) {
        warm();
        final List<Long> blocks = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            blocks.add(mine.malloc(size));
            if (i % 3 == 2) {
                mine.free(blocks.remove(i % 7 == 0 ? 0 : blocks.size() - 1));
            }
            assertThat(blocks).doesNotContain(0L).doesNotHaveDuplicates();
        }
        assertThat(blocks()).hasSameElementsAs(blocks);
        blocks.forEach(mine::free);
        assertThat(heap.statistics().liveBytes()).isZero();
        mine.free(0);
    }

    /** The block that was handed out last is lent, the others are not: either may be freed. */
    @ParameterizedTest
    @CsvSource({"100, true", "100, false", "100_000, true", "100_000, false"})
    @DisplayName("B-07 a block is freed once, whichever way, and by whichever thread")
    void secondFreeIsNoticed(long size, boolean lent) throws Exception {
        final List<Function<ThreadHeap, FreeOf>> ways =
                List.of(
                        its -> its::free,
                        its -> its.heap()::free,
                        its -> block -> onOther(() -> its.heap().free(block)),
                        its -> block -> onOther(() -> its.free(block)));
        for (Function<ThreadHeap, FreeOf> first : ways) {
            for (Function<ThreadHeap, FreeOf> second : ways) {
                try (Heap fresh = Heap.builder().capacityBytes(16 * MIB).build()) {
                    final ThreadHeap its = fresh.threadHeap();
                    warm(its, size);
                    final long block = its.malloc(size);
                    final long later = lent ? 0 : its.malloc(size);
                    first.apply(its).run(block);
                    assertDoubleFree(() -> second.apply(its).runOrThrow(block));
                    its.free(later);
                    assertThat(fresh.statistics().liveBytes()).isZero();
                    assertThat(its.malloc(size)).isNotEqualTo(its.malloc(size));
                }
            }
        }
    }

    /** A way to free a block, which throws what the free throws. */
    private interface FreeOf {
        void run(long block) throws Exception;

        default void runOrThrow(long block) {
            try {
                run(block);
            } catch (MisuseException misuse) {
                throw misuse;
            } catch (Exception wrapped) {
                if (wrapped.getCause() instanceof MisuseException misuse) {
                    throw misuse;
                }
                throw new AssertionError(wrapped);
            }
        }
    }

    @Test
    @DisplayName("B-07 a wild, an interior and a negated address are noticed")
    void addressThatIsNoBlock() {
        warm();
        final long block = mine.malloc(SIZE);
        for (long wrong : new long[] {block + 16, block + 1, ~block, -block, 4096}) {
            assertThatThrownBy(() -> mine.free(wrong)).isInstanceOf(MisuseException.class);
        }
        mine.free(block);
        for (long wrong : new long[] {block + 16, ~block}) {
            assertThatThrownBy(() -> mine.free(wrong)).isInstanceOf(MisuseException.class);
        }
        assertThatThrownBy(() -> heap.usableSize(block)).isInstanceOf(MisuseException.class);
        assertThatThrownBy(() -> heap.realloc(block, 1)).isInstanceOf(MisuseException.class);
    }

    @Test
    @DisplayName("B-12 a large block that another freed is followed by some that are not lent")
    void nothingLargeIsLentWhereOthersFree() throws Exception {
        final long size = 100_000;
        warm();
        warm(mine, size);
        final LargeLoans loans = heap.stripes().get(0).loans();
        final long pages = LargeBlocks.pagesOf(size);
        final long first = mine.malloc(size);
        assertThat(loans.isTaken(first, pages)).isTrue();
        onOther(() -> heap.free(first));
        mine.free(heap.malloc(size)); // which the thread keeps, to be handed out and not lent
        final long second = mine.malloc(size);
        assertThat(loans.isTaken(second, pages)).isFalse();
        mine.free(second);
        warm(mine, size);
        final long third = mine.malloc(size);
        assertThat(loans.isTaken(third, pages)).isTrue();
        mine.free(third);
        assertThat(heap.statistics().liveBytes()).isZero();
    }

    @Test
    @DisplayName("B-07 B-12 what is lent is looked for as long as it is, wherever others free")
    void lentBlockIsLookedFor() throws Exception {
        warm();
        final long freed = mine.malloc(SIZE);
        final long lent = mine.malloc(SIZE);
        onOther(() -> heap.free(freed));
        final long[] blocks = new long[500]; // of several exchanges with the slabs
        Arrays.setAll(blocks, _ -> heap.malloc(SIZE));
        assertThat(isLent()).isTrue();
        onOther(() -> heap.free(lent));
        assertDoubleFree(() -> mine.free(lent));
        Arrays.stream(blocks).forEach(mine::free);
        assertThat(heap.statistics().liveBytes()).isZero();
    }

    @Test
    @DisplayName("M-09 an idle thread keeps its stripe while it lends, and until it releases")
    void idleThreadKeepsItsStripe() {
        warm();
        final Stripe base = heap.stripes().get(0);
        heap.stripes().withdrawIdle();
        heap.stripes().withdrawIdle();
        assertThat(base.isOwned()).isTrue();
        final long block = mine.malloc(SIZE);
        mine.free(block);

        mine.release();
        assertThat(isLent()).isFalse();
        heap.stripes().withdrawIdle();
        heap.stripes().withdrawIdle();
        assertThat(base.isOwned()).isFalse();
        warm();
    }

    @Test
    @DisplayName("M-09 what was lent to a thread that is dead goes back")
    void deadThreadKeepsNothing() throws Exception {
        final Thread thread =
                new Thread(() -> {
                    final ThreadHeap its = heap.threadHeap();
                    for (long size = 16; size <= MIB; size *= 2) {
                        warm(its, size);
                    }
                });
        thread.start();
        thread.join();
        assertThat(heap.statistics().liveBytes()).isZero();
        heap.stripes().withdrawIdle();
        heap.trim();
        assertThat(heap.statistics().heldBytes()).isZero();
    }

    @Test
    @DisplayName("M-10 the thread's own trim gives all back; another's what the thread gives up")
    void trimGivesBack() throws Exception {
        warm();
        warm(mine, 50_000);
        heap.trim();
        assertThat(heap.statistics().heldBytes()).isZero();
        warm();
        warm(mine, 50_000);
        onOther(heap::trim);
        assertThat(heap.statistics().heldBytes()).isPositive();
        mine.free(mine.malloc(SIZE)); // ends what was lent before, and lends anew
        mine.release();
        onOther(heap::trim);
        assertThat(heap.statistics().heldBytes()).isZero();
    }

    @Test
    @DisplayName("M-10 what is lent is no reason for a request of the thread to fail")
    void requestThatNeedsWhatIsLent() {
        try (Heap small = Heap.builder().capacityBytes(4 * MIB).limitBytes(MIB).build()) {
            final ThreadHeap its = small.threadHeap();
            for (long size = 1024; size <= 65_536; size += 1024) {
                warm(its, size);
            }
            final long all = its.malloc(MIB);
            assertThat(all).isNotZero();
            its.free(all);
        }
    }

    @Test
    @DisplayName("M-04 a lent block is looked at, resized and given away as any other")
    void lentLargeBlock() {
        final long size = 100_000;
        warm();
        warm(mine, size);
        final LargeLoans loans = heap.stripes().get(0).loans();
        final long block = mine.malloc(size);
        assertThat(loans.isTaken(block, LargeBlocks.pagesOf(size))).isTrue();
        assertThat(blocks()).contains(block);
        assertThat(heap.usableSize(block)).isEqualTo(102_400);
        assertThat(loans.isTaken(block, LargeBlocks.pagesOf(size))).isTrue();
        final HeapStatistics before = heap.statistics();
        mine.free(block);
        assertThat(mine.malloc(size)).isEqualTo(block);
        mine.free(block);
        assertThat(blocks()).isEmpty();
        final HeapStatistics after = heap.statistics();
        assertThat(after.liveBytes()).isZero();
        assertThat(after.heldBytes()).isEqualTo(before.heldBytes());
        assertThat(after.frees() - before.frees()).isEqualTo(2);
        assertThatThrownBy(() -> heap.usableSize(block)).isInstanceOf(MisuseException.class);
        assertThatThrownBy(() -> mine.free(block + 4096)).isInstanceOf(MisuseException.class);

        warm(mine, MIB + 1);
        final long largest = mine.malloc(MIB + 1);
        assertThat(loans.isTaken(largest, LargeBlocks.pagesOf(MIB + 1))).isFalse();
        mine.free(largest);

        assertThat(mine.malloc(size)).isEqualTo(block);
        final long longer = heap.realloc(block, 2 * size);
        mine.free(longer);
        assertDoubleFree(() -> mine.free(longer));
        try (Heap child = heap.child().limitBytes(MIB).build()) {
            warm(mine, size);
            final long given = mine.malloc(size);
            assertThat(heap.transferTo(given, child)).isEqualTo(given);
            assertThatThrownBy(() -> mine.free(given)).isInstanceOf(MisuseException.class);
            child.free(given);
            assertDoubleFree(() -> child.free(given));
        }
        assertThat(heap.statistics().liveBytes()).isZero();
        assertThat(heap.unaccountedPages()).isZero();
    }

    @Test
    @DisplayName("M-06 a loan that ends while another thread frees or asks is no misuse of it")
    void loanEndsMeanwhile() {
        final long size = 100_000;
        warm();
        warm(mine, size);
        final Stripe lender = heap.stripes().get(0);
        final long pages = LargeBlocks.pagesOf(size);
        final long seen = PageMap.largeEntry(lender.index(), PageMap.LENT, pages);
        final long block = mine.malloc(size);
        assertThat(lender.loans().isTaken(block, pages)).isTrue();
        mine.release();

        assertThat(heap.large().endLoan(lender, block, seen))
                .isEqualTo(heap.large().entryOf(pages));
        assertThat(heap.large().usableBytesOr0(block, seen)).isEqualTo(102_400);
        mine.free(block);
    }

    @Test
    @DisplayName("M-11 a tick that is late takes back nothing that a closed heap has lent")
    void tickAfterTheEnd() throws Exception {
        final Heap child = heap.child().build();
        final long[] its = new long[1];
        onThread(() -> {
            final ThreadHeap threadHeap = child.threadHeap();
            warm(threadHeap, SIZE);
            its[0] = threadHeap.malloc(SIZE);
            threadHeap.free(its[0]);
        });
        child.close();
        long block = heap.malloc(SIZE);
        for (int i = 0; i < 100_000 && block != its[0]; i++) {
            block = heap.malloc(SIZE);
        }
        assertThat(block).as("the same memory").isEqualTo(its[0]);
        heap.malloc(SIZE); // is in the hand
        child.stripes().withdrawIdle();
        child.stripes().withdrawIdle();
        heap.free(block);
    }

    @Test
    @DisplayName("M-10 what was lent to a dead thread is no reason for a request to fail")
    void requestThatNeedsWhatADeadThreadHad() throws Exception {
        try (Heap small = Heap.builder().capacityBytes(16 * MIB).limitBytes(4 * MIB).build()) {
            onThread(() -> {
                final ThreadHeap its = small.threadHeap();
                warm(its, SIZE);
                warm(its, MIB);
            });
            assertThat(small.malloc(4 * MIB)).isNotZero();
        }
    }

    private static void onThread(Runnable work) throws InterruptedException {
        final Thread thread = new Thread(work);
        thread.start();
        thread.join();
    }

    @Test
    @DisplayName("B-12 a thread that frees a large block lent to itself goes on without the guard")
    void ownLoanEnds() {
        warm();
        warm(mine, 100_000);
        final long large = mine.malloc(100_000);
        final long small = mine.malloc(SIZE);
        mine.free(large);
        mine.free(small);
        final Stripe stripe = heap.stripes().get(0);
        assertThat(stripe.tenant().isDirect(Thread.currentThread())).isTrue();
        assertThat(heap.realloc(mine.malloc(100_000), 50_000)).isEqualTo(large);
        assertThat(stripe.tenant().isDirect(Thread.currentThread())).isTrue();
        mine.free(large);
    }

    @Test
    @DisplayName("M-09 threads that are lent to and idle leave half of the stripes to others")
    void notAllStripesAreLent() throws Exception {
        final int most = heap.stripes().mostLenders();
        final CountDownLatch warm = new CountDownLatch(most + 3);
        final CountDownLatch end = new CountDownLatch(1);
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < most + 3; i++) {
            final Thread thread =
                    new Thread(() -> {
                        final ThreadHeap its = heap.threadHeap();
                        warm(its, SIZE);
                        warm(its, 100_000);
                        warm.countDown();
                        try {
                            end.await();
                        } catch (InterruptedException over) {
                            throw new IllegalStateException(over);
                        }
                    });
            threads.add(thread);
            thread.start();
        }
        warm.await();
        heap.stripes().withdrawIdle();
        heap.stripes().withdrawIdle();
        assertThat(owned()).isEqualTo(most);
        end.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        heap.stripes().withdrawIdle();
        assertThat(owned()).isZero();
        assertThat(heap.statistics().liveBytes()).isZero();
        for (int i = 0; i < ExchangeCount.ENOUGH * LoanRest.CALLS_A_TRY / WARM + 1; i++) {
            warm(mine, SIZE); // the others may have freed each other's blocks
        }
        warm();
    }

    private long owned() {
        return Arrays.stream(heap.stripes().all()).filter(Stripe::isOwned).count();
    }

    @Test
    @DisplayName("any object of the thread releases what is lent to it")
    void releaseByAnother() {
        warm();
        heap.threadHeap().release();
        assertThat(isLent()).isFalse();
    }

    @Test
    @DisplayName("M-11 after the end of the heap calls are refused")
    void closedHeap() {
        warm();
        final long block = mine.malloc(SIZE);
        final long free = mine.malloc(SIZE);
        mine.free(free);
        heap.close();
        assertThatIllegalStateException().isThrownBy(() -> mine.malloc(SIZE));
        assertThatIllegalStateException().isThrownBy(() -> mine.free(block));
        mine.release();
        assertThat(heap.statistics().allocations() - heap.statistics().frees()).isEqualTo(1);
    }

    @Test
    @DisplayName("other threads use it as they use the heap, and may not release")
    void otherThreads() throws Exception {
        warm();
        final long kept = mine.malloc(SIZE);
        onOther(() -> {
            warm(mine, SIZE);
            final long block = mine.malloc(SIZE);
            assertThat(block).isNotEqualTo(kept);
            mine.free(block);
            mine.free(kept);
            assertThatThrownBy(mine::release).isInstanceOf(WrongThreadException.class);
        });
        assertDoubleFree(() -> mine.free(kept));
        final Callable<Long> virtual = () -> mine.malloc(SIZE);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            mine.free(threads.submit(virtual).get());
        }
        assertThat(heap.statistics().liveBytes()).isZero();
    }

    @Test
    @DisplayName("two of the same thread share what is lent")
    void twoOfAThread() {
        warm();
        final ThreadHeap second = heap.threadHeap();
        warm(second, SIZE);
        final long block = mine.malloc(SIZE);
        second.free(block);
        assertDoubleFree(() -> mine.free(block));
        assertThat(second.malloc(SIZE)).isEqualTo(block);
        second.release();
        mine.free(block);
        assertThat(heap.statistics().liveBytes()).isZero();
    }

    @Test
    @DisplayName("a heap without synchronization has one, too")
    void withoutSynchronization() {
        try (Heap alone = Heap.builder().synchronization(Synchronization.NONE).build()) {
            final ThreadHeap its = alone.threadHeap();
            warm(its, SIZE);
            assertThat(alone.statistics().liveBytes()).isZero();
        }
    }

    @Test
    @DisplayName("M-02 B-07 at random: heap, thread's heap and another thread, beside a model")
    void random() throws Exception {
        final Random random = new Random(5);
        final List<Long> live = new ArrayList<>();
        final List<Long> dead = new ArrayList<>();
        warm();
        for (int step = 0; step < 20_000; step++) {
            final int bits = 4 + random.nextInt(random.nextInt(4) == 0 ? 15 : 8);
            final long size = 1 + random.nextLong(1L << bits);
            final int some = live.isEmpty() ? 0 : random.nextInt(live.size());
            switch (random.nextInt(12)) {
                case 0, 1, 2 -> live.add(mine.malloc(size));
                case 3 -> live.add(heap.malloc(size));
                case 4, 5, 6 -> free(live, live.size() - 1, dead, mine::free);
                case 7, 8 -> free(live, some, dead, mine::free);
                case 9 -> free(live, some, dead, heap::free);
                case 10 -> free(live, some, dead, block -> onOther(() -> heap.free(block)));
                default -> mine.release();
            }
            assertThat(live).doesNotContain(0L);
            dead.removeAll(live);
            if (!dead.isEmpty() && step % 7 == 0) {
                final long block = dead.get(random.nextInt(dead.size()));
                assertThatThrownBy(() -> mine.free(block)).isInstanceOf(MisuseException.class);
            }
            if (step % 500 == 0) {
                assertThat(blocks()).hasSameElementsAs(live);
            }
            if (dead.size() > 50) {
                dead.subList(0, 40).clear();
            }
        }
        assertThat(live).doesNotHaveDuplicates();
        live.forEach(mine::free);
        assertThat(heap.statistics().liveBytes()).isZero();
    }

    private static void free(List<Long> live, int which, List<Long> dead, FreeOf way)
            throws Exception {
        if (which >= 0 && which < live.size()) {
            final long block = live.remove(which);
            way.run(block);
            dead.add(block);
        }
    }
}
