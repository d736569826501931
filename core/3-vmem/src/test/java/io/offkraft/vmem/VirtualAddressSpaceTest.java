// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VirtualAddressSpaceTest {
    private static final long PAGE = PageOrder.PAGE_BYTES;
    private static final long MIB = 1L << 20;

    private final VirtualAddressSpace space = VirtualAddressSpace.reserve(16 * MIB);
    private final long base = space.baseAddress();

    @AfterEach
    void close() {
        space.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 12, 1L << 16, 1L << 21, 1L << 30})
    void spaceStartsAtAMultipleOfItsAlignment(long alignment) {
        try (VirtualAddressSpace aligned =
                VirtualAddressSpace.builder().bytes(3 * PAGE).alignment(alignment).build()) {
            assertThat(aligned.baseAddress() % alignment).isZero();
            assertThat(aligned.bytes()).isEqualTo(3 * PAGE);
            assertThat(KernelMappings.permissions(aligned)).containsOnly("---p");
        }
    }

    @Test
    void newSpaceIsOneHoleThatTheKernelKeepsForIt() {
        assertThat(base % (2 * MIB)).isZero();
        assertThat(space.areas()).isEmpty();
        assertThat(space.committedBytes()).isZero();
        assertThat(KernelMappings.permissions(space)).containsOnly("---p");
    }

    @Test
    void spaceOfFourTebibytesCostsNoMemory() {
        try (VirtualAddressSpace large = VirtualAddressSpace.reserve(1L << 42)) {
            final Area area = large.reserveArea(1L << 41, PAGE);
            large.commit(area.start() + (1L << 40), PAGE);
            RawMemory.storeLongPlain(area.start() + (1L << 40), 1);
            assertThat(large.committedBytes()).isEqualTo(PAGE);
        }
    }

    @Test
    void committedMemoryIsZeroAndWritable() {
        final Area area = space.reserveArea(4 * MIB, PAGE);
        assertThat(area)
                .isEqualTo(new Area(base, base + 4 * MIB, Area.Kind.RESERVED, Protection.NONE));

        space.commit(base + MIB, MIB);

        assertThat(RawMemory.loadLongPlain(base + MIB)).isZero();
        RawMemory.fill(base + MIB, MIB, (byte) 7);
        assertThat(RawMemory.loadBytePlain(base + 2 * MIB - 1)).isEqualTo((byte) 7);
        assertThat(space.committedBytes()).isEqualTo(MIB);
        assertThat(space.areas())
                .containsExactly(
                        new Area(base, base + MIB, Area.Kind.RESERVED, Protection.NONE),
                        new Area(
                                base + MIB,
                                base + 2 * MIB,
                                Area.Kind.ANONYMOUS,
                                Protection.READ_WRITE),
                        new Area(
                                base + 2 * MIB,
                                base + 4 * MIB,
                                Area.Kind.RESERVED,
                                Protection.NONE));
    }

    @Test
    void decommittedMemoryIsGoneAndReadsAsZeroWhenItIsBack() {
        final SystemCalls linux = SystemCalls.linux();
        space.reserveArea(4 * MIB, PAGE);
        space.commit(base, 4 * MIB);
        RawMemory.fill(base, 4 * MIB, (byte) 7);
        assertThat(linux.residentPages(base, 4 * MIB)).isEqualTo(4 * MIB / PAGE);

        space.decommit(base + MIB, MIB);

        assertThat(linux.residentPages(base + MIB, MIB)).isZero();
        assertThat(linux.residentPages(base, 4 * MIB)).isEqualTo(3 * MIB / PAGE);
        assertThat(space.committedBytes()).isEqualTo(3 * MIB);
        space.commit(base + MIB, MIB);
        assertThat(RawMemory.loadLongPlain(base + MIB)).isZero();
        assertThat(RawMemory.loadBytePlain(base + MIB - 1)).isEqualTo((byte) 7);
        assertThat(RawMemory.loadBytePlain(base + 2 * MIB)).isEqualTo((byte) 7);
        assertThat(space.areas()).hasSize(1);
    }

    @Test
    void discardedMemoryIsGivenBackAndReadsAsZero() {
        space.mapAnonymous(MIB, PAGE, Protection.READ_WRITE);
        RawMemory.fill(base, MIB, (byte) 7);

        space.discard(base, MIB - PAGE);

        assertThat(SystemCalls.linux().residentPages(base, MIB)).isEqualTo(1);
        assertThat(RawMemory.loadBytePlain(base)).isZero();
        assertThat(RawMemory.loadBytePlain(base + MIB - 1)).isEqualTo((byte) 7);
    }

    @Test
    void protectionChangesKeepTheContentAndSplitAndMergeTheArea() {
        space.mapAnonymous(4 * PAGE, PAGE, Protection.READ_WRITE);
        RawMemory.storeLongPlain(base + PAGE, 42);

        space.protect(base + PAGE, 2 * PAGE, Protection.READ);
        assertThat(space.areas()).hasSize(3);
        assertThat(RawMemory.loadLongPlain(base + PAGE)).isEqualTo(42);
        space.protect(base + PAGE, PAGE, Protection.NONE);
        assertThat(space.areas()).hasSize(4);
        assertThat(KernelMappings.permissions(space)).isEqualTo(KernelMappings.expected(space));
        space.protect(base + PAGE, 2 * PAGE, Protection.READ_WRITE);

        assertThat(space.areas())
                .containsExactly(
                        new Area(
                                base, base + 4 * PAGE, Area.Kind.ANONYMOUS, Protection.READ_WRITE));
        assertThat(RawMemory.loadLongPlain(base + PAGE)).isEqualTo(42);
        assertThat(space.committedBytes()).isEqualTo(4 * PAGE);
    }

    @Test
    @DisplayName("V-01 areas that touch merge on either side, on both, and not with another kind")
    void neighboursMerge() {
        final Protection both = Protection.READ_WRITE;
        space.mapAnonymousAt(base + 4 * PAGE, PAGE, both);
        space.mapAnonymousAt(base + 5 * PAGE, PAGE, both); // behind
        space.mapAnonymousAt(base + 3 * PAGE, PAGE, both); // before
        space.mapAnonymousAt(base + PAGE, PAGE, both);
        space.mapAnonymousAt(base + 2 * PAGE, PAGE, both); // between
        space.mapAnonymousAt(base, PAGE, Protection.READ); // another protection
        space.reserveArea(PAGE, PAGE); // another kind, in the hole behind

        assertThat(space.areas())
                .containsExactly(
                        new Area(base, base + PAGE, Area.Kind.ANONYMOUS, Protection.READ),
                        new Area(base + PAGE, base + 6 * PAGE, Area.Kind.ANONYMOUS, both),
                        new Area(
                                base + 6 * PAGE,
                                base + 7 * PAGE,
                                Area.Kind.RESERVED,
                                Protection.NONE));
    }

    @Test
    @DisplayName("V-01 an area goes into the lowest hole that fits it aligned")
    void placementIsFirstFit() {
        space.reserveArea(8 * PAGE, PAGE);
        space.unmap(base + PAGE, PAGE);
        space.unmap(base + 3 * PAGE, 3 * PAGE);

        assertThat(space.reserveArea(2 * PAGE, 4 * PAGE).start()).isEqualTo(base + 4 * PAGE);
        assertThat(space.reserveArea(PAGE, PAGE).start()).isEqualTo(base + PAGE);
        assertThat(space.reserveArea(2 * PAGE, PAGE).start()).isEqualTo(base + 8 * PAGE);
        assertThat(space.reserveArea(PAGE, PAGE).start()).isEqualTo(base + 3 * PAGE);
    }

    @Test
    @DisplayName("V-05 what is unmapped and mapped again reads as zero")
    void unmappedContentIsGone() {
        space.mapAnonymous(4 * PAGE, PAGE, Protection.READ_WRITE);
        RawMemory.fill(base, 4 * PAGE, (byte) 7);

        space.unmap(base + PAGE, 2 * PAGE);

        assertThat(space.find(base + PAGE)).isEmpty();
        assertThat(KernelMappings.permissions(space)).isEqualTo(KernelMappings.expected(space));
        space.mapAnonymousAt(base + PAGE, 2 * PAGE, Protection.READ);
        assertThat(RawMemory.loadLongPlain(base + PAGE)).isZero();
        assertThat(RawMemory.loadBytePlain(base)).isEqualTo((byte) 7);
    }

    @Test
    void findKnowsTheEdgesOfAnArea() {
        space.mapAnonymousAt(base + PAGE, 2 * PAGE, Protection.READ);

        assertThat(space.find(base)).isEmpty();
        assertThat(space.find(base + PAGE)).isPresent();
        assertThat(space.find(base + 3 * PAGE - 1)).isPresent();
        assertThat(space.find(base + 3 * PAGE)).isEmpty();
        assertThat(space.find(0)).isEmpty();
        assertThat(space.find(-1)).isEmpty();
    }

    @Test
    void closeUnmapsEverythingAtOnce() {
        space.mapAnonymous(MIB, PAGE, Protection.READ_WRITE);
        space.reserveArea(MIB, PAGE);

        space.close();
        space.close();

        // The kernel knows residence only of what is mapped throughout.
        assertThatThrownBy(() -> SystemCalls.linux().residentPages(base, 16 * MIB))
                .isInstanceOfSatisfying(
                        SystemCallException.class,
                        e -> assertThat(e.errnoName()).isEqualTo("ENOMEM"));
    }
}
