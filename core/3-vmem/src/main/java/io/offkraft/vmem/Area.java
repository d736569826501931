// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.word.PageOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A virtual memory area (VMA): addresses that are used for one thing, with one protection.
 *
 * <p>A value, true at the moment it was returned: later operations on the space do not change it.
 *
 * @param start the first address
 * @param end the address behind the last
 * @param kind what the addresses are used for
 * @param protection what may be done with the memory; {@link Protection#NONE} where there is none
 * @param name what people call it; empty if it has none
 * @param pageBytes bytes of the pages it is made of
 * @param backing the frames or the file that it shows; null if there is none
 * @param offset the byte of the backing that is at {@code start}; 0 if there is none
 * @param stack the stack that it is a part of; null if it is none
 */
public record Area(
        long start,
        long end,
        Kind kind,
        Protection protection,
        String name,
        long pageBytes,
        @Nullable Backing backing,
        long offset,
        @Nullable StackLayout stack) {
    /** What the addresses of an area are used for. */
    public enum Kind {
        /** Taken, but without memory. */
        RESERVED,
        /** Memory of the process's own that began as zeros. */
        ANONYMOUS,
        /** The part of a stack that may be touched. */
        STACK,
        /** Beside a stack: who touches it ends the process. */
        GUARD,
        /** Frames that other areas may show too. */
        FRAMES,
        /** A file; what is written goes to it. */
        FILE_SHARED,
        /** A file; what is written stays with the process. */
        FILE_PRIVATE;

        /** Returns whether there is memory behind the addresses, touched or not. */
        public boolean hasMemory() {
            return this != RESERVED && this != GUARD;
        }
    }

    /** An area without a name or anything else special. */
    public Area(long start, long end, Kind kind, Protection protection) {
        this(start, end, kind, protection, "", PageOrder.PAGE_BYTES, null, 0, null);
    }

    /** Returns the bytes of the area. */
    public long bytes() {
        return end - start;
    }

    /** Returns whether the area goes on where {@code before} ends, and is like it. */
    boolean continues(Area before) {
        return before.end == start
                && before.kind == kind
                && before.protection == protection
                && before.pageBytes == pageBytes
                && before.backing == backing
                && (backing == null || before.offset + before.bytes() == offset)
                && Objects.equals(before.stack, stack)
                && before.name.equals(name);
    }

    Area withStart(long newStart) {
        long newOffset = backing == null ? 0 : offset + (newStart - start);
        return new Area(
                newStart, end, kind, protection, name, pageBytes, backing, newOffset, stack);
    }

    Area withEnd(long newEnd) {
        return new Area(start, newEnd, kind, protection, name, pageBytes, backing, offset, stack);
    }

    /** Returns the area together with {@code before}, which it continues. */
    Area joinedTo(Area before) {
        return before.withEnd(end);
    }

    Area withProtection(Protection changed) {
        return new Area(start, end, kind, changed, name, pageBytes, backing, offset, stack);
    }

    Area withName(String changed) {
        return new Area(start, end, kind, protection, changed, pageBytes, backing, offset, stack);
    }

    /** Returns the same elsewhere, {@code bytes} long. */
    Area at(long newStart, long bytes) {
        return new Area(
                newStart,
                newStart + bytes,
                kind,
                protection,
                name,
                pageBytes,
                backing,
                offset,
                stack);
    }

    @Override
    public String toString() {
        StringBuilder text =
                new StringBuilder("[0x%x, 0x%x) %s %s".formatted(start, end, kind, protection));
        if (!name.isEmpty()) {
            text.append(" \"").append(name).append('"');
        }
        if (pageBytes != PageOrder.PAGE_BYTES) {
            text.append(" pages of ").append(pageBytes);
        }
        if (backing != null) {
            text.append(" of ").append(Objects.toString(backing)).append(" from ").append(offset);
        }
        return text.toString();
    }
}
