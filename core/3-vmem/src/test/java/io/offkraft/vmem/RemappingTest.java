// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Areas that become longer or shorter. */
class RemappingTest {
    private static final long PAGE = PageOrder.PAGE_BYTES;

    private final VirtualAddressSpace space = VirtualAddressSpace.reserve(64 * PAGE);
    private final long base = space.baseAddress();

    @AfterEach
    void close() {
        space.validate();
        assertThat(KernelMappings.permissions(space)).isEqualTo(KernelMappings.expected(space));
        space.close();
    }

    private static void stamp(long address, int pages) {
        for (int page = 0; page < pages; page++) {
            RawMemory.storeLongPlain(address + page * PAGE, 100 + page);
        }
    }

    private static void checkStamps(long address, int pages, int all) {
        for (int page = 0; page < all; page++) {
            assertThat(RawMemory.loadLongPlain(address + page * PAGE))
                    .as("page %d", page)
                    .isEqualTo(page < pages ? 100 + page : 0);
        }
    }

    @Test
    @DisplayName("V-01 an area grows into the hole behind it, and shrinks")
    void areaGrowsInPlace() {
        space.map(AreaRequest.anonymous(4 * PAGE));
        stamp(base, 4);
        final Area grown = space.remap(base, 4 * PAGE, 10 * PAGE, Moving.REFUSED);
        assertThat(space.areas()).containsExactly(grown);
        assertThat(grown.bytes()).isEqualTo(10 * PAGE);
        checkStamps(base, 4, 10);
        final Area shrunk = space.remap(base, 10 * PAGE, 2 * PAGE, Moving.REFUSED);
        assertThat(space.areas()).containsExactly(shrunk);
        assertThat(space.remap(base, 2 * PAGE, 2 * PAGE, Moving.REFUSED)).isEqualTo(shrunk);
        space.remap(base, 2 * PAGE, 4 * PAGE, Moving.REFUSED);
        checkStamps(base, 2, 4);
    }

    @Test
    @DisplayName("V-01 an area without room behind it moves with its contents, if it may")
    void areaMovesWithItsContents() {
        space.map(AreaRequest.anonymous(4 * PAGE).protection(Protection.READ_WRITE));
        space.map(AreaRequest.reserved(PAGE));
        stamp(base, 4);
        assertThatThrownBy(() -> space.remap(base, 4 * PAGE, 6 * PAGE, Moving.REFUSED))
                .hasMessageContaining("no room to grow to 24576 bytes: allow it to move");
        final Area moved = space.remap(base, 4 * PAGE, 6 * PAGE, Moving.ALLOWED);
        assertThat(moved.start()).isEqualTo(base + 5 * PAGE);
        checkStamps(moved.start(), 4, 6);
        assertThat(space.find(base)).isEmpty();
        assertThat(space.committedBytes()).isEqualTo(6 * PAGE);
        assertThatThrownBy(() -> space.remap(moved.start(), PAGE, 100 * PAGE, Moving.ALLOWED))
                .hasMessageContaining("no room at alignment 4096");
    }

    @Test
    @DisplayName("V-11 frames and files grow to more of what is behind them")
    void backedAreasGrow(@TempDir Path folder) throws IOException {
        try (SharedFrames frames = SharedFrames.create("grow", 8 * PAGE);
                MappedFile file =
                        MappedFile.open(folder.resolve("file"), MappedFile.Access.CREATE)) {
            final Area whole =
                    space.map(AreaRequest.frames(frames, 0, 8 * PAGE).at(base + 32 * PAGE));
            stamp(whole.start(), 8);
            space.map(AreaRequest.frames(frames, 0, 2 * PAGE).at(base));
            space.remap(base, 2 * PAGE, 4 * PAGE, Moving.REFUSED);
            checkStamps(base, 4, 4);
            space.map(AreaRequest.reserved(PAGE).at(base + 4 * PAGE));
            final Area moved = space.remap(base, 4 * PAGE, 8 * PAGE, Moving.ALLOWED);
            checkStamps(moved.start(), 8, 8);
            assertThatThrownBy(() -> space.remap(moved.start(), 8 * PAGE, 9 * PAGE, Moving.ALLOWED))
                    .hasMessageContaining("are more than the 32768 of frames \"grow\"");
            file.setBytes(4 * PAGE);
            final Area mapped = space.map(AreaRequest.fileShared(file, 0, 2 * PAGE));
            stamp(mapped.start(), 2);
            final Area longer = space.remap(mapped.start(), 2 * PAGE, 4 * PAGE, Moving.ALLOWED);
            checkStamps(longer.start(), 2, 4);
        }
    }

    @Test
    void onlyOneAreaOfAKindThatCanGrowIsRemapped() {
        space.map(AreaRequest.anonymous(2 * PAGE));
        space.map(AreaRequest.anonymous(2 * PAGE).protection(Protection.READ));
        space.map(AreaRequest.reserved(2 * PAGE));
        final Area stack = space.map(AreaRequest.stack(2 * PAGE));
        assertThatThrownBy(() -> space.remap(base, 4 * PAGE, 5 * PAGE, Moving.ALLOWED))
                .hasMessageContaining("must lie in one area");
        assertThatThrownBy(() -> space.remap(base + 4 * PAGE, PAGE, PAGE, Moving.ALLOWED))
                .hasMessageContaining("can't be remapped: [0x");
        assertThatThrownBy(() -> space.remap(stack.start(), PAGE, 2 * PAGE, Moving.ALLOWED))
                .hasMessageContaining("can't be remapped: [0x");
        assertThatThrownBy(() -> space.remap(base, PAGE, 0, Moving.ALLOWED))
                .hasMessageContaining("must be a positive multiple of a page");
    }
}
