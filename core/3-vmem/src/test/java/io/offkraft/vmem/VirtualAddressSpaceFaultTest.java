// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.faults.FaultInjectingSystemCalls;
import io.offkraft.platform.Errno;
import io.offkraft.platform.MemoryFlags;
import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An operating system that refuses: each refusal leaves everything as it was. */
class VirtualAddressSpaceFaultTest {
    private static final long PAGE = PageOrder.PAGE_BYTES;
    private static final int PAGES = 32;

    /** Operations, in the order in which each finds the state that it needs. */
    private static final List<Consumer<VirtualAddressSpace>> SCRIPT =
            List.of(
                    s -> s.mapAnonymous(8 * PAGE, PAGE, Protection.READ_WRITE),
                    s -> RawMemory.fill(s.baseAddress(), 8 * PAGE, (byte) 5),
                    s -> s.reserveArea(8 * PAGE, PAGE),
                    s -> s.commit(s.baseAddress() + 9 * PAGE, 4 * PAGE),
                    s -> RawMemory.fill(s.baseAddress() + 9 * PAGE, 4 * PAGE, (byte) 6),
                    s -> s.protect(s.baseAddress() + 2 * PAGE, 3 * PAGE, Protection.READ),
                    s -> s.protect(s.baseAddress() + PAGE, 6 * PAGE, Protection.NONE),
                    s -> s.protect(s.baseAddress(), 8 * PAGE, Protection.READ_WRITE),
                    s -> s.discard(s.baseAddress() + 7 * PAGE, PAGE),
                    s -> s.decommit(s.baseAddress() + 10 * PAGE, 2 * PAGE),
                    s -> s.decommit(s.baseAddress() + 2 * PAGE, PAGE),
                    s -> s.unmap(s.baseAddress() + 4 * PAGE, 8 * PAGE),
                    s -> s.mapAnonymousAt(s.baseAddress() + 5 * PAGE, PAGE, Protection.READ),
                    VirtualAddressSpace::close);

    private static final SharedFrames FRAMES = SharedFrames.create("of a fault test", 4 * PAGE);

    /** The same with the rest of what a space can do. */
    private static final List<Consumer<VirtualAddressSpace>> RICH_SCRIPT =
            List.of(
                    s -> s.map(AreaRequest.anonymous(4 * PAGE).populated().named("a")),
                    s -> RawMemory.fill(s.baseAddress(), 4 * PAGE, (byte) 5),
                    s -> s.map(AreaRequest.frames(FRAMES, 0, 2 * PAGE)),
                    s -> s.map(AreaRequest.stack(2 * PAGE).precommitted(PAGE)),
                    s -> s.map(AreaRequest.anonymous(2 * PAGE).lockedInMemory()),
                    s -> s.unlockInMemory(s.baseAddress() + 10 * PAGE, 2 * PAGE),
                    s -> s.lockInMemory(s.baseAddress(), 2 * PAGE),
                    s -> s.unlockInMemory(s.baseAddress(), 2 * PAGE),
                    s -> s.remap(s.baseAddress() + 10 * PAGE, 2 * PAGE, 3 * PAGE, Moving.REFUSED),
                    s -> RawMemory.fill(s.baseAddress() + 10 * PAGE, 3 * PAGE, (byte) 6),
                    s -> s.remap(s.baseAddress(), 4 * PAGE, 6 * PAGE, Moving.ALLOWED),
                    s -> s.remap(s.baseAddress() + 4 * PAGE, 2 * PAGE, 4 * PAGE, Moving.ALLOWED),
                    s -> s.remap(s.baseAddress() + 10 * PAGE, 3 * PAGE, PAGE, Moving.REFUSED),
                    s -> s.mapRing(FRAMES),
                    s ->
                            s.map(
                                    AreaRequest.anonymous(3 * PAGE)
                                            .populated()
                                            .replacing(s.baseAddress() + 10 * PAGE)),
                    s ->
                            s.map(
                                    AreaRequest.frames(FRAMES, PAGE, PAGE)
                                            .replacing(s.baseAddress() + 11 * PAGE)),
                    s -> s.map(AreaRequest.reserved(PAGE).replacing(s.baseAddress() + 12 * PAGE)),
                    s -> s.protect(s.baseAddress(), 6 * PAGE, Protection.READ, Holes.SKIPPED),
                    s -> s.advise(s.baseAddress() + 10 * PAGE, PAGE, Advice.COLD),
                    s -> s.numa(s.baseAddress() + 10 * PAGE, PAGE, NumaPolicy.preferred(0)),
                    s -> s.populate(s.baseAddress() + 10 * PAGE, PAGE),
                    s -> s.residentBytes(s.baseAddress(), PAGES * PAGE),
                    s -> s.unmap(s.baseAddress(), PAGES * PAGE, Holes.SKIPPED),
                    VirtualAddressSpace::close);

