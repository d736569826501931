// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.vmem.Protection;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;

/** Makes regions, with nothing free yet: checks what they are of and maps their metadata. */
final class RegionMaker {
    private RegionMaker() {}

    /** Makes a region of the whole pages inside {@code [address, address + bytes)}. */
    static Region ofMemory(long address, long bytes, VirtualAddressSpace space) {
        long firstPage = firstPage(address, bytes);
        long endPage = (address + bytes) >>> PageOrder.PAGE_SHIFT;
        long metadata = mapMetadata(Region.metadataBytes(firstPage, endPage, -1), space);
        return Region.ofMemory(firstPage, endPage, metadata);
    }

    /** The same for threads that use no lock. */
    static SharedRegion sharedOfMemory(long address, long bytes, LockFreePages pages) {
        long firstPage = firstPage(address, bytes);
        long endPage = (address + bytes) >>> PageOrder.PAGE_SHIFT;
        int order = BuddyBuilder.DEFAULT_COMMIT_THRESHOLD;
        long metadataBytes = SharedRegion.metadataBytes(firstPage, endPage, order, false);
        long metadata = mapMetadata(metadataBytes, pages.settings().space);
        return new SharedRegion(firstPage, endPage, order, false, metadata, pages);
    }

    /** Returns the first whole page of the range, if there is one. */
    private static long firstPage(long address, long bytes) {
        long end = address + bytes;
        if (address <= 0 || bytes <= 0 || end < 0) {
            throw noWholePage(address, bytes);
        }
        long firstPage = (address + PageOrder.PAGE_BYTES - 1) >>> PageOrder.PAGE_SHIFT;
        if (end >>> PageOrder.PAGE_SHIFT <= firstPage) {
            throw noWholePage(address, bytes);
        }
        return firstPage;
    }

    /** Reserves {@code bytes}, rounded up to whole chunks, and makes a region of them. */
    static Region reserved(long bytes, BuddyBuilder builder) {
        return reserve(
                bytes,
                builder,
                (firstPage, endPage) -> {
                    long metadataBytes =
                            Region.metadataBytes(firstPage, endPage, builder.commitThreshold);
                    long metadata = mapMetadata(metadataBytes, builder.space);
                    return Region.onDemand(firstPage, endPage, metadata, builder);
                });
    }

    /** The same for threads that use no lock. */
    static SharedRegion sharedReserved(long bytes, LockFreePages pages) {
        BuddyBuilder builder = pages.settings();
        int order = builder.commitThreshold;
        return reserve(
                bytes,
                builder,
                (firstPage, endPage) -> {
                    long metadataBytes =
                            SharedRegion.metadataBytes(firstPage, endPage, order, true);
                    long metadata = mapMetadata(metadataBytes, builder.space);
                    return new SharedRegion(firstPage, endPage, order, true, metadata, pages);
                });
    }

    private interface OfPages<R> {
        R make(long firstPage, long endPage);
    }

    private static <R> R reserve(long bytes, BuddyBuilder builder, OfPages<R> maker) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("a region needs at least one byte: bytes=" + bytes);
        }
        VirtualAddressSpace space = builder.space;
        long chunkBytes = PageOrder.PAGE_BYTES << builder.commitThreshold;
        long rounded = Alignment.alignUp(bytes, chunkBytes);
        long address = space.reserveArea(rounded, chunkBytes).start();
        try {
            return maker.make(
                    address >>> PageOrder.PAGE_SHIFT, (address + rounded) >>> PageOrder.PAGE_SHIFT);
        } catch (RuntimeException refused) {
            space.unmap(address, rounded);
            throw refused;
        }
    }

    private static long mapMetadata(long bytes, VirtualAddressSpace space) {
        long rounded = Alignment.alignUp(bytes, PageOrder.PAGE_BYTES);
        return space.mapAnonymous(rounded, PageOrder.PAGE_BYTES, Protection.READ_WRITE).start();
    }

    private static IllegalArgumentException noWholePage(long address, long bytes) {
        return new IllegalArgumentException(
                "a region needs at least one whole page: address=0x%x, bytes=%d"
                        .formatted(address, bytes));
    }
}
