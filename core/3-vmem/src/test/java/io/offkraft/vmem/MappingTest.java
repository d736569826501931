// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.platform.SystemCallException;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be mapped, and what is there then. */
class MappingTest {
    private static final long PAGE = PageOrder.PAGE_BYTES;
    private static final long MIB = 1L << 20;

    private final VirtualAddressSpace space = VirtualAddressSpace.reserve(16 * MIB);
    private final long base = space.baseAddress();

    @AfterEach
    void close() {
        space.validate();
        assertThat(KernelMappings.permissions(space)).isEqualTo(KernelMappings.expected(space));
        space.close();
    }

    @Test
    @DisplayName("V-01 an area is where it was asked for, and not over another")
    void areaIsWhereItWasAskedFor() {
        final Area area = space.map(AreaRequest.anonymous(4 * PAGE).at(base + 8 * PAGE));
        assertThat(area.start()).isEqualTo(base + 8 * PAGE);
        RawMemory.storeLongPlain(area.start(), 42);
        assertThatThrownBy(() -> space.map(AreaRequest.anonymous(2 * PAGE).at(base + 11 * PAGE)))
                .isInstanceOf(VmemException.class)
                .hasMessageContaining("must be a hole, but there is [0x");
        assertThat(space.map(AreaRequest.reserved(8 * PAGE)).start()).isEqualTo(base);
        assertThat(space.map(AreaRequest.reserved(PAGE)).start()).isEqualTo(base + 12 * PAGE);
        assertThat(RawMemory.loadLongPlain(area.start())).isEqualTo(42);
    }

    @Test
    @DisplayName("V-01 names keep areas apart, and the same name joins them")
    void namesKeepAreasApart() {
        space.map(AreaRequest.anonymous(2 * PAGE).named("first").at(base));
        space.map(AreaRequest.anonymous(2 * PAGE).named("second").at(base + 2 * PAGE));
        assertThat(space.areas()).extracting(Area::name).containsExactly("first", "second");
        space.name(base + PAGE, 3 * PAGE, "first");
        assertThat(space.areas())
                .singleElement()
                .returns("first", Area::name)
                .returns(4 * PAGE, Area::bytes);
        assertThatThrownBy(() -> space.name(base, PAGE, "a$b"))
                .hasMessageContaining("printable ASCII without");
        assertThatThrownBy(() -> AreaRequest.anonymous(PAGE).named("x".repeat(80)))
                .hasMessageContaining("at most 79");
    }

    @Test
    @DisplayName("V-01 kinds are searched from where they were told to be")
    void kindsAreSearchedFromTheirHints() {
        try (VirtualAddressSpace hinted =
                VirtualAddressSpace.builder()
                        .bytes(16 * PAGE)
                        .searchFrom(Area.Kind.ANONYMOUS, 12 * PAGE)
                        .build()) {
            final long first = hinted.baseAddress();
            assertThat(hinted.map(AreaRequest.reserved(PAGE)).start()).isEqualTo(first);
            assertThat(hinted.map(AreaRequest.anonymous(3 * PAGE)).start())
                    .isEqualTo(first + 12 * PAGE);
            assertThat(hinted.map(AreaRequest.anonymous(3 * PAGE)).start())
                    .as("no room behind: from the beginning")
                    .isEqualTo(first + PAGE);
        }
        assertThatThrownBy(() ->
                        VirtualAddressSpace.builder()
                                .bytes(PAGE)
                                .searchFrom(Area.Kind.FRAMES, PAGE)
                                .build())
                .hasMessageContaining("begins behind the end");
    }

    @Test
    @DisplayName("V-02 what is replaced goes as the new memory comes, and nothing beside it")
    void replaceOverHoleAreaHole() {
        space.map(AreaRequest.anonymous(4 * PAGE).at(base + 4 * PAGE));
        RawMemory.fill(base + 4 * PAGE, 4 * PAGE, (byte) 7);
        final Area area =
                space.map(
                        AreaRequest.anonymous(4 * PAGE)
                                .protection(Protection.READ)
                                .replacing(base + 2 * PAGE));
        assertThat(area)
                .isEqualTo(
                        new Area(
                                base + 2 * PAGE,
                                base + 6 * PAGE,
                                Area.Kind.ANONYMOUS,
                                Protection.READ));
        assertThat(space.areas())
                .containsExactly(
                        area,
                        new Area(
                                base + 6 * PAGE,
                                base + 8 * PAGE,
                                Area.Kind.ANONYMOUS,
                                Protection.READ_WRITE));
        assertThat(RawMemory.loadBytePlain(base + 5 * PAGE)).isZero();
        assertThat(RawMemory.loadBytePlain(base + 6 * PAGE)).isEqualTo((byte) 7);
        space.map(AreaRequest.reserved(8 * PAGE).replacing(base));
        assertThat(space.committedBytes()).isZero();
    }

