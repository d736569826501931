// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.word.PageOrder.PAGE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.config.Contention;
import io.offkraft.vmem.Protection;
import io.offkraft.vmem.VirtualAddressSpace;
import java.time.Duration;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What was given back and lies at hand is as free as anything else, on one thread. */
@ParameterizedClass
@EnumSource(Contention.class)
class AtHandTest {
    private static final long REGION = 64L << 20;

    @Parameter private Contention contention;

    private final VirtualAddressSpace space = VirtualAddressSpace.reserve(1L << 30);
    private BuddyAllocator buddy;

    @BeforeEach
    void makeAllocator() {
        buddy = builder().build();
    }

    private BuddyBuilder builder() {
        return BuddyAllocator.builder(space).contention(contention).decay(Duration.ofHours(1));
    }

    @AfterEach
    void closeAll() {
        buddy.close();
        space.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 8, 32, 100, 512, 4096})
    @DisplayName(
            "B-07 a block that was given back last is none: by questions, and by a second free")
    void aKeptBlockIsNone(long pages) {
        buddy.addReserved(REGION);
        for (int round = 0; round < 3; round++) {
            long block = buddy.palloc(pages);
            assertThat(buddy.blockPagesOr0(block)).isEqualTo(pages);
            buddy.pfree(block, pages);
            assertThat(buddy.blockPagesOr0(block)).isZero();
            buddy.pfree(buddy.palloc(pages), pages);
            assertThat(buddy.blockBeginOr0(block)).isZero();
            buddy.pfree(buddy.palloc(pages), pages);
            assertDoubleFree(() -> buddy.pfree(block, pages));
            buddy.pfree(buddy.palloc(pages), pages);
            assertDoubleFree(() -> buddy.pfree(block));
            buddy.pfree(buddy.palloc(pages), pages);
            assertDoubleFree(() -> buddy.pfreeRange(block, 1));
            buddy.validate();
        }
    }

    private static void assertDoubleFree(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        MisuseException.class,
                        misuse -> assertThat(misuse.kind()).isEqualTo(Kind.DOUBLE_FREE));
    }

    @ParameterizedTest
    @ValueSource(longs = {2, 8, 512})
    @DisplayName("B-07 the block handed out last is given back as long as it was made since")
    void whatBecameLongerIsFreedAsLong(long pages) {
        buddy.addReserved(REGION);
        long block = buddy.palloc(pages);
        assertThat(buddy.tryExtend(block, 2 * pages)).isTrue();
        assertThatThrownBy(() -> buddy.pfree(block, pages))
                .isInstanceOfSatisfying(
                        MisuseException.class,
                        misuse -> assertThat(misuse.kind()).isEqualTo(Kind.WRONG_SIZE));
        buddy.pfree(block, 2 * pages);
        assertThat(buddy.availablePages()).isEqualTo(REGION / PAGE_BYTES);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 8, 32, 512})
    @DisplayName("B-11 what is at hand comes again only as aligned as is wanted")
    void alignmentIsKept(long pages) {
        buddy.addReserved(REGION);
        long before = buddy.palloc(1);
        for (int order = 0; order <= 12; order++) {
            buddy.pfree(buddy.palloc(pages), pages);
            long block = buddy.palloc(pages, order);
            assertThat(block % (PAGE_BYTES << order)).as("order %d", order).isZero();
            buddy.pfree(block, pages);
        }
        for (int order : new int[] {-1, 52}) {
            buddy.pfree(buddy.palloc(pages), pages);
            assertThatThrownBy(() -> buddy.palloc(pages, order))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("order=" + order);
        }
        buddy.pfree(before, 1);
        assertThat(buddy.availablePages()).isEqualTo(REGION / PAGE_BYTES);
    }

    @Test
    @DisplayName(
            "B-05 of a group at the end of memory that was added only pages of it are handed out")
    void groupsAtTheEndsOfMemory() {
        long pages = 200;
        long first =
                space.mapAnonymous(512 * PAGE_BYTES, PAGE_BYTES, Protection.READ_WRITE).start()
                        + 37 * PAGE_BYTES;
        buddy.addMemory(first, pages * PAGE_BYTES);
        for (int round = 0; round < 3; round++) {
            long sum = 0;
            for (int page = 0; page < pages; page++) {
                long address = buddy.palloc(1);
                assertThat(address).isBetween(first, first + (pages - 1) * PAGE_BYTES);
                sum += address - first;
            }
            assertThat(sum).isEqualTo(pages * (pages - 1) / 2 * PAGE_BYTES); // each once
            assertThat(buddy.palloc(1)).isZero();
            assertThatThrownBy(() -> buddy.pfree(first - PAGE_BYTES, 1))
                    .isInstanceOf(MisuseException.class);
            assertThatThrownBy(() -> buddy.pfree(first + pages * PAGE_BYTES, 1))
                    .isInstanceOf(MisuseException.class);
            for (int page = 0; page < pages; page++) {
                buddy.pfree(first + page * PAGE_BYTES, 1);
            }
            assertThat(buddy.availablePages()).isEqualTo(pages);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 8, 512})
    @DisplayName("once it is closed, nothing of what was at hand is handed out or taken back")
    void nothingAfterClose(long pages) {
        buddy.addReserved(REGION);
        long kept = buddy.palloc(pages);
        for (int round = 0; round < 3; round++) {
            buddy.pfree(buddy.palloc(pages), pages);
        }
        buddy.close();
        assertThatThrownBy(() -> buddy.palloc(pages)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> buddy.pfree(kept, pages))
                .isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    @DisplayName("M-04 blocks of any length come and go where chunks are short")
    void shortChunks(int order) {
        buddy.close();
        buddy = builder().commitThreshold(order).build();
        long pages = 512;
        buddy.addReserved(pages * PAGE_BYTES);
        Random random = new Random(order);
        long[] blocks = new long[64];
        long[] lengths = new long[blocks.length];
        long taken = 0;
        for (int step = 0; step < 100_000; step++) {
            int slot = random.nextInt(blocks.length);
            if (blocks[slot] == 0) {
                lengths[slot] = 1L + random.nextInt(2 << order);
                blocks[slot] = buddy.palloc(lengths[slot]);
                taken += blocks[slot] == 0 ? 0 : lengths[slot];
            } else {
                buddy.pfree(blocks[slot], lengths[slot]);
                taken -= lengths[slot];
                blocks[slot] = 0;
            }
            if (step % 1000 == 0) {
                assertThat(buddy.availablePages()).as("step %d", step).isEqualTo(pages - taken);
            }
        }
        buddy.validate();
    }

    @Test
    @DisplayName("B-11 a decay time of less than a tick gives back at once, single pages as well")
    void nearlyNoDecay() {
        buddy.close();
        buddy = builder().decay(Duration.ofNanos(1)).build();
        buddy.addReserved(REGION);
        for (int round = 0; round < 3; round++) {
            buddy.pfree(buddy.palloc(1), 1);
            assertThat(buddy.statistics().committedPages()).isZero();
        }
    }
}