    /**
     * Aligned as the kernel likes, so that there is nothing to trim and the calls can be counted.
     */
    private static VirtualAddressSpace space(SystemCalls calls) {
        return VirtualAddressSpace.builder()
                .bytes(PAGES * PAGE)
                .alignment(PAGE)
                .systemCalls(calls)
                .build();
    }

    /** All that a caller can see of an open space, contents included. */
    private record Seen(List<Area> areas, long committedBytes, List<String> kernel, long sum) {
        static Seen of(VirtualAddressSpace space) {
            space.validate();
            final String[] kernel = KernelMappings.permissions(space);
            // What the kernel would not let us read, the comparison tells without a crash.
            assertThat(kernel).isEqualTo(KernelMappings.expected(space));
            long sum = 1;
            for (final Area area : space.areas()) {
                if (area.protection() != Protection.NONE) {
                    for (long at = area.start(); at < area.end(); at += Long.BYTES) {
                        sum = 31 * sum + RawMemory.loadLongPlain(at);
                    }
                }
            }
            return new Seen(space.areas(), space.committedBytes(), List.of(kernel), sum);
        }
    }

    @ParameterizedTest(name = "V-08 every system call fails in turn with errno {0}")
    @ValueSource(ints = {Errno.ENOMEM, Errno.EAGAIN})
    void refusedCallLeavesEverythingAsItWas(int errno) {
        final long calls = callsOfAFaultlessRun(SCRIPT);
        assertThat(calls).isEqualTo(12); // the reservation, and all but three operations
        for (long nth = 1; nth <= calls; nth++) {
            runWithFault(SCRIPT, nth, errno);
        }
    }

    @ParameterizedTest(name = "V-02 V-08 V-14 so does each call of the rest, with errno {0}")
    @ValueSource(ints = {Errno.ENOMEM, Errno.EAGAIN})
    void refusedCallOfTheRestLeavesEverythingAsItWas(int errno) {
        final long calls = callsOfAFaultlessRun(RICH_SCRIPT);
        assertThat(calls).isGreaterThan(35);
        for (long nth = 1; nth <= calls; nth++) {
            runWithFault(RICH_SCRIPT, nth, errno);
        }
    }

    private static long callsOfAFaultlessRun(List<Consumer<VirtualAddressSpace>> script) {
        final FaultInjectingSystemCalls calls = FaultInjectingSystemCalls.none();
        final VirtualAddressSpace space = space(calls);
        script.forEach(operation -> operation.accept(space));
        return calls.made();
    }

    private static void runWithFault(
            List<Consumer<VirtualAddressSpace>> script, long nth, int errno) {
        final FaultInjectingSystemCalls calls = FaultInjectingSystemCalls.failingNth(nth, errno);
        final AddressLedger ledger = new AddressLedger();
        final SystemCalls watched = ledger.watch(calls);
        VirtualAddressSpace space;
        try {
            space = space(watched);
        } catch (SystemCallException refused) {
            assertThat(ledger.pagesHeld()).as("held after call %d failed", nth).isZero();
            space = space(watched);
        }
        for (final Consumer<VirtualAddressSpace> operation : script) {
            final Seen before = Seen.of(space);
            try {
                operation.accept(space);
            } catch (SystemCallException refused) {
                assertThat(refused.errno()).isEqualTo(errno);
                assertThat(Seen.of(space)).as("after call %d failed", nth).isEqualTo(before);
                operation.accept(space); // and now it works
            }
        }
        assertThat(calls.failed()).as("call %d", nth).isEqualTo(1);
        assertThat(ledger.pagesHeld()).as("held at the end of run %d", nth).isZero();
    }

    @Test
    @DisplayName("V-08 a commit that stops half-way is rolled back")
    void commitThatStopsHalfWayIsRolledBack() {
        final AtomicBoolean armed = new AtomicBoolean();
        try (VirtualAddressSpace space = space(stoppingHalfWay(armed))) {
            space.reserveArea(8 * PAGE, PAGE);
            final Seen before = Seen.of(space);

            armed.set(true);
            assertThatThrownBy(() -> space.commit(space.baseAddress(), 8 * PAGE))
                    .isInstanceOf(SystemCallException.class)
                    .hasNoSuppressedExceptions();

            assertThat(armed).isFalse();
            assertThat(Seen.of(space)).isEqualTo(before);
        }
    }

    @Test
    @DisplayName("V-08 a change of protection that stops half-way is rolled back area by area")
    void protectThatStopsHalfWayIsRolledBack() {
        final AtomicBoolean armed = new AtomicBoolean();
        try (VirtualAddressSpace space = space(stoppingHalfWay(armed))) {
            space.mapAnonymous(8 * PAGE, PAGE, Protection.READ_WRITE);
            space.protect(space.baseAddress() + PAGE, 2 * PAGE, Protection.READ);
            final Seen before = Seen.of(space);

            armed.set(true);
            assertThatThrownBy(() -> space.protect(space.baseAddress(), 8 * PAGE, Protection.NONE))
                    .isInstanceOf(SystemCallException.class)
                    .hasNoSuppressedExceptions();

            assertThat(armed).isFalse();
            assertThat(Seen.of(space)).isEqualTo(before);
        }
    }