    @Test
    @DisplayName("V-01 holes are refused unless they shall be skipped")
    void holesAreRefusedOrSkipped() {
        space.map(AreaRequest.anonymous(2 * PAGE).at(base));
        space.map(AreaRequest.anonymous(2 * PAGE).at(base + 4 * PAGE));
        final long all = 6 * PAGE;
        assertThatThrownBy(() -> space.protect(base, all, Protection.READ))
                .hasMessageContaining("there is a hole at 0x%x", base + 2 * PAGE);
        assertThatThrownBy(() -> space.advise(base, all, Advice.DONT_NEED))
                .hasMessageContaining("there is a hole");
        assertThatThrownBy(() -> space.unmap(base, all)).hasMessageContaining("there is a hole");
        RawMemory.fill(base + 4 * PAGE, 2 * PAGE, (byte) 1);
        space.advise(base, all, Advice.DONT_NEED, Holes.SKIPPED);
        assertThat(RawMemory.loadBytePlain(base + 4 * PAGE)).isZero();
        space.protect(base + PAGE, all - PAGE, Protection.READ, Holes.SKIPPED);
        assertThat(space.areas())
                .extracting(Area::protection)
                .containsExactly(Protection.READ_WRITE, Protection.READ, Protection.READ);
        space.unmap(base + PAGE, all - PAGE, Holes.SKIPPED);
        assertThat(space.areas()).hasSize(1);
    }

    @Test
    @DisplayName("V-10 a stack lies between its guards and is changed as a whole only")
    void stackLiesBetweenItsGuards() {
        final Area stack =
                space.map(
                        AreaRequest.stack(8 * PAGE)
                                .guards(2 * PAGE)
                                .growing(Growth.DOWN)
                                .precommitted(3 * PAGE));
        final StackLayout layout = stack.stack();
        assertThat(layout)
                .isEqualTo(
                        new StackLayout(
                                base,
                                base + 2 * PAGE,
                                base + 10 * PAGE,
                                base + 12 * PAGE,
                                Growth.DOWN));
        assertThat(layout.initialAddress()).isEqualTo(base + 10 * PAGE);
        assertThat(space.areas())
                .extracting(Area::kind)
                .containsExactly(Area.Kind.GUARD, Area.Kind.STACK, Area.Kind.GUARD);
        assertThat(space.committedBytes()).isEqualTo(8 * PAGE);
        assertThat(space.residentBytes(base + 7 * PAGE, 3 * PAGE)).isEqualTo(3 * PAGE);
        assertThat(space.residentBytes(base, 7 * PAGE)).isZero();
        assertThat(KernelMappings.permissions(space)).startsWith("---p", "---p", "rw-p");
        for (final long[] part :
                new long[][] {{0, 2}, {2, 8}, {2, 10}, {0, 11}, {1, 11}, {10, 2}}) {
            final long from = base + part[0] * PAGE;
            final long bytes = part[1] * PAGE;
            assertThatThrownBy(() -> space.unmap(from, bytes))
                    .hasMessageContaining("a stack is changed as a whole");
            assertThatThrownBy(() -> space.map(AreaRequest.anonymous(bytes).replacing(from)))
                    .hasMessageContaining("a stack is changed as a whole");
        }
        assertThatThrownBy(() -> space.protect(base + 2 * PAGE, PAGE, Protection.READ))
                .hasMessageContaining("a stack is changed as a whole");
        space.unmap(base, 12 * PAGE);
        assertThat(space.areas()).isEmpty();
    }

    @Test
    @DisplayName("V-10 a stack that grows up begins, and is committed, at the other end")
    void stackThatGrowsUp() {
        final Area stack =
                space.map(AreaRequest.stack(4 * PAGE).growing(Growth.UP).precommitted(PAGE));
        final StackLayout layout = stack.stack();
        assertThat(layout).isNotNull();
        assertThat(layout.initialAddress()).isEqualTo(stack.start());
        assertThat(space.residentBytes(stack.start(), PAGE)).isEqualTo(PAGE);
        assertThat(space.residentBytes(stack.start() + PAGE, 3 * PAGE)).isZero();
        final Area second = space.map(AreaRequest.stack(4 * PAGE).growing(Growth.UP));
        assertThat(space.areas()).as("stacks side by side stay two").hasSize(6);
        assertThat(second.start()).isEqualTo(stack.end() + 2 * PAGE);
    }

