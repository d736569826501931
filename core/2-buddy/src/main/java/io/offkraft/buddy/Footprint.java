// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.vmem.Area;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;
import java.util.List;

/**
 * The memory that an allocator takes of the operating system, in bytes. Memory that was added by
 * the user is the user's and does not count.
 *
 * @param committed of addresses that blocks lie in or may lie in without another system call
 * @param resident of those, what is in memory, as mincore(2) tells
 * @param metadata of addresses that the allocator's knowledge lies in; it takes them at once, and
 *     memory for as much of it as is used
 * @param metadataResident of those, what is in memory; what was only read so far counts, though it
 *     shares one page of zeros
 */
public record Footprint(long committed, long resident, long metadata, long metadataResident) {

    /** Where a region and its metadata lie. */
    record Extent(
            long firstPage, long endPage, boolean onDemand, long metadata, long metadataBytes) {}

    /** Measures regions; the committed bytes are those that the space has at this moment. */
    static Footprint of(List<Extent> regions, VirtualAddressSpace space) {
        long committed = 0;
        long resident = 0;
        long metadata = 0;
        long metadataResident = 0;
        for (Area area : space.areas()) {
            for (Extent region : regions) {
                long start = Math.max(area.start(), region.firstPage << PageOrder.PAGE_SHIFT);
                long end = Math.min(area.end(), region.endPage << PageOrder.PAGE_SHIFT);
                if (region.onDemand && start < end && area.kind() == Area.Kind.ANONYMOUS) {
                    committed += end - start;
                    resident += space.residentBytes(start, end - start);
                }
            }
        }
        for (Extent region : regions) {
            metadata += region.metadataBytes;
            metadataResident += space.residentBytes(region.metadata, region.metadataBytes);
        }
        return new Footprint(committed, resident, metadata, metadataResident);
    }

    /** Returns this footprint with more metadata. */
    public Footprint plusMetadata(long bytes, long residentBytes) {
        return new Footprint(
                committed, resident, metadata + bytes, metadataResident + residentBytes);
    }
}
