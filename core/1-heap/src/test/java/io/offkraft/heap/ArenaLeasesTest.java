// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.word.RawMemory;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Arenas that are closed leave their lease to others, and nothing else. */
@SuppressWarnings("MustBeClosedChecker") // what is not closed is the point of some tests
class ArenaLeasesTest {
    private static final long MIB = 1L << 20;

    /** FreqInlineSize: no longer method is put into its caller. */
    private static final int LONGEST_INLINED_BYTECODES = 325;

    private static PooledArena open(Heap heap, boolean confined) {
        return confined ? heap.confinedArena() : heap.sharedArena();
    }

    private static Heap heap() {
        return Heap.builder().capacityBytes(64 * MIB).build();
    }

    @Tag("several-cpus")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("who keeps a closed arena and its segment hides no forgotten one with its lease")
    void closedArenaThatIsKeptHidesNoForgottenOne(boolean confined) {
        Queue<ForgottenArena> reports = new ConcurrentLinkedQueue<>();
        try (Heap heap = heap()) {
            heap.arenas().watchForgotten(1, reports::add);
            PooledArena closed = open(heap, confined);
            MemorySegment segment = closed.allocate(100);
            closed.close();
            open(heap, confined).allocate(1000);
            assertThat(heap.arenas().leases()).isLessThanOrEqualTo(2); // the generation's, too
            long end = System.nanoTime() + 20_000_000_000L;
            while (reports.isEmpty() && System.nanoTime() < end) {
                System.gc();
                Thread.onSpinWait();
            }
            assertThat(reports).singleElement().extracting(ForgottenArena::bytes).isEqualTo(1000L);
            assertThat(closed.scope()).isEqualTo(segment.scope()); // both are reachable until here
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closeActionThatFailsLosesNoMemory(boolean confined) {
        try (Heap heap = heap()) {
            PooledArena arena = open(heap, confined);
            arena.allocate(100);
            RawMemory.whenClosed(
                    arena,
                    _ -> {
                        throw new IllegalStateException("the user's");
                    });
            if (confined) {
                assertThatThrownBy(arena::close).hasMessage("the user's");
            } else {
                arena.close(); // and the action is called when the scope ends
            }
            assertThatThrownBy(arena::close).hasMessage("Already closed");
            heap.arenas().recycle();
            assertThat(heap.statistics().liveBlocks()).isZero();
            assertThat(heap.arenas().statistics().openArenas()).isZero();
        }
    }

    @Test
    void scopeOfAnArenaClosedUnusedIsDead() {
        try (Heap heap = heap()) {
            PooledArena arena = heap.sharedArena();
            arena.close();
            assertThat(arena.scope().isAlive()).isFalse();
        }
    }

    @Test
    @Tag("several-cpus")
    @DisplayName("M-09 threads that open arenas and end leave a bounded number of leases")
    void threadsThatEndLeaveABoundedNumberOfLeases() throws InterruptedException {
        try (Heap heap = heap()) {
            CountDownLatch opened = new CountDownLatch(10_000);
            List<Thread> threads = new ArrayList<>();
            for (int n = 0; n < 10_000; n++) {
                boolean confined = n % 2 == 0;
                threads.add(
                        Thread.startVirtualThread(() -> {
                            try (PooledArena arena = open(heap, confined)) {
                                arena.allocate(16);
                                opened.countDown();
                                await(opened);
                            }
                        }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            heap.arenas().recycle();
            assertThat(heap.arenas().leases()).isBetween(1, 512);
            for (int n = 0; n < 2000; n++) { // far more than there are places
                Thread.ofPlatform().start(() -> open(heap, true).close()).join();
            }
            assertThat(heap.arenas().leases()).isLessThanOrEqualTo(1024);
            assertThat(heap.statistics().liveBlocks()).isZero();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Test
    @Tag("several-cpus")
    @DisplayName("M-11 a heap is closed, or a confined arena is open: never both")
    void heapIsNotClosedUnderAConfinedArena() throws InterruptedException {
        int rounds = Boolean.getBoolean("stress") ? 5000 : 60;
        AtomicInteger refused = new AtomicInteger();
        for (int round = 0; round < rounds; round++) {
            Heap heap = heap();
            List<Thread> threads = new ArrayList<>();
            CountDownLatch atWork = new CountDownLatch(2);
            for (int n = 0; n < 2; n++) {
                threads.add(Thread.ofPlatform().start(() -> openUntilShut(heap, atWork)));
            }
            atWork.await();
            boolean closed = false;
            while (!closed) {
                try {
                    heap.close();
                    closed = true;
                } catch (IllegalStateException open) {
                    assertThat(open).hasMessageContaining("confined arenas");
                    refused.incrementAndGet();
                }
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
        assertThat(refused).hasPositiveValue();
    }

    /** If the heap unmapped its memory meanwhile, an access would end the process. */
    private static void openUntilShut(Heap heap, CountDownLatch atWork) {
        while (true) {
            PooledArena arena;
            try {
                arena = heap.confinedArena();
            } catch (IllegalStateException shut) {
                if (heap.arenas().isShut()) { // else a close was refused just now
                    return;
                }
                continue;
            }
            try (arena) {
                MemorySegment segment = arena.allocateUninitialized(64, 8);
                segment.set(ValueLayout.JAVA_LONG, 0, 1);
                atWork.countDown();
                assertThatCode(() -> segment.get(ValueLayout.JAVA_LONG, 0))
                        .doesNotThrowAnyException();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"LeasePool, take", "LeasePool, end", "ArenaBlocks, takeOr0"})
    @DisplayName("what must not go into the code of small methods is too long for it")
    void longMethodsStayCalls(String type, String method) throws IOException {
        try (InputStream file = Heap.class.getResourceAsStream(type + ".class")) {
            assertThat(file).isNotNull();
            assertThat(ClassFile.of().parse(file.readAllBytes()).methods())
                    .filteredOn(each -> each.methodName().equalsString(method))
                    .singleElement()
                    .satisfies(each ->
                            assertThat(((CodeAttribute) each.code().orElseThrow()).codeLength())
                                    .isGreaterThan(LONGEST_INLINED_BYTECODES));
        }
    }
}
