// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.sync.Synchronization;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LargeDepotTest {
    private static final long MIB = 1L << 20;
    private static final long SIZE = 64 << 10;
    private static final long SIZE_PAGES = SIZE >> 12;

    /** More than the caches of two stripes hold, and the depot has room for what is left. */
    private static final int BLOCKS = 70;

    private final Heap heap =
            Heap.builder()
                    .capacityBytes(256 * MIB)
                    .limitBytes(16 * MIB)
                    .decay(Duration.ofHours(1))
                    .build();
    private final LargeDepot depot = heap.large().depot();
    private final ExecutorService other = Executors.newSingleThreadExecutor();

    @AfterEach
    void close() {
        other.close();
        heap.close();
    }

    private void onOther(Runnable work) throws InterruptedException {
        try {
            other.submit(work).get();
        } catch (ExecutionException failed) {
            throw new AssertionError(failed.getCause());
        }
    }

    private static void warm(Heap heap) {
        for (int i = 0; i < 1000; i++) {
            heap.free(heap.malloc(16));
        }
    }

    private Deque<Long> blocks(int count) {
        final Deque<Long> blocks = new ArrayDeque<>();
        for (int i = 0; i < count; i++) {
            blocks.add(heap.malloc(SIZE));
        }
        assertThat(blocks).doesNotContain(0L);
        return blocks;
    }

    /** This thread allocates, the other one frees: more than its own cache has room for. */
    private void handOver() throws InterruptedException {
        warm(heap);
        final Deque<Long> blocks = blocks(BLOCKS);
        onOther(() -> {
            warm(heap);
            blocks.forEach(heap::free);
        });
    }

    @Test
    @DisplayName("B-12 large blocks that another thread frees come back without the buddy")
    @Tag("several-cpus")
    void producerTakesWhatTheConsumerPut() throws InterruptedException {
        handOver();
        final int kept = depot.pagesOfAll();
        final long held = heap.pages().pages();
        assertThat(kept).isGreaterThan(3 * LargeDepot.BATCH * (int) SIZE_PAGES);

        final Deque<Long> again = blocks(3 * LargeDepot.BATCH);

        assertThat(kept - depot.pagesOfAll()).isEqualTo(3 * LargeDepot.BATCH * (int) SIZE_PAGES);
        assertThat(depot.takes()).as("a batch each time").isEqualTo(3);
        assertThat(heap.pages().pages()).isEqualTo(held);
        assertThat(heap.statistics().liveBlocks()).isEqualTo(3 * LargeDepot.BATCH);
        again.forEach(heap::free);
    }

    @Test
    @DisplayName("B-12 the depot counts as cached, and never has more than its share")
    @Tag("several-cpus")
    void cachedBytesAreAllThatIsHeld() throws InterruptedException {
        handOver();

        assertThat(depot.pagesOfAll()).isBetween(1, LargeDepot.PAGES);
        final HeapStatistics now = heap.statistics();
        long small = 0;
        for (final BlockStatistics each : now.bySizeClass().values()) {
            small += each.cachedBytes() + each.wastedBytes();
        }
        assertThat(now.large().cachedBytes()).isEqualTo(now.heldBytes() - small);
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 48})
    @DisplayName("B-12 the depot never has more than its share of blocks, or of pages")
    void depotIsFull(int pages) {
        final int most = Math.min(LargeDepot.BLOCKS * pages, LargeDepot.PAGES);
        final LargeDepot full = new LargeDepot(Synchronization.SPIN);
        final LargeCache from = new LargeCache();
        for (int n = 0; n < 2 * LargeDepot.BLOCKS; n++) {
            final long address = (1L << 40) + n * MIB;
            if (!from.tryPut(address, pages)) {
                full.putSome(from);
                assertThat(full.pagesOfAll()).isLessThanOrEqualTo(most);
            }
        }
        assertThat(full.pagesOfAll()).isEqualTo(most / pages * pages);
    }

    @Test
    @DisplayName("B-12 who finds none takes blocks of other sizes, too: they are wanted next")
    void othersComeAlong() {
        final long base = 1L << 40;
        final LargeDepot two = new LargeDepot(Synchronization.SPIN);
        final LargeCache from = new LargeCache();
        assertThat(from.tryPut(base, 10)).isTrue();
        assertThat(from.tryPut(base + MIB, 20)).isTrue();
        two.putSome(from);
        assertThat(from.pagesOfAll()).isZero();
        assertThat(two.pagesOfAll()).isEqualTo(30);

        final Stripe stripe = heap.stripes().get(0);
        assertThat(two.takeOr0(stripe, 30)).isZero();
        assertThat(two.pagesOfAll()).as("nothing that is wanted").isEqualTo(30);
        assertThat(two.takeOr0(stripe, 10)).isEqualTo(base);
        assertThat(two.pagesOfAll()).isZero();
        assertThat(stripe.large().takeOr0(20)).isEqualTo(base + MIB);
        assertThat(two.takes()).isEqualTo(1);
    }

    @Test
    @DisplayName("B-05 what the depot holds is given back before a request fails")
    @Tag("several-cpus")
    void requestThatNeedsAllGetsIt() throws InterruptedException {
        handOver();
        assertThat(depot.pagesOfAll()).isPositive();

        heap.trim();
        assertThat(depot.pagesOfAll()).isZero();

        handOver();
        assertThat(depot.pagesOfAll()).isPositive();
        final long most = heap.malloc(15 * MIB);

        assertThat(most).isNotZero();
        assertThat(depot.pagesOfAll()).isZero();
        heap.free(most);
    }

    @Test
    @DisplayName("B-12 a heap with one user puts nothing into the depot")
    void oneUserNeedsNone() {
        warm(heap);
        for (int round = 0; round < 3; round++) {
            blocks(BLOCKS).forEach(heap::free);
            assertThat(depot.pagesOfAll()).isZero();
        }
    }

    private void assertDoubleFree(long block) {
        assertThatThrownBy(() -> heap.free(block))
                .isInstanceOfSatisfying(
                        MisuseException.class,
                        misuse -> assertThat(misuse.kind()).isEqualTo(Kind.DOUBLE_FREE));
    }

    @Test
    @DisplayName("B-07 a block in the depot is free: freed again it is an error, and taken once")
    @Tag("several-cpus")
    void doubleFreeOfABlockInTheDepot() throws InterruptedException {
        warm(heap);
        final Deque<Long> blocks = blocks(BLOCKS);
        onOther(() -> {
            warm(heap);
            for (final long block : blocks) {
                heap.free(block);
                assertDoubleFree(block);
            }
        });
        for (final long block : blocks) {
            assertDoubleFree(block);
        }
        assertThat(blocks(BLOCKS)).doesNotHaveDuplicates();
    }
}
