// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.word.PageOrder.PAGE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.config.Contention;
import io.offkraft.vmem.VirtualAddressSpace;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Where single pages come from, under the lock. */
class LowestPageTest {
    private static final long REGION = 64L << 20;
    private static final int GROUP = 64;

    private static BuddyBuilder builder(VirtualAddressSpace space) {
        return BuddyAllocator.builder(space).contention(Contention.LOW).decay(Duration.ofHours(1));
    }

    @Test
    @DisplayName("single pages that were given back come again lowest first")
    void theLowestPageComesFirst() {
        try (VirtualAddressSpace space = VirtualAddressSpace.reserve(1L << 30);
                BuddyAllocator buddy = builder(space).build()) {
            long region = buddy.addReserved(REGION);
            int pages = 10 * GROUP;
            for (int page = 0; page < pages; page++) {
                assertThat(buddy.palloc(1)).isEqualTo(region + page * PAGE_BYTES);
            }
            // The tenth group, which pages come from, and the second have the same place.
            long inSecond = region + (GROUP + 1) * PAGE_BYTES;
            long inFirst = region + 5 * PAGE_BYTES;
            buddy.pfree(inSecond, 1);
            buddy.pfree(inFirst, 1);
            assertThat(buddy.palloc(1)).isEqualTo(inFirst);
            assertThat(buddy.palloc(1)).isEqualTo(inSecond);
            assertThat(buddy.palloc(1)).isEqualTo(region + pages * PAGE_BYTES);
        }
    }

    @Test
    @DisplayName("M-04 what is put back may merge with the block that pages are wanted of")
    void mergedWithWhatIsWanted() {
        try (VirtualAddressSpace space = VirtualAddressSpace.reserve(1L << 30);
                BuddyAllocator buddy = builder(space).commitThreshold(12).build()) {
            long region = buddy.addReserved(REGION);
            for (int page = 0; page < 32 * GROUP; page++) {
                assertThat(buddy.palloc(1)).isEqualTo(region + page * PAGE_BYTES);
            }
            // Groups 0 to 7 become a block, as do 9 to 15; 8 stays open where 0 belongs.
            free(buddy, region, 0, 8);
            free(buddy, region, 9, 16);
            free(buddy, region, 8, 9);
            free(buddy, region, 17, 24);

            assertThat(buddy.palloc(1)).isEqualTo(region);
            buddy.pfree(region, 1);
            buddy.validate();

            // And a chunk that nobody uses any more once the open group is put back.
            free(buddy, region, 16, 17);
            free(buddy, region, 24, 32);
            assertThat(buddy.palloc(1)).isEqualTo(region);
            buddy.pfree(region, 1);
            buddy.validate();
            assertThat(buddy.availablePages()).isEqualTo(REGION / PAGE_BYTES);
        }
    }

    private static void free(BuddyAllocator buddy, long region, int firstGroup, int endGroup) {
        for (int page = firstGroup * GROUP; page < endGroup * GROUP; page++) {
            buddy.pfree(region + page * PAGE_BYTES, 1);
        }
    }
}
