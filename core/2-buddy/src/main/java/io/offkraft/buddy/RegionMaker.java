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
        long end = address + bytes;
        if (address <= 0 || bytes <= 0 || end < 0) {
            throw noWholePage(address, bytes);
        }
        long firstPage = (address + PageOrder.PAGE_BYTES - 1) >>> PageOrder.PAGE_SHIFT;
        long endPage = end >>> PageOrder.PAGE_SHIFT;
        if (endPage <= firstPage) {
            throw noWholePage(address, bytes);
        }
        long metadata = mapMetadata(Region.metadataBytes(firstPage, endPage, -1), space);
        return Region.ofMemory(firstPage, endPage, metadata);
    }

    /** Reserves {@code bytes}, rounded up to whole chunks, and makes a region of them. */
    static Region reserved(long bytes, BuddyBuilder builder) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("a region needs at least one byte: bytes=" + bytes);
        }
        VirtualAddressSpace space = builder.space;
        long chunkBytes = PageOrder.PAGE_BYTES << builder.commitThreshold;
        long rounded = Alignment.alignUp(bytes, chunkBytes);
        long address = space.reserveArea(rounded, chunkBytes).start();
        long firstPage = address >>> PageOrder.PAGE_SHIFT;
        long endPage = (address + rounded) >>> PageOrder.PAGE_SHIFT;
        try {
            long metadataBytes = Region.metadataBytes(firstPage, endPage, builder.commitThreshold);
            return Region.onDemand(firstPage, endPage, mapMetadata(metadataBytes, space), builder);
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
