// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vmmap;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.offkraft.vmem.Area;
import io.offkraft.vmem.Backing;
import io.offkraft.vmem.VirtualAddressSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Addresses that are used for one thing.
 *
 * @param start the first address
 * @param end the address behind the last
 * @param type what for
 * @param permissions as in {@code /proc/self/maps}, such as {@code rw-p}
 * @param offset the byte of the file that is at {@code start}; 0 without a file
 * @param committedBytes bytes that have memory as soon as they are touched
 * @param residentBytes bytes that are in memory
 * @param hugeBytes bytes of those that are in huge pages
 * @param swapBytes bytes that are in swap
 * @param name a file, or what people call it; empty if nothing
 */
@JsonPropertyOrder({
    "start",
    "end",
    "type",
    "permissions",
    "offset",
    "committedBytes",
    "residentBytes",
    "hugeBytes",
    "swapBytes",
    "name"
})
public record MappedRange(
        long start,
        long end,
        Type type,
        String permissions,
        long offset,
        long committedBytes,
        long residentBytes,
        long hugeBytes,
        long swapBytes,
        String name) {
    /** What addresses are used for. */
    public enum Type {
        /** Memory of the process's own. */
        ANONYMOUS,
        /** The heap that brk moves. */
        HEAP,
        /** A stack. */
        STACK,
        /** Beside a stack. */
        GUARD,
        /** A file. */
        FILE,
        /** Memory that processes share. */
        SHARED,
        /** Taken, without memory. */
        RESERVED,
        /** The kernel's own. */
        KERNEL;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Returns the bytes of addresses. */
    public long bytes() {
        return end - start;
    }

    /** Returns whether there is a file, or frames, whose bytes are shown. */
    public boolean showsFile() {
        return type == Type.FILE || type == Type.SHARED;
    }

    /** Returns the areas of a space; what is in huge pages or swap it does not tell. */
    public static List<MappedRange> of(VirtualAddressSpace space) {
        List<MappedRange> ranges = new ArrayList<>();
        for (Area area : space.areas()) {
            Backing backing = area.backing();
            boolean shared =
                    area.kind() == Area.Kind.FRAMES || area.kind() == Area.Kind.FILE_SHARED;
            String name = area.name().isEmpty() && backing != null ? backing.name() : area.name();
            ranges.add(
                    new MappedRange(
                            area.start(),
                            area.end(),
                            type(area.kind()),
                            switch (area.protection()) {
                                        case NONE -> "---";
                                        case READ -> "r--";
                                        case READ_WRITE -> "rw-";
                                    }
                                    + (shared ? "s" : "p"),
                            area.offset(),
                            area.kind().hasMemory() ? area.bytes() : 0,
                            space.residentBytes(area.start(), area.bytes()),
                            0,
                            0,
                            name));
        }
        return ranges;
    }

    private static Type type(Area.Kind kind) {
        return switch (kind) {
            case ANONYMOUS -> Type.ANONYMOUS;
            case STACK -> Type.STACK;
            case GUARD -> Type.GUARD;
            case RESERVED -> Type.RESERVED;
            case FRAMES -> Type.SHARED;
            case FILE_PRIVATE, FILE_SHARED -> Type.FILE;
        };
    }
}
