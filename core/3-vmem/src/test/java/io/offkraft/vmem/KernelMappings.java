// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.word.PageOrder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
        for (final String line : lines()) {
            final String[] fields = line.split("[- ]", 3);
            final long from = Math.max(start, Long.parseUnsignedLong(fields[0], 16));
            final long to = Math.min(end, Long.parseUnsignedLong(fields[1], 16));
            if (from < to) {
                final String listed = fields[2].substring(0, 4);
                Arrays.fill(permissions, page(from - start), page(to - start), listed);
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

    private static Iterable<String> lines() {
        try {
            return Files.readAllLines(Path.of("/proc/self/maps"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
