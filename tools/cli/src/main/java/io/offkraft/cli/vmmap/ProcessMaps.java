// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vmmap;

import io.offkraft.platform.ProcessMapping;
import java.io.IOException;
import java.util.List;

/**
 * What the mappings of a process are used for.
 *
 * <p>A snapshot taken piece by piece: what changes meanwhile may be seen or not.
 */
public final class ProcessMaps {
    private ProcessMaps() {}

    /**
     * Returns the ranges of a process with their figures, ascending.
     *
     * @throws IOException if there is no such process, or it is not to be read by this user
     */
    public static List<MappedRange> withFigures(long pid) throws IOException {
        return ranges(ProcessMapping.withFigures(pid));
    }

    /** Returns the ranges of this process, ascending; figures are 0. */
    public static List<MappedRange> ofThisProcess() {
        return ranges(ProcessMapping.ofThisProcess());
    }

    static List<MappedRange> ranges(List<ProcessMapping> mappings) {
        return mappings.stream().map(ProcessMaps::range).toList();
    }

    private static MappedRange range(ProcessMapping mapping) {
        MappedRange.Type type = type(mapping);
        long hugetlb = mapping.sum("Shared_Hugetlb", "Private_Hugetlb");
        return new MappedRange(
                mapping.start(),
                mapping.end(),
                type,
                mapping.permissions(),
                mapping.isOfFile() ? mapping.offset() : 0,
                type == MappedRange.Type.RESERVED ? 0 : mapping.bytes(),
                mapping.sum("Rss") + hugetlb,
                mapping.sum("AnonHugePages", "ShmemPmdMapped", "FilePmdMapped") + hugetlb,
                mapping.sum("Swap"),
                mapping.givenName());
    }

    private static MappedRange.Type type(ProcessMapping mapping) {
        String name = mapping.name();
        if (name.equals("[heap]")) {
            return MappedRange.Type.HEAP;
        }
        if (name.startsWith("[stack")) {
            return MappedRange.Type.STACK;
        }
        if (name.startsWith("[v") || name.equals("[uprobes]")) {
            return MappedRange.Type.KERNEL;
        }
        if (name.startsWith("/memfd:")
                || name.startsWith("/dev/shm/")
                || name.startsWith("/dev/zero")
                || name.startsWith("/SYSV")) {
            return MappedRange.Type.SHARED;
        }
        if (mapping.isOfFile() && !name.startsWith("/anon_hugepage")) {
            return MappedRange.Type.FILE;
        }
        boolean isTouched = mapping.sum("Rss", "Swap") > 0; // before the right to it was taken
        return mapping.permissions().equals("---p") && !isTouched
                ? MappedRange.Type.RESERVED
                : MappedRange.Type.ANONYMOUS;
    }
}
