// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.word.PageOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bad use: each is refused by name, with the range and what would be right, and changes nothing.
 */
class VirtualAddressSpaceMisuseTest {
    private static final long PAGE = PageOrder.PAGE_BYTES;
    private static final int PAGES = 16;

    // The layout: pages 0-3 reserved, 4-7 anonymous, 8-15 a hole.
    private final VirtualAddressSpace space = VirtualAddressSpace.reserve(PAGES * PAGE);

    VirtualAddressSpaceMisuseTest() {
        space.reserveArea(4 * PAGE, PAGE);
        space.mapAnonymous(4 * PAGE, PAGE, Protection.READ_WRITE);
    }

    @AfterEach
    void close() {
        space.close();
    }

    /** A bad call; {@code remedy} is part of the message. */
    record Misuse(String name, String call, String remedy, Consumer<VirtualAddressSpace> bad) {
        @Override
        public String toString() {
            return call + ": " + name;
        }
    }

    /** The calls that take a range, with one signature. */
    private interface RangeCall {
        void on(VirtualAddressSpace space, long address, long bytes);
    }

    static Stream<Misuse> badRanges() {
        final List<Misuse> table = new ArrayList<>();
        addRanges(table, "commit", VirtualAddressSpace::commit);
        addRanges(table, "decommit", VirtualAddressSpace::decommit);
        addRanges(table, "discard", VirtualAddressSpace::discard);
        addRanges(table, "unmap", VirtualAddressSpace::unmap);
        addRanges(table, "protect", (s, a, b) -> s.protect(a, b, Protection.READ));
        addRanges(table, "mapAnonymousAt", (s, a, b) -> s.mapAnonymousAt(a, b, Protection.READ));
        return table.stream();
    }

    private static void addRanges(List<Misuse> table, String call, RangeCall on) {
        final String length = "the length must be a positive multiple of a page";
        final String multiple = "the address must be a multiple of a page";
        final String inside = "must lie in the space [0x";
        addRange(table, call, "no length", length, on, 0, 0);
        addRange(table, call, "a negative length", length, on, 0, -PAGE);
        addRange(table, call, "the smallest length", length, on, 0, Long.MIN_VALUE);
        addRange(table, call, "an unaligned length", length, on, 0, PAGE + 1);
        addRange(table, call, "an unaligned address", multiple, on, 8, PAGE);
        addRange(table, call, "a start before the space", inside, on, -PAGE, 2 * PAGE);
        addRange(table, call, "a start behind the space", inside, on, PAGES * PAGE, PAGE);
        addRange(table, call, "an end behind the space", inside, on, 0, (PAGES + 1) * PAGE);
        addRange(table, call, "V-17 an end beyond 2^63", inside, on, PAGE, Long.MAX_VALUE & -PAGE);
        table.add(
                new Misuse(
                        "V-17 the top of all addresses",
                        call,
                        inside,
                        space -> on.on(space, -PAGE, PAGE)));
        table.add(new Misuse("V-17 address 0", call, inside, space -> on.on(space, 0, PAGE)));
    }

    private static void addRange(
            List<Misuse> table,
            String call,
            String name,
            String remedy,
            RangeCall on,
            long offset,
            long bytes) {
        table.add(
                new Misuse(
                        name,
                        call,
                        remedy,
                        space -> on.on(space, space.baseAddress() + offset, bytes)));
    }

    static Stream<Misuse> badStates() {
        final String hole = "there is a hole at 0x";
        return Stream.of(
                at("commit", "a hole", hole, 8, 2, VirtualAddressSpace::commit),
                at("commit", "memory", "must be RESERVED", 4, 1, VirtualAddressSpace::commit),
                at(
                        "commit",
                        "partly memory",
                        "must be RESERVED",
                        3,
                        2,
                        VirtualAddressSpace::commit),
                at("decommit", "a hole", hole, 8, 2, VirtualAddressSpace::decommit),
                at("decommit", "partly a hole", hole, 7, 2, VirtualAddressSpace::decommit),
                at("decommit", "no memory", "must be ANON", 0, 1, VirtualAddressSpace::decommit),
                at("decommit", "partly none", "must be ANON", 3, 2, VirtualAddressSpace::decommit),
                at("discard", "no memory", "must be ANON", 0, 1, VirtualAddressSpace::discard),
                at("unmap", "a hole", hole, 9, 1, VirtualAddressSpace::unmap),
                at("unmap", "partly a hole", hole, 6, 3, VirtualAddressSpace::unmap),
                at(
                        "protect",
                        "no memory",
                        "must have memory, but there is [0x",
                        0,
                        1,
                        (s, a, b) -> s.protect(a, b, Protection.READ)),
                at(
                        "mapAnonymousAt",
                        "a clash",
                        "must be a hole, but there is [0x",
                        7,
                        2,
                        (s, a, b) -> s.mapAnonymousAt(a, b, Protection.READ)));
    }

    private static Misuse at(
            String call, String name, String remedy, int page, int pages, RangeCall on) {
        return new Misuse(
                name,
                call,
                remedy,
                space -> on.on(space, space.baseAddress() + page * PAGE, pages * PAGE));
    }

