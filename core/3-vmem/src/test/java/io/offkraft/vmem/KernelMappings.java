// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.platform.ProcessMapping;
import io.offkraft.word.PageOrder;
import java.util.Arrays;

/** The oracle: what the kernel itself lists of a range in {@code /proc/self/maps}. */
final class KernelMappings {
    static final String UNMAPPED = "none";

    private KernelMappings() {}

    /**
     * Returns the permissions of each page, such as {@code rw-p}; {@link #UNMAPPED} without any.
     */
    static String[] permissions(VirtualAddressSpace space) {
        final long start = space.baseAddress();
        final long end = start + space.bytes();
        final String[] permissions = new String[Math.toIntExact(page(space.bytes()))];
        Arrays.fill(permissions, UNMAPPED);
        for (final ProcessMapping mapping : ProcessMapping.ofThisProcess()) {
            final long from = Math.max(start, mapping.start());
            final long to = Math.min(end, mapping.end());
            if (from < to) {
                Arrays.fill(
                        permissions, page(from - start), page(to - start), mapping.permissions());
            }
        }
        return permissions;
    }

    /** Returns the permissions that the kernel must list if {@code areas} are all that there is. */
    static String[] expected(VirtualAddressSpace space) {
        final String[] permissions = new String[page(space.bytes())];
        Arrays.fill(permissions, "---p"); // a hole stays reserved
        for (final Area area : space.areas()) {
            final String listed = listed(area);
            final int from = page(area.start() - space.baseAddress());
            Arrays.fill(permissions, from, from + page(area.bytes()), listed);
        }
        return permissions;
    }

    /** Returns the permissions that the kernel must list for {@code area}. */
    static String listed(Area area) {
        final boolean shared =
                area.kind() == Area.Kind.FRAMES || area.kind() == Area.Kind.FILE_SHARED;
        return switch (area.protection()) {
            case NONE -> shared ? "---s" : "---p";
            case READ -> shared ? "r--s" : "r--p";
            case READ_WRITE -> shared ? "rw-s" : "rw-p";
        };
    }

    private static int page(long bytes) {
        return Math.toIntExact(bytes >>> PageOrder.PAGE_SHIFT);
    }
}