    @Test
    @DisplayName("V-08 a roll-back that is refused too is told with the first refusal")
    void refusedRollBackIsSuppressed() {
        final FaultInjectingSystemCalls calls =
                FaultInjectingSystemCalls.choosing(
                        (call, number) -> call.equals("mprotect") ? Errno.ENOMEM : 0);
        try (VirtualAddressSpace space = space(calls)) {
            final Area area = space.reserveArea(8 * PAGE, PAGE);

            assertThatThrownBy(() -> space.commit(area.start(), 8 * PAGE))
                    .isInstanceOf(SystemCallException.class)
                    .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));

            assertThat(space.areas()).containsExactly(area);
        }
    }

    @Test
    @DisplayName(
            "V-08 trimming of the reservation that is refused never unmaps what was given back")
    void refusedTrimmingKeepsOffGivenBackAddresses() {
        for (int nth = 1; nth <= 3; nth++) {
            final AddressLedger ledger = new AddressLedger();
            final SystemCalls calls =
                    ledger.watch(FaultInjectingSystemCalls.failingNth(nth, Errno.ENOMEM));
            for (int attempt = 0; attempt < 2; attempt++) {
                try (VirtualAddressSpace space =
                        VirtualAddressSpace.builder()
                                .bytes(PAGES * PAGE)
                                .systemCalls(calls)
                                .build()) {
                    assertThat(ledger.pagesHeld()).isEqualTo(space.bytes() / PAGE);
                } catch (SystemCallException refused) {
                    assertThat(ledger.pagesHeld()).as("call %d failed", nth).isZero();
                }
            }
        }
    }

    @Test
    @DisplayName("V-02 V-08 huge pages of a pool that replaced memory leave a hole if refused then")
    void hugePagesThatCannotBePopulatedInPlaceLeaveAHole() {
        final SystemCalls withPool =
                ScriptedSystemCalls.over(
                        SystemCalls.linux(),
                        (call, arguments) -> {
                            if (call.equals("mmap")) { // ordinary pages for those of a pool
                                final int size = -1 << MemoryFlags.HUGE_SHIFT;
                                final int huge = MemoryFlags.MAP_HUGETLB | size;
                                arguments[3] = (int) arguments[3] & ~huge;
                            } else if (call.equals("madvise")) {
                                throw new SystemCallException(call, "stopped", Errno.ENOMEM);
                            }
                            return false;
                        });
        try (VirtualAddressSpace space =
                VirtualAddressSpace.builder().bytes(PAGES * PAGE).systemCalls(withPool).build()) {
            space.mapAnonymous(PAGES * PAGE, PAGE, Protection.READ_WRITE);
            final AreaRequest huge =
                    AreaRequest.anonymous(8 * PAGE)
                            .hugetlb(8 * PAGE)
                            .populated()
                            .replacing(space.baseAddress() + 8 * PAGE);

            assertThatThrownBy(() -> space.map(huge))
                    .isInstanceOfSatisfying(
                            SystemCallException.class,
                            refused ->
                                    assertThat(refused.getSuppressed())
                                            .singleElement()
                                            .satisfies(why ->
                                                    assertThat(why)
                                                            .hasMessageContaining("it is a hole")));

            assertThat(space.find(space.baseAddress() + 8 * PAGE)).isEmpty();
            assertThat(space.areas()).hasSize(2);
            assertThat(KernelMappings.permissions(space)).isEqualTo(KernelMappings.expected(space));
        }
    }

    @Test
    @DisplayName("V-07 the comparison with the kernel rejects a system call that was not made")
    void comparisonRejectsCallsThatWereNotMade() {
        final SystemCalls lying =
                ScriptedSystemCalls.over(
                        SystemCalls.linux(), (call, arguments) -> call.equals("mprotect"));
        try (VirtualAddressSpace space = space(lying)) {
            space.mapAnonymous(PAGE, PAGE, Protection.READ);

            assertThat(KernelMappings.permissions(space))
                    .isNotEqualTo(KernelMappings.expected(space));
        }
    }

    /** While armed, the next mprotect changes the first half of its range and then fails. */
    private static SystemCalls stoppingHalfWay(AtomicBoolean armed) {
        return ScriptedSystemCalls.over(
                SystemCalls.linux(),
                (call, arguments) -> {
                    if (call.equals("mprotect") && armed.getAndSet(false)) {
                        final long half = (long) arguments[1] / 2;
                        SystemCalls.linux().mprotect((long) arguments[0], half, (int) arguments[2]);
                        throw new SystemCallException("mprotect", "stopped", Errno.ENOMEM);
                    }
                    return false;
                });
    }
}