    @Test
    @DisplayName("V-11 two mappings of the same frames alias, and the frames outlive an unmap")
    @SuppressWarnings("try") // closed early, to see what lives on
    void mappingsOfTheSameFramesAlias() {
        try (SharedFrames frames = SharedFrames.create("frames of a test", 4 * PAGE)) {
            final Area all = space.map(AreaRequest.frames(frames, 0, 4 * PAGE));
            final Area part = space.map(AreaRequest.frames(frames, 2 * PAGE, 2 * PAGE));
            RawMemory.storeLongPlain(all.start() + 3 * PAGE, 42);
            assertThat(RawMemory.loadLongPlain(part.start() + PAGE)).isEqualTo(42);
            space.unmap(all.start(), all.bytes());
            assertThat(RawMemory.loadLongPlain(part.start() + PAGE)).isEqualTo(42);
            final Area again = space.map(AreaRequest.frames(frames, 0, 4 * PAGE));
            assertThat(RawMemory.loadLongPlain(again.start() + 3 * PAGE)).isEqualTo(42);
            frames.discard(3 * PAGE, PAGE);
            assertThat(RawMemory.loadLongPlain(part.start() + PAGE)).isZero();
            assertThatThrownBy(() -> AreaRequest.frames(frames, 3 * PAGE, 2 * PAGE))
                    .hasMessageContaining("are more than the");
            frames.close();
            RawMemory.storeLongPlain(again.start(), 1);
            assertThatThrownBy(() -> space.map(AreaRequest.frames(frames, 0, PAGE)))
                    .hasMessageContaining("are closed");
        }
    }

    @Test
    @DisplayName("V-01 neighbouring parts of the same frames are one area, others are not")
    void neighbouringPartsOfFramesMerge() {
        try (SharedFrames frames = SharedFrames.create("merge", 4 * PAGE)) {
            space.map(AreaRequest.frames(frames, 0, PAGE).at(base));
            space.map(AreaRequest.frames(frames, PAGE, PAGE).at(base + PAGE));
            assertThat(space.areas()).hasSize(1);
            space.map(AreaRequest.frames(frames, 0, PAGE).at(base + 2 * PAGE));
            assertThat(space.areas()).hasSize(2);
            space.unmap(base, PAGE);
            assertThat(space.find(base + PAGE).orElseThrow().offset()).isEqualTo(PAGE);
        }
    }

    @Test
    @DisplayName("V-15 a ring mapped twice has no seam")
    void ringHasNoSeam() {
        try (SharedFrames frames = SharedFrames.create("ring", 2 * PAGE)) {
            final Area ring = space.mapRing(frames);
            for (long at = 0; at < 2 * PAGE; at += Long.BYTES) {
                RawMemory.storeLongPlain(ring.start() + PAGE + at, at);
            }
            for (long at = 0; at < 2 * PAGE; at += Long.BYTES) {
                assertThat(RawMemory.loadLongPlain(ring.start() + (PAGE + at) % (2 * PAGE)))
                        .isEqualTo(at);
            }
            assertThat(space.areas()).hasSize(2);
        }
    }

    @Test
    @DisplayName("V-12 a file is read and written through its area, also after it was closed")
    void fileIsReadAndWritten(@TempDir Path folder) throws IOException {
        final Path path = folder.resolve("numbers");
        Files.writeString(path, "hello");
        final Area shared;
        final Area own;
        try (MappedFile file = MappedFile.open(path, MappedFile.Access.READ_WRITE)) {
            assertThat(file.bytes()).isEqualTo(5);
            shared = space.map(AreaRequest.fileShared(file));
            own = space.map(AreaRequest.filePrivate(file, 0, PAGE));
        }
        assertThat(RawMemory.loadBytePlain(shared.start())).isEqualTo((byte) 'h');
        assertThat(RawMemory.loadBytePlain(shared.start() + 5)).as("the zero tail").isZero();
        RawMemory.storeBytePlain(own.start(), (byte) 'J');
        assertThat(RawMemory.loadBytePlain(shared.start())).isEqualTo((byte) 'h');
        RawMemory.storeBytePlain(shared.start() + 1, (byte) 'a');
        space.sync(shared.start(), PAGE);
        assertThat(Files.readString(path)).isEqualTo("hallo");
        assertThatThrownBy(() -> space.sync(own.start(), PAGE))
                .hasMessageContaining("must be FILE_SHARED");
        assertThat(space.areas())
                .extracting(Area::kind)
                .containsExactly(Area.Kind.FILE_SHARED, Area.Kind.FILE_PRIVATE);
    }

