// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Heaps below a heap, on one thread: limits, reservations, the end, misuse. */
class ChildHeapTest {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;

    private final Heap server =
            Heap.builder()
                    .name("server")
                    .capacityBytes(64 * MIB)
                    .limitBytes(16 * MIB)
                    .decay(Duration.ofHours(1))
                    .build();

    @AfterEach
    void close() {
        assertThat(server.unaccountedPages()).isZero();
        server.close();
    }

    private Heap child(String name) {
        return server.child().name(name).build();
    }

    private static List<Long> fill(Heap heap, long size) {
        List<Long> blocks = new ArrayList<>();
        for (long block = heap.malloc(size); block != 0; block = heap.malloc(size)) {
            blocks.add(block);
        }
        return blocks;
    }

    private static void assertMisuse(Kind kind, Runnable call, String... parts) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        MisuseException.class,
                        misuse -> {
                            assertThat(misuse.kind()).isEqualTo(kind);
                            for (String part : parts) {
                                assertThat(misuse).hasMessageContaining(part);
                            }
                        });
    }

    // Limits

    @Test
    @DisplayName("M-10 a child keeps its own limit and those above it, to the byte")
    void limitsAreKept() {
        Heap session = server.child().limitBytes(MIB + 100).build();
        Heap query = session.child().limitBytes(4 * MIB).build();
        assertThat(session.malloc(MIB)).isNotZero();
        assertThat(query.malloc(1)).as("the limit above").isZero();
        assertThat(session.budget().chargedBytes()).isEqualTo(MIB);
        assertThat(session.budget().limitBytes()).isEqualTo(MIB);
        assertThat(query.budget().chargedBytes()).isZero();
        assertThat(query.statistics().failedAllocations()).isEqualTo(1);
        assertThat(server.malloc(15 * MIB)).isNotZero();
        assertThat(server.budget().chargedBytes()).isEqualTo(16 * MIB);
        assertThat(server.malloc(1)).isZero();
        session.close();
        assertThat(server.malloc(MIB)).isNotZero();
    }

    @Test
    @DisplayName("M-10 realloc in place is charged, and refused where a limit above refuses")
    void growthInPlaceIsCharged() {
        Heap session = server.child().limitBytes(2 * MIB).build();
        Heap query = session.child().build();
        long block = query.malloc(500 * KIB);
        assertThat(query.realloc(block, MIB)).isEqualTo(block);
        assertThat(session.budget().heldWithDescendantsBytes()).isEqualTo(MIB);
        assertThat(session.malloc(900 * KIB)).isNotZero();
        assertThat(query.realloc(block, 2 * MIB)).isZero();
        assertThat(query.realloc(block, 100 * KIB)).isEqualTo(block);
        assertThat(session.budget().chargedBytes()).isEqualTo(1000 * KIB);
        query.free(block);
    }

    @ParameterizedTest
    @ValueSource(longs = {16, 1000, 32 * KIB, 100 * KIB})
    @DisplayName("M-10 B-03 no request is refused while a heap below keeps free memory for itself")
    void freeMemoryBelowIsGivenBack(long size) {
        Heap session = server.child().limitBytes(MIB).build();
        Heap query = session.child().build();
        Heap sibling = session.child().build();
        fill(query, size).forEach(query::free);
        assertThat(query.statistics().heldBytes()).isPositive();
        long all = sibling.malloc(MIB);
        assertThat(all).isNotZero();
        assertThat(session.budget().chargedBytes()).isEqualTo(MIB);
        assertThat(query.statistics().heldBytes()).isZero();
        sibling.free(all);
        assertThat(session.malloc(MIB)).isNotZero();
    }

    @Test
    @DisplayName("M-10 what a heap outside of the refuser's subtree keeps is left there")
    void onlyTheSubtreeGivesBack() {
        Heap session = server.child().limitBytes(MIB).build();
        Heap other = child("other");
        other.free(other.malloc(16));
        long kept = other.statistics().heldBytes();
        assertThat(kept).isPositive();
        assertThat(session.malloc(MIB)).isNotZero();
        assertThat(session.malloc(1)).isZero();
        assertThat(other.statistics().heldBytes()).isEqualTo(kept);
    }

    // Reservations

    @Test
    @DisplayName("a reservation is charged at once, is there for the child, and ends with it")
    void reservationIsThereForTheChild() {
        Heap session = server.child().name("s").reservationBytes(4 * MIB).build();
        assertThat(server.budget().chargedBytes()).isEqualTo(4 * MIB);
        assertThat(server.budget().heldWithDescendantsBytes()).isZero();
        List<Long> rest = fill(server, MIB);
        assertThat(rest).hasSize(12);
        long reserved = session.malloc(4 * MIB);
        assertThat(reserved).isNotZero();
        assertThat(server.budget().chargedBytes()).isEqualTo(16 * MIB);
        assertThat(session.malloc(1)).isZero();
        session.free(reserved);
        session.trim();
        assertThat(server.malloc(MIB)).as("still reserved").isZero();
        session.close();
        assertThat(server.malloc(4 * MIB)).isNotZero();
        assertThat(server.budget().chargedBytes()).isEqualTo(16 * MIB);
    }

    @Test
    @DisplayName("a reservation that a limit above refuses is an exception with the figures")
    void refusedReservationTellsTheFigures() {
        Heap session = server.child().name("s").limitBytes(3 * MIB).build();
        assertThat(session.malloc(2 * MIB)).isNotZero();
        HeapBudget before = session.budget();
        HeapBudget above = server.budget();
        assertThatThrownBy(() -> session.child().reservationBytes(MIB + 1).build())
                .isInstanceOfSatisfying(
                        ReservationRefusedException.class,
                        refused -> {
                            assertThat(refused.requestedBytes()).isEqualTo(MIB + 4 * KIB);
                            assertThat(refused.refusedBy()).isEqualTo("server/s");
                            assertThat(refused.limitBytes()).isEqualTo(3 * MIB);
                            assertThat(refused.chargedBytes()).isEqualTo(2 * MIB);
                        })
                .hasMessageContainingAll("server/s", "3145728", "2097152");
        assertThat(session.budget()).isEqualTo(before);
        assertThat(server.budget()).isEqualTo(above);
        assertThat(session.child().reservationBytes(MIB).build().budget().chargeToParentBytes())
                .isEqualTo(MIB);
    }

    @Test
    @DisplayName("a reservation gets what is held for nothing")
    void reservationGetsWhatIsHeldForNothing() {
        fill(server, 100 * KIB).forEach(server::free);
        Heap session = server.child().reservationBytes(16 * MIB).build();
        assertThat(session.malloc(16 * MIB)).isNotZero();
    }

    @Test
    void buildersRefuseWhatCannotBe() {
        assertThatThrownBy(() -> server.child().limitBytes(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-1");
        assertThatThrownBy(() -> server.child().reservationBytes(-2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-2");
        assertThatThrownBy(() -> server.child().limitBytes(MIB).reservationBytes(MIB + 1).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1048576");
        assertThat(server.budget().chargedBytes()).isZero();
    }

    // Figures

    @Test
    void budgetTellsNamesAndFiguresOfTheTree() {
        Heap session = server.child().name("session-3").reservationBytes(2 * MIB).build();
        Heap query = session.child().name("query-7").limitBytes(MIB).build();
        long block = query.malloc(300 * KIB);
        session.malloc(100 * KIB);
        assertThat(query.budget())
                .isEqualTo(
                        new HeapBudget(
                                "server/session-3/query-7",
                                MIB,
                                0,
                                300 * KIB,
                                300 * KIB,
                                300 * KIB,
                                300 * KIB,
                                300 * KIB));
        query.free(block);
        query.trim();
        assertThat(session.budget())
                .isEqualTo(
                        new HeapBudget(
                                "server/session-3",
                                64 * MIB,
                                2 * MIB,
                                100 * KIB,
                                100 * KIB,
                                100 * KIB,
                                400 * KIB,
                                2 * MIB));
        assertThat(server.budget().chargeToParentBytes()).isZero();
        assertThat(server.budget().peakChargedBytes()).isEqualTo(2 * MIB);
        assertThat(server.child().build().budget().name()).startsWith("server/heap-");
    }

    @Test
    void statisticsAndBlocksAreTheHeapsOwn() {
        Heap session = child("s");
        long mine = session.malloc(100);
        long large = session.malloc(100 * KIB);
        long above = server.malloc(100);
        assertThat(session.statistics().liveBlocks()).isEqualTo(2);
        assertThat(server.statistics().liveBlocks()).isEqualTo(1);
        List<Long> told = new ArrayList<>();
        session.forEachBlock((address, _) -> told.add(address));
        assertThat(told).containsExactlyInAnyOrder(mine, large);
        told.clear();
        server.forEachBlock((address, _) -> told.add(address));
        assertThat(told).containsExactly(above);
    }

    // Misuse

    @ParameterizedTest
    @ValueSource(longs = {16, 5000, 32 * KIB, 50_000, 3 * MIB})
    @DisplayName("B-07 a block given to another heap of the tree is misuse that names both heaps")
    void foreignBlocksAreNamed(long size) {
        Heap session = child("s");
        Heap query = session.child().name("q").build();
        long block = query.malloc(size);
        server.free(server.malloc(size)); // so that they have bins of the class
        session.free(session.malloc(size));
        for (Heap wrong : List.of(server, session)) {
            String name = wrong.budget().name();
            List<Runnable> calls =
                    List.of(
                            () -> wrong.free(block),
                            () -> wrong.realloc(block, 10),
                            () -> wrong.usableSize(block),
                            () -> wrong.freeSized(block, size),
                            () -> wrong.transferTo(block, query));
            for (Runnable call : calls) {
                assertMisuse(Kind.FOREIGN, call, "heap server/s/q,", "heap " + name);
            }
            assertMisuse(Kind.INTERIOR, () -> wrong.free(block + 8));
        }
        assertThat(query.usableSize(block)).isGreaterThanOrEqualTo(size);
        query.free(block);
        assertMisuse(Kind.DOUBLE_FREE, () -> query.free(block));
        assertMisuse(Kind.DOUBLE_FREE, () -> server.free(block));
        assertThat(query.statistics().liveBlocks()).isZero();
        assertThat(server.statistics().liveBlocks()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {16, 5000, 32 * KIB, 50_000, 3 * MIB})
    @DisplayName("M-11 B-07 after the end of a child its blocks are nobody's")
    void blocksOfAClosedChildAreNobodys(long size) {
        Heap session = child("s");
        long block = session.malloc(size);
        session.close();
        assertMisuse(Kind.DOUBLE_FREE, () -> server.free(block));
        assertMisuse(Kind.DOUBLE_FREE, () -> server.usableSize(block + 16));
        assertThatThrownBy(() -> session.free(block))
                .isInstanceOf(IllegalStateException.class)
                .isNotInstanceOf(MisuseException.class)
                .hasMessageContaining("closed");
        Heap next = child("next"); // with the numbers of the closed one
        long again = next.malloc(size);
        assertMisuse(Kind.FOREIGN, () -> server.free(again), "server/next");
        assertThatThrownBy(() -> session.free(again)).hasMessageContaining("closed");
        next.free(again);
    }

    // The end

    @Test
    @DisplayName("M-11 numbers of slabs and of stripes come back with the end of a child")
    void numbersComeBack() {
        try (Heap top = Heap.builder().capacityBytes(2 * MIB).decay(Duration.ofHours(1)).build()) {
            int slabNumbers = (int) (2 * MIB / 4096);
            for (int round = 0; round < 2 * slabNumbers; round++) {
                try (Heap query = top.child().build()) {
                    assertThat(query.stripes().owner()).isLessThan(4);
                    assertThat(query.malloc(16)).as("round %d", round).isNotZero();
                    assertThat(query.statistics().bySizeClass()).containsOnlyKeys(16);
                    assertThat(query.statistics().large().allocations()).isZero();
                }
            }
        }
    }

    @Test
    @DisplayName("M-11 B-07 pages of a closed child carry nothing over to who gets them next")
    void pagesCarryNothingOver() {
        try (Heap top = Heap.builder().capacityBytes(2 * MIB).decay(Duration.ofHours(1)).build()) {
            for (long size : new long[] {16, 48, 1000}) {
                Heap query = top.child().build();
                List<Long> blocks = fill(query, size);
                query.close();
                Heap next = top.child().build();
                long first = next.malloc(16);
                for (long block : blocks) {
                    if (block != first) {
                        assertThatThrownBy(() -> next.free(block))
                                .isInstanceOf(MisuseException.class);
                    }
                }
                assertThat(next.statistics().liveBlocks()).isEqualTo(1);
                assertThat(next.usableSize(first)).isEqualTo(16);
                assertThat(fill(next, 16)).as("all of them").hasSize((int) (2 * MIB / 16) - 1);
                next.close();
            }
        }
    }

    @Test
    @DisplayName("M-11 close of a child gives back what it and those below hold, and nothing else")
    void closeGivesBackTheSubtree() {
        long mine = server.malloc(100);
        RawMemory.fill(mine, 100, (byte) 7);
        HeapBudget before = server.budget();
        for (int round = 0; round < 20; round++) {
            Heap session = server.child().reservationBytes(MIB).build();
            Heap query = session.child().build();
            for (Heap heap : List.of(session, query)) {
                for (long size = 16; size <= 2 * MIB; size *= 2) {
                    RawMemory.fill(heap.malloc(size), size, (byte) -1);
                    heap.free(heap.malloc(size));
                }
            }
            session.close();
            session.close();
            query.close();
            assertThat(server.budget().chargedBytes()).isEqualTo(before.chargedBytes());
            assertThat(server.budget().heldWithDescendantsBytes()).isEqualTo(before.heldBytes());
            assertThat(query.budget().heldBytes()).isZero();
            for (Heap closed : List.of(session, query)) {
                List<Runnable> calls =
                        List.of(
                                () -> closed.malloc(10),
                                () -> closed.malloc(MIB),
                                () -> closed.calloc(1, 99),
                                () -> closed.realloc(mine, 100),
                                () -> closed.child().build(),
                                () -> closed.transferTo(mine, server),
                                () -> closed.confinedArena().close(),
                                closed::trim);
                for (Runnable call : calls) {
                    assertThatThrownBy(call::run)
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("closed");
                }
            }
        }
        assertThat(server.usableSize(mine)).isEqualTo(112);
        for (int at = 0; at < 100; at++) {
            assertThat(RawMemory.loadBytePlain(mine + at)).isEqualTo((byte) 7);
        }
        server.free(mine);
        server.trim();
        assertThat(server.statistics().heldBytes()).isZero();
    }

    @Test
    @DisplayName("M-11 close of the heap above all ends all below it")
    void closeOfTheTopEndsAll() {
        Heap top = Heap.builder().capacityBytes(16 * MIB).build();
        Heap session = top.child().build();
        Heap query = session.child().build();
        long block = query.malloc(100);
        long large = query.malloc(MIB);
        top.close();
        for (Runnable call :
                List.<Runnable>of(
                        () -> query.malloc(1),
                        () -> query.free(block),
                        () -> query.free(large),
                        () -> session.child().build(),
                        () -> query.transferTo(large, session))) {
            assertThatThrownBy(call::run)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        }
        query.close();
        session.close();
        top.close();
    }

    @Test
    @DisplayName("M-11 close stays refused while a confined arena below is open; nothing changes")
    void openConfinedArenaRefusesTheClose() {
        Heap session = child("s");
        Heap query = session.child().name("q").build();
        long block = session.malloc(100);
        try (Arena shared = session.sharedArena();
                Arena arena = query.confinedArena()) {
            MemorySegment kept = shared.allocate(100);
            arena.allocate(100);
            for (Heap heap : List.of(server, session, query)) {
                assertThatThrownBy(heap::close)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContainingAll("1 confined arenas", "server/s/q");
            }
            assertThat(kept.scope().isAlive()).isTrue();
            session.free(block);
            session.sharedArena().close();
            query.confinedArena().close();
            assertThat(session.child().build().malloc(1)).isNotZero();
        }
        session.close();
    }

    @Test
    @DisplayName("M-11 the arenas of a child end with it")
    void arenasEndWithTheChild() {
        Heap session = child("s");
        Arena arena = session.sharedArena();
        MemorySegment segment = arena.allocate(1000);
        session.close();
        assertThat(segment.scope().isAlive()).isFalse();
        assertThatThrownBy(() -> segment.fill((byte) 1)).isInstanceOf(IllegalStateException.class);
        assertThat(server.budget().heldWithDescendantsBytes()).isZero();
    }

    // Passing on

    @ParameterizedTest
    @ValueSource(longs = {16, 5000, 32 * KIB, 50_000, 3 * MIB})
    @DisplayName("a block goes to another heap with its content, and counts there only")
    void transferKeepsTheContent(long size) {
        Heap session = child("s");
        Heap query = session.child().name("q").build();
        for (Heap target : List.of(query, session, server)) {
            Heap source = target == query ? server : query;
            long block = source.malloc(size);
            for (long at = 0; at < size; at++) {
                RawMemory.storeBytePlain(block + at, (byte) (at * 31));
            }
            long moved = source.transferTo(block, target);
            assertThat(moved).isNotZero();
            if (size > 32 * KIB) {
                assertThat(moved).isEqualTo(block);
                assertThat(source.statistics().heldBytes()).isZero();
                assertThat(target.statistics().heldBytes()).isGreaterThanOrEqualTo(size);
            }
            for (long at = 0; at < size; at++) {
                if (RawMemory.loadBytePlain(moved + at) != (byte) (at * 31)) {
                    throw new AssertionError("byte " + at + " of " + size);
                }
            }
            assertThat(source.statistics().liveBlocks()).isZero();
            assertThat(target.statistics().liveBlocks()).isEqualTo(1);
            Kind kind = size > 32 * KIB ? Kind.FOREIGN : Kind.DOUBLE_FREE;
            assertMisuse(kind, () -> source.free(block));
            target.free(moved);
            assertMisuse(Kind.DOUBLE_FREE, () -> target.transferTo(moved, source));
            source.trim();
            target.trim();
        }
        assertThat(server.budget().heldWithDescendantsBytes()).isZero();
    }

    @Test
    @DisplayName("between siblings a large block moves although the heap above is full")
    void transferBetweenSiblingsOfAFullHeap() {
        Heap session = server.child().limitBytes(4 * MIB).build();
        Heap one = session.child().build();
        Heap other = session.child().limitBytes(2 * MIB).build();
        long first = one.malloc(2 * MIB);
        long second = one.malloc(2 * MIB);
        assertThat(one.transferTo(first, other)).isEqualTo(first);
        assertThat(session.budget().chargedBytes()).isEqualTo(4 * MIB);
        assertThat(session.budget().peakChargedBytes()).isEqualTo(4 * MIB);
        HeapBudget before = one.budget();
        assertThat(one.transferTo(second, other)).as("its own limit").isZero();
        assertThat(one.budget()).isEqualTo(before);
        one.free(second);
    }

    @Test
    @DisplayName("what the target keeps for nothing makes room for a block that is passed on")
    void transferGetsWhatIsHeldForNothing() {
        Heap other = server.child().limitBytes(2 * MIB).build();
        fill(other, 100 * KIB).forEach(other::free);
        long block = server.malloc(2 * MIB);
        assertThat(server.transferTo(block, other)).isEqualTo(block);
    }

    @Test
    void transferIsWithinATree() {
        try (Heap stranger = Heap.builder().capacityBytes(MIB).name("stranger").build()) {
            long block = server.malloc(100);
            assertThatThrownBy(() -> server.transferTo(block, stranger))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("stranger", "server");
            assertThat(server.transferTo(block, server)).isEqualTo(block);
            server.free(block);
            assertMisuse(Kind.DOUBLE_FREE, () -> server.transferTo(block, server));
        }
    }

    @ParameterizedTest
    @EnumSource(Synchronization.class)
    @DisplayName("L-14 a tree works under every synchronization, also none")
    void everySynchronization(Synchronization choice) {
        try (Heap top = Heap.builder().capacityBytes(16 * MIB).synchronization(choice).build()) {
            for (int round = 0; round < 300; round++) {
                Heap session = top.child().limitBytes(4 * MIB).reservationBytes(MIB).build();
                Heap query = session.child().build();
                long small = query.malloc(100);
                long large = query.malloc(100 * KIB);
                small = query.transferTo(small, session);
                assertThat(query.transferTo(large, top)).isEqualTo(large);
                session.free(small);
                top.free(large);
                query.calloc(1, 10);
                (round % 2 == 0 ? query : session).close();
                session.close();
            }
            top.trim();
            assertThat(top.budget().heldWithDescendantsBytes()).isZero();
            assertThat(top.budget().chargedBytes()).isZero();
        }
    }
}