    static Stream<Misuse> badPlacements() {
        final List<Misuse> table = new ArrayList<>();
        for (final String call : List.of("reserveArea", "mapAnonymous")) {
            final RangeCall place =
                    call.equals("reserveArea")
                            ? VirtualAddressSpace::reserveArea
                            : (s, b, a) -> s.mapAnonymous(b, a, Protection.READ_WRITE);
            final String length = "the length must be";
            final String alignment = "the alignment must be a power of two from a page up: ";
            table.add(placement(call, "no length", length, place, 0, PAGE));
            table.add(placement(call, "a negative length", length, place, -PAGE, PAGE));
            table.add(placement(call, "an unaligned length", length, place, 100, PAGE));
            table.add(placement(call, "alignment 0", alignment + 0, place, PAGE, 0));
            table.add(placement(call, "alignment 3", alignment + 3, place, PAGE, 3));
            table.add(placement(call, "alignment -4096", alignment + -4096, place, PAGE, -4096));
            table.add(placement(call, "less than a page", alignment + 2048, place, PAGE, 2048));
            final String full = "the largest hole has %d bytes".formatted(8 * PAGE);
            table.add(placement(call, "no room", full, place, 9 * PAGE, PAGE));
            table.add(placement(call, "V-17 all", full, place, Long.MAX_VALUE & -PAGE, PAGE));
            table.add(placement(call, "V-17 no such address", full, place, PAGE, 1L << 62));
            table.add(placement(call, "V-17 the sign bit", alignment, place, PAGE, Long.MIN_VALUE));
        }
        return table.stream();
    }

    private static Misuse placement(
            String call, String name, String remedy, RangeCall place, long bytes, long alignment) {
        return new Misuse(name, call, remedy, space -> place.on(space, bytes, alignment));
    }

    @ParameterizedTest
    @MethodSource({"badRanges", "badStates", "badPlacements"})
    void misuseIsNamedAndChangesNothing(Misuse misuse) {
        final List<Area> before = space.areas();

        assertThatThrownBy(() -> misuse.bad().accept(space))
                .isInstanceOfSatisfying(
                        VmemException.class, e -> assertThat(e.call()).isEqualTo(misuse.call()))
                .hasMessageStartingWith(misuse.call() + " of [0x")
                .hasMessageContaining(misuse.remedy());

        space.validate();
        assertThat(space.areas()).isEqualTo(before);
        assertThat(KernelMappings.permissions(space)).isEqualTo(KernelMappings.expected(space));
    }

    static Stream<Misuse> allCalls() {
        final List<Misuse> table = new ArrayList<>();
        addRange(table, "commit", "", "", VirtualAddressSpace::commit, 0, PAGE);
        addRange(table, "decommit", "", "", VirtualAddressSpace::decommit, 4 * PAGE, PAGE);
        addRange(table, "discard", "", "", VirtualAddressSpace::discard, 4 * PAGE, PAGE);
        addRange(table, "unmap", "", "", VirtualAddressSpace::unmap, 0, PAGE);
        final RangeCall protect = (s, a, b) -> s.protect(a, b, Protection.READ);
        addRange(table, "protect", "", "", protect, 4 * PAGE, PAGE);
        final RangeCall mapAt = (s, a, b) -> s.mapAnonymousAt(a, b, Protection.READ);
        addRange(table, "mapAnonymousAt", "", "", mapAt, 8 * PAGE, PAGE);
        table.add(new Misuse("", "reserveArea", "", s -> s.reserveArea(PAGE, PAGE)));
        final Protection read = Protection.READ;
        table.add(new Misuse("", "mapAnonymous", "", s -> s.mapAnonymous(PAGE, PAGE, read)));
        table.add(new Misuse("", "find", "", s -> s.find(s.baseAddress())));
        table.add(new Misuse("", "areas", "", VirtualAddressSpace::areas));
        table.add(new Misuse("", "committedBytes", "", VirtualAddressSpace::committedBytes));
        return table.stream();
    }

    @ParameterizedTest
    @MethodSource("allCalls")
    void everyCallOnAClosedSpaceIsRefused(Misuse call) {
        call.bad().accept(space); // good so far
        space.close();
        space.close(); // a second time does nothing

        assertThatThrownBy(() -> call.bad().accept(space))
                .isInstanceOf(VmemException.class)
                .hasMessageStartingWith(call.call() + " of [0x")
                .hasMessageEndingWith("is closed");
    }

    @Test
    void exceptionCarriesCallAndRange() {
        final long address = space.baseAddress() + 8 * PAGE;
        assertThatThrownBy(() -> space.commit(address, 2 * PAGE))
                .isInstanceOfSatisfying(
                        VmemException.class,
                        e -> {
                            assertThat(e.call()).isEqualTo("commit");
                            assertThat(e.address()).isEqualTo(address);
                            assertThat(e.bytes()).isEqualTo(2 * PAGE);
                        });
    }

    @Test
    @DisplayName("V-17 a space of a bad length or alignment is refused")
    void badSpacesAreRefused() {
        for (final long bytes : new long[] {0, -PAGE, 100, Long.MIN_VALUE, 1L << 47, -1}) {
            assertThatThrownBy(() -> VirtualAddressSpace.builder().bytes(bytes))
                    .isInstanceOf(VmemException.class)
                    .hasMessageContaining("the length must be");
        }
        assertThatThrownBy(() -> VirtualAddressSpace.builder().build())
                .isInstanceOf(VmemException.class)
                .hasMessageContaining("the length must be");
        for (final long alignment : new long[] {0, 3, 2048, -PAGE, 1L << 31, Long.MIN_VALUE}) {
            assertThatThrownBy(() -> VirtualAddressSpace.builder().alignment(alignment))
                    .isInstanceOf(VmemException.class)
                    .hasMessageContaining("the alignment must be a power of two");
        }
    }
}