    @Test
    @DisplayName("V-12 a file that may only be read is not written through an area")
    void readOnlyFile(@TempDir Path folder) throws IOException {
        final Path path = folder.resolve("read only");
        Files.write(path, new byte[2 * 4096]);
        try (MappedFile file = MappedFile.open(path, MappedFile.Access.READ)) {
            final Area area = space.map(AreaRequest.fileShared(file));
            assertThat(area.protection()).isEqualTo(Protection.READ);
            assertThatThrownBy(() -> space.protect(base, PAGE, Protection.READ_WRITE))
                    .isInstanceOf(SystemCallException.class)
                    .hasMessageContaining("EACCES");
            assertThat(space.areas()).containsExactly(area);
        }
        final Path made = folder.resolve("made");
        try (MappedFile file = MappedFile.open(made, MappedFile.Access.CREATE)) {
            file.setBytes(3 * PAGE);
            space.map(AreaRequest.fileShared(file).replacing(base));
            RawMemory.fill(base, 3 * PAGE, (byte) 'x');
        }
        space.unmap(base, 3 * PAGE);
        assertThat(Files.readString(made, StandardCharsets.US_ASCII)).isEqualTo("x".repeat(12288));
    }

    @Test
    @DisplayName("V-09 huge pages that are not there are refused in words, or done without")
    void hugePagesThatAreNotThere() {
        final AreaRequest huge = AreaRequest.anonymous(2 * MIB).hugetlb(2 * MIB);
        Area area;
        try {
            area = space.map(huge);
            assertThat(area.pageBytes()).isEqualTo(2 * MIB);
            final long start = area.start();
            for (final long[] part : new long[][] {{0, PAGE}, {PAGE, 2 * MIB - PAGE}}) {
                assertThatThrownBy(() -> space.unmap(start + part[0], part[1]))
                        .hasMessageContaining("must be whole pages of 2097152 bytes");
            }
            space.unmap(start, 2 * MIB);
        } catch (SystemCallException refused) {
            assertThat(refused).hasMessageContaining("MAP_HUGETLB").hasMessageContaining("ENOMEM");
            assertThat(space.areas()).isEmpty();
        }
        area = space.map(AreaRequest.anonymous(2 * MIB).hugetlbOrTransparent(2 * MIB));
        RawMemory.fill(area.start(), area.bytes(), (byte) 1);
        assertThat(area.start() % (2 * MIB)).isZero();
        assertThatThrownBy(() -> AreaRequest.anonymous(PAGE).hugetlb(2 * MIB))
                .hasMessageContaining("positive multiple of 2097152");
    }

    @Test
    @DisplayName("V-14 populated and locked memory is there at once")
    void populatedMemoryIsThereAtOnce() {
        final Area area = space.map(AreaRequest.anonymous(8 * PAGE).populated());
        assertThat(space.residentBytes(area.start(), area.bytes())).isEqualTo(8 * PAGE);
        final Area locked = space.map(AreaRequest.anonymous(4 * PAGE).lockedInMemory());
        assertThat(space.residentBytes(locked.start(), locked.bytes())).isEqualTo(4 * PAGE);
        space.unlockInMemory(locked.start(), locked.bytes());
        final Area later = space.map(AreaRequest.anonymous(4 * PAGE));
        space.populate(later.start(), 2 * PAGE);
        space.lockInMemory(later.start() + 2 * PAGE, PAGE);
        assertThat(space.residentBytes(later.start(), 4 * PAGE)).isEqualTo(3 * PAGE);
        space.protect(later.start(), PAGE, Protection.NONE);
        assertThatThrownBy(() -> space.populate(later.start(), 2 * PAGE))
                .hasMessageContaining("may not be touched");
    }

    @Test
    void adviceAndNodesReachTheKernel() {
        final Area area = space.map(AreaRequest.anonymous(8 * PAGE).numa(NumaPolicy.bind(0)));
        RawMemory.fill(area.start(), area.bytes(), (byte) 1);
        for (final Advice advice :
                List.of(
                        Advice.NORMAL,
                        Advice.RANDOM,
                        Advice.SEQUENTIAL,
                        Advice.WILL_NEED,
                        Advice.COLD,
                        Advice.PAGE_OUT,
                        Advice.FREE)) {
            space.advise(area.start(), area.bytes(), advice);
        }
        space.advise(area.start(), area.bytes(), Advice.DONT_NEED);
        assertThat(space.residentBytes(area.start(), area.bytes())).isZero();
        space.numa(area.start(), area.bytes(), NumaPolicy.preferred(0));
        space.numa(area.start(), area.bytes(), NumaPolicy.interleave(0));
        space.numa(area.start(), area.bytes(), NumaPolicy.DEFAULT);
        assertThatThrownBy(() -> NumaPolicy.bind(64)).hasMessageContaining("[0, 64): 64");
        assertThatThrownBy(NumaPolicy::bind).hasMessageContaining("at least one");
    }
}
