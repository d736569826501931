// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.word.PageOrder;

/**
 * Finds out what a caller did wrong, from what the allocator knows; with the lock held, off the hot
 * path.
 */
final class Misuse {
    private Misuse() {}

    /** The address is in no region. */
    static MisuseException wild(long address, Regions regions) {
        return new MisuseException(
                Kind.WILD, address, "it lies in none of " + regions.all().length + " regions");
    }

    /** The address is in the region, but no block begins there. */
    static MisuseException of(Region region, long address) {
        long begin = region.blocks.beginOfBlockOrMinus1(index(region, address));
        if (begin < 0) {
            return new MisuseException(
                    Kind.DOUBLE_FREE,
                    address,
                    "the page is free: it was given back before, or never handed out");
        }
        return new MisuseException(
                Kind.INTERIOR,
                address,
                "it lies inside the block of %d pages at 0x%x"
                        .formatted(
                                region.blocks.lengthOr0(begin),
                                (region.firstPage + begin) << PageOrder.PAGE_SHIFT));
    }

    /** A block begins there, but it is of other length. */
    static MisuseException wrongSize(long address, long pages, long actualPages) {
        return new MisuseException(
                Kind.WRONG_SIZE,
                address,
                "the caller says %d pages, the block has %d".formatted(pages, actualPages));
    }

    private static long index(Region region, long address) {
        return (address >>> PageOrder.PAGE_SHIFT) - region.firstPage;
    }
}
