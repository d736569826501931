// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Arenas over a heap do what the JDK's do. */
@SuppressWarnings("MustBeClosedChecker") // what is open at the end is the point of some tests
class ArenasTest {
    private static final long MIB = 1L << 20;

    private final Heap heap = Heap.builder().capacityBytes(64 * MIB).build();

    /** The kinds that can be closed. */
    enum Closeable {
        CONFINED,
        SHARED;

        PooledArena open(Heap heap) {
            return this == CONFINED ? heap.confinedArena() : heap.sharedArena();
        }
    }

    @AfterEach
    void everythingWasFreed() {
        heap.arenas().recycle();
        assertThat(heap.arenas().statistics().openArenas()).isZero();
        assertThat(heap.arenas().statistics().waitingBytes()).isZero();
        assertThat(heap.statistics().liveBlocks()).isZero();
        assertThat(heap.statistics().liveBytes()).isZero();
        heap.close();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("M-01 an arena gives zeroed, aligned, distinct segments of every size")
    void segmentsAreZeroedAlignedAndDistinct(Closeable kind) {
        for (int round = 0; round < 3; round++) {
            try (PooledArena arena = kind.open(heap)) {
                List<MemorySegment> all = new ArrayList<>();
                for (long size : new long[] {0, 1, 7, 64, 200, 1024, 5000, 40_000, 3 * MIB}) {
                    for (long alignment = 1; alignment <= 8192; alignment *= 2) {
                        MemorySegment segment = arena.allocate(size, alignment);
                        assertThat(segment.byteSize()).isEqualTo(size);
                        assertThat(segment.address() % alignment).isZero();
                        assertThat(segment.mismatch(MemorySegment.ofArray(new byte[(int) size])))
                                .isEqualTo(-1);
                        all.add(segment.fill((byte) all.size()));
                        if (size == 3 * MIB && alignment == 1) {
                            break;
                        }
                    }
                }
                for (int i = 0; i < all.size(); i++) {
                    MemorySegment segment = all.get(i);
                    for (long at = 0; at < segment.byteSize(); at += 61) {
                        assertThat(segment.get(ValueLayout.JAVA_BYTE, at)).isEqualTo((byte) i);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void closedArenaIsDeadForGood(Closeable kind) {
        PooledArena arena = kind.open(heap);
        MemorySegment segment = arena.allocate(64);
        assertThat(segment.scope()).isEqualTo(arena.scope());
        arena.close();
        assertIllegalState(arena::close);
        assertIllegalState(() -> arena.allocate(1));
        heap.arenas().recycle();
        assertThat(arena.scope().isAlive()).isFalse();
        assertIllegalState(() -> segment.get(ValueLayout.JAVA_BYTE, 0));
    }

    private static void assertIllegalState(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Already closed");
    }

    @ParameterizedTest
    @EnumSource
    void badSizesAndAlignmentsAreRefused(Closeable kind) {
        try (PooledArena arena = kind.open(heap);
                Arena jdk = Arena.ofConfined()) {
            for (Arena each : List.of(arena, jdk)) {
                for (long[] bad : new long[][] {{-1, 1}, {1, 0}, {1, 3}, {1, -8}}) {
                    assertThatThrownBy(() -> each.allocate(bad[0], bad[1]))
                            .isInstanceOf(IllegalArgumentException.class);
                }
            }
        }
    }

    @Test
    void confinedArenaIsForItsThread() {
        try (PooledArena arena = heap.confinedArena()) {
            MemorySegment segment = arena.allocate(8);
            for (ThrowingCallable call :
                    List.<ThrowingCallable>of(
                            () -> arena.allocate(8),
                            arena::close,
                            () -> segment.get(ValueLayout.JAVA_BYTE, 0))) {
                CompletableFuture<Void> other =
                        CompletableFuture.runAsync(() ->
                                assertThatThrownBy(call).isInstanceOf(WrongThreadException.class));
                other.join();
            }
            assertThat(segment.get(ValueLayout.JAVA_BYTE, 0)).isZero();
        }
    }

    @Test
    void sharedArenaIsForAllThreads() {
        PooledArena arena = heap.sharedArena();
        CompletableFuture.supplyAsync(() -> arena.allocateFrom("text"))
                .thenAccept(text -> assertThat(text.getString(0)).isEqualTo("text"))
                .thenRun(arena::close)
                .join();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("M-10 an arena past the heap's limit throws OutOfMemoryError and stays usable")
    void limitIsAnOutOfMemoryError(Closeable kind) {
        try (Heap small = Heap.builder().capacityBytes(64 * MIB).limitBytes(4 * MIB).build()) {
            try (PooledArena arena = kind.open(small)) {
                assertThatThrownBy(() -> arena.allocate(5 * MIB))
                        .isInstanceOf(OutOfMemoryError.class);
                assertThatThrownBy(() -> arena.allocate(1, 1L << 62))
                        .isInstanceOf(OutOfMemoryError.class);
                assertThat(arena.allocate(64).byteSize()).isEqualTo(64);
            }
            for (int i = 0; i < 10_000; i++) { // far more than the limit, one after the other
                try (PooledArena arena = kind.open(small)) {
                    arena.allocateUninitialized(30_000, 1);
                }
            }
            small.arenas().recycle();
            assertThat(small.statistics().liveBlocks()).isZero();
        }
    }

    @Test
    void uninitializedViewAndSlicesDoNotZero() {
        long block;
        try (PooledArena arena = heap.confinedArena()) {
            MemorySegment first = arena.allocateUninitialized(4096, 16).fill((byte) 7);
            block = first.address();
        }
        try (PooledArena arena = heap.confinedArena()) {
            MemorySegment again = arena.uninitialized().allocate(4096, 16);
            assertThat(again.address()).isEqualTo(block);
            assertThat(again.get(ValueLayout.JAVA_BYTE, 100)).isEqualTo((byte) 7);
            SegmentAllocator slices = arena.slicing(100);
            MemorySegment one = slices.allocate(60);
            assertThat(slices.allocate(30).address()).isGreaterThanOrEqualTo(one.address() + 60);
            assertThatThrownBy(() -> slices.allocate(60))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThat(arena.allocateFrom(ValueLayout.JAVA_INT, 1, 2).toArray(ValueLayout.JAVA_INT))
                    .containsExactly(1, 2);
        }
    }

    @Test
    void unscopedSegmentLivesUntilItIsFreed() {
        RawMemory.fill(heapBlockFreed(), 64, (byte) 1);
        MemorySegment segment = heap.arenas().unscoped().allocate(64, 64);
        assertThat(segment.get(ValueLayout.JAVA_LONG, 0)).isZero();
        heap.free(segment.address());
    }

    private long heapBlockFreed() {
        long block = heap.malloc(64);
        heap.free(block);
        return block;
    }

    @Test
    void handshakesAreSharedByManyArenas() {
        for (int i = 0; i < 10 * Generation.MAX_ARENAS; i++) {
            try (PooledArena arena = heap.sharedArena()) {
                arena.allocate(64);
            }
        }
        assertThat(heap.arenas().statistics().handshakes()).isBetween(9L, 11L);
    }

    @Test
    void arenaThatLivesLongKeepsABoundedAmountWaiting() {
        List<PooledArena> old = new ArrayList<>();
        for (int i = 0; i < 4000; i++) {
            if (i % 20 == 0) {
                old.add(heap.sharedArena());
                old.getLast().allocate(64);
            }
            try (PooledArena arena = heap.sharedArena()) {
                arena.allocateUninitialized(100_000, 1);
            }
        }
        // 400 MB went through 64 MiB; an eighth, and the last generations, may wait.
        assertThat(heap.arenas().statistics().waitingBytes()).isBetween(MIB, 10 * MIB);
        old.forEach(PooledArena::close);
    }

    @Test
    @DisplayName("M-11 closing the heap ends the scopes of shared and automatic arenas before")
    void closingTheHeapEndsScopes() {
        Heap other = Heap.builder().capacityBytes(64 * MIB).build();
        PooledArena shared = other.sharedArena();
        PooledArena auto = other.autoArena();
        List<MemorySegment> segments =
                List.of(shared.allocate(8), auto.allocate(8), auto.allocate(2 * MIB));
        PooledArena confined = other.confinedArena();
        assertThatThrownBy(other::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("1 confined arenas");
        segments.forEach(segment -> segment.set(ValueLayout.JAVA_BYTE, 0, (byte) 1));
        confined.close();
        other.close();
        for (MemorySegment segment : segments) {
            assertIllegalState(() -> segment.get(ValueLayout.JAVA_BYTE, 0));
        }
        assertThatThrownBy(() -> shared.allocate(8)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(other::sharedArena).isInstanceOf(IllegalStateException.class);
        shared.close();
    }

    @Test
    @Tag("several-cpus")
    void automaticArenaCanNotBeClosedAndGoesWithItsSegments() {
        assertThatThrownBy(() -> heap.autoArena().close())
                .isInstanceOf(UnsupportedOperationException.class);
        assertThat(valueThroughAutomaticArena()).isEqualTo(5);
        collectUntilNothingIsLive();
    }

    private long valueThroughAutomaticArena() {
        MemorySegment segment = heap.autoArena().allocate(64);
        segment.set(ValueLayout.JAVA_LONG, 0, 5);
        System.gc(); // the arena is unreachable, the segment is not
        return segment.get(ValueLayout.JAVA_LONG, 0);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("several-cpus")
    void forgottenArenaIsReportedOnceWithItsSiteAndItsMemoryRecovered(Closeable kind) {
        Queue<ForgottenArena> reports = new ConcurrentLinkedQueue<>();
        heap.arenas().watchForgotten(1, reports::add);
        forget(kind);
        collectUntilNothingIsLive();
        while (reports.isEmpty()) {
            Thread.onSpinWait();
        }
        System.gc();
        assertThat(reports).hasSize(1);
        ForgottenArena report = reports.element();
        assertThat(report.kind().name()).isEqualTo(kind.name());
        assertThat(report.bytes()).isEqualTo(1000);
        assertThat(report.site()).isNotNull();
        assertThat(report.site().getStackTrace())
                .anyMatch(frame -> frame.getMethodName().equals("forget"));
        assertThat(heap.arenas().statistics().forgottenArenas()).isEqualTo(1);
    }

    @Test
    @DisplayName("M-11 trim gives back what closed shared arenas held")
    void trimRecyclesClosedArenas() {
        for (int n = 0; n < 100; n++) {
            try (Arena arena = heap.sharedArena()) {
                arena.allocate(5000);
            }
        }
        heap.trim();
        assertThat(heap.statistics().liveBlocks()).isZero();
        assertThat(heap.statistics().heldBytes()).isZero();
    }

    @Test
    @DisplayName("a listener that fails does not keep other forgotten arenas from being recovered")
    @Tag("several-cpus")
    void listenerThatFailsHoldsUpNobody() {
        Queue<ForgottenArena> reports = new ConcurrentLinkedQueue<>();
        heap.arenas()
                .watchForgotten(
                        1,
                        report -> {
                            reports.add(report);
                            throw new AssertionError("the listener fails");
                        });
        for (int n = 1; n <= 2; n++) {
            forget(Closeable.CONFINED);
            collectUntilNothingIsLive();
            while (reports.size() < n) {
                System.gc();
                Thread.onSpinWait();
            }
        }
        assertThat(heap.statistics().liveBlocks()).isZero();
    }

    private void forget(Closeable kind) {
        kind.open(heap).allocate(1000);
    }

    private void collectUntilNothingIsLive() {
        long end = System.nanoTime() + 20_000_000_000L;
        while (heap.statistics().liveBlocks() > 0 && System.nanoTime() < end) {
            System.gc();
            Thread.onSpinWait();
        }
    }
}
