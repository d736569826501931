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
    static MisuseException wild(long address, int regions) {
        return new MisuseException(
                Kind.WILD, address, "it lies in none of " + regions + " regions");
    }

    /** The address is in the region, but no block begins there. */
    static MisuseException of(Region region, long address) {
        return of(region.blocks, region.firstPage, address);
    }

    /** The same for a table whose index 0 is page {@code basePage}. */
    static MisuseException of(BlockTable blocks, long basePage, long address) {
        long begin = blocks.beginOfBlockOrMinus1((address >>> PageOrder.PAGE_SHIFT) - basePage);
        if (begin < 0) {
            return doubleFree(address);
        }
        return new MisuseException(
                Kind.INTERIOR,
                address,
                "it lies inside the block of %d pages at 0x%x"
                        .formatted(
                                blocks.lengthOr0(begin),
                                (basePage + begin) << PageOrder.PAGE_SHIFT));
    }

    /** The page is free. */
    static MisuseException doubleFree(long address) {
        return new MisuseException(
                Kind.DOUBLE_FREE,
                address,
                "the page is free: it was given back before, or never handed out");
    }

    /** A block begins there, but it is of other length. */
    static MisuseException wrongSize(long address, long pages, long actualPages) {
        return new MisuseException(
                Kind.WRONG_SIZE,
                address,
                "the caller says %d pages, the block has %d".formatted(pages, actualPages));
    }
}
