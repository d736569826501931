// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.vmem.Area;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;

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

    /** Measures regions; the committed bytes are those that the space has at this moment. */
    static Footprint of(Region[] regions, VirtualAddressSpace space) {
        long committed = 0;
        long resident = 0;
        long metadata = 0;
        long metadataResident = 0;
        for (Area area : space.areas()) {
            for (Region region : regions) {
                long start = Math.max(area.start(), region.firstPage << PageOrder.PAGE_SHIFT);
                long end = Math.min(area.end(), region.endPage << PageOrder.PAGE_SHIFT);
                if (region.chunks != null && start < end && area.kind() == Area.Kind.ANONYMOUS) {
                    committed += end - start;
                    resident += space.residentBytes(start, end - start);
                }
            }
        }
        for (Region region : regions) {
            metadata += region.mappedMetadataBytes();
            metadataResident += space.residentBytes(region.metadata, region.mappedMetadataBytes());
        }
        return new Footprint(committed, resident, metadata, metadataResident);
    }

    /** Returns this footprint with more metadata. */
    public Footprint plusMetadata(long bytes, long residentBytes) {
        return new Footprint(
                committed, resident, metadata + bytes, metadataResident + residentBytes);
    }
}
