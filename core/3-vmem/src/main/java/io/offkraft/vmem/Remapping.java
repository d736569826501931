// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static io.offkraft.platform.MemoryFlags.MAP_FIXED;
import static io.offkraft.platform.MemoryFlags.MAP_NORESERVE;
import static io.offkraft.platform.MemoryFlags.MAP_PRIVATE;
import static io.offkraft.platform.MemoryFlags.MAP_SHARED;
import static io.offkraft.platform.MemoryFlags.MREMAP_DONTUNMAP;
import static io.offkraft.platform.MemoryFlags.MREMAP_FIXED;
import static io.offkraft.platform.MemoryFlags.MREMAP_MAYMOVE;

import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import io.offkraft.word.PageOrder;

/**
 * One call that makes an area longer or shorter.
 *
 * <p>In place it grows into the hole behind it. Elsewhere, the new pages are made first; then the
 * old ones are moved by the kernel, which leaves an empty mapping behind, so that the addresses
 * stay the process's; and that is made a hole last.
 */
final class Remapping {
    private final SystemCalls calls;
    private final Areas areas;
    private final Mapper mapper;
    private final RangeOperations ranges;
    private final Handles handles;
    private final long address;
    private final long bytes;
    private final long newBytes;

    Remapping(
            SystemCalls calls,
            Areas areas,
            Mapper mapper,
            RangeOperations ranges,
            Handles handles,
            long address,
            long bytes,
            long newBytes) {
        this.calls = calls;
        this.areas = areas;
        this.mapper = mapper;
        this.ranges = ranges;
        this.handles = handles;
        this.address = address;
        this.bytes = bytes;
        this.newBytes = newBytes;
    }

    Area remap(Moving moving) {
        areas.checkRange("remap", address, bytes);
        Areas.checkLength("remap", address, newBytes);
        if (newBytes <= bytes) {
            areas.claim("remap", address, bytes);
            try {
                Area old = checked();
                if (newBytes < bytes) {
                    shrink();
                }
                return old.withEnd(address + newBytes);
            } finally {
                areas.release(address, bytes);
            }
        }
        if (fitsInPlace()) {
            areas.claim("remap", address, newBytes);
            try {
                Area old = checked();
                if (areas.tree().within(old.end(), address + newBytes).isEmpty()) {
                    return growInPlace(old);
                }
            } finally {
                areas.release(address, newBytes);
            }
        }
        if (moving == Moving.REFUSED) {
            throw new VmemException(
                    "remap",
                    address,
                    bytes,
                    "no room to grow to %d bytes: allow it to move".formatted(newBytes));
        }
        areas.claim("remap", address, bytes);
        try {
            Area old = checked();
            long alignment = PageOrder.PAGE_BYTES;
            long target = areas.claimHole("remap", newBytes, alignment, Long.MIN_VALUE);
            try {
                return move(old, target);
            } finally {
                areas.release(target, newBytes);
            }
        } finally {
            areas.release(address, bytes);
        }
    }

    /**
     * A look that decides only whether it is worth claiming more; what counts is looked at again.
     */
    private boolean fitsInPlace() {
        return areas.isInside(address, newBytes)
                && areas.tree().within(address + bytes, address + newBytes).isEmpty();
    }

    /** Returns the range as it is, a part of one area. */
    private Area checked() {
        Area area = areas.tree().at(address);
        if (area == null || area.end() - address < bytes) {
            throw new VmemException("remap", address, bytes, "must lie in one area");
        }
        boolean canGrow =
                switch (area.kind()) {
                    case ANONYMOUS, FRAMES, FILE_SHARED, FILE_PRIVATE -> true;
                    case RESERVED, STACK, GUARD -> false;
                };
        if (!canGrow || area.pageBytes() != PageOrder.PAGE_BYTES) {
            throw new VmemException("remap", address, bytes, "can't be remapped: " + area);
        }
        if (area.backing() instanceof SharedFrames frames
                && area.offset() + (address - area.start()) + newBytes > frames.bytes()) {
            throw new VmemException(
                    "remap",
                    address,
                    bytes,
                    "%d bytes are more than the %d of %s"
                            .formatted(newBytes, frames.bytes(), frames));
        }
        return area.withStart(address).withEnd(address + bytes);
    }

    private void shrink() {
        long tail = address + newBytes;
        handles.suspend("remap", tail, address + bytes);
        try {
            Reservation.empty(calls, tail, bytes - newBytes);
        } catch (SystemCallException refused) {
            throw ranges.afterRefusal(refused, tail, bytes - newBytes);
        }
        areas.remove(tail, bytes - newBytes);
        handles.forget(tail, address + bytes);
    }

    private Area growInPlace(Area old) {
        extend(old, old.end(), newBytes - bytes);
        Area grown = old.withEnd(address + newBytes);
        areas.put(grown);
        return grown;
    }

    /** Makes {@code length} bytes at {@code at}, a hole, what comes after {@code old}. */
    private void extend(Area old, long at, long length) {
        try {
            Backing backing = old.backing();
            int bits = old.protection().bits();
            if (backing == null) {
                calls.mprotect(at, length, bits);
                return;
            }
            int sharing = old.kind() == Area.Kind.FILE_PRIVATE ? MAP_PRIVATE : MAP_SHARED;
            int flags = sharing | MAP_FIXED | MAP_NORESERVE;
            long offset = old.offset() + old.bytes();
            calls.mmap(at, length, bits, flags, backing.descriptor("remap"), offset);
        } catch (SystemCallException refused) {
            mapper.emptyAfter(at, length, refused);
            throw refused;
        }
    }

    private Area move(Area old, long target) {
        handles.suspend("remap", address, address + bytes);
        extend(old, target + bytes, newBytes - bytes);
        try {
            int flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
            calls.mremap(address, bytes, bytes, flags, target);
        } catch (SystemCallException refused) {
            mapper.emptyAfter(target, newBytes, refused);
            throw refused;
        }
        try {
            Reservation.empty(calls, address, bytes);
        } catch (SystemCallException refused) {
            moveBack(target, refused);
            throw refused;
        }
        Area moved = old.at(target, newBytes);
        areas.move(address, bytes, moved);
        handles.forget(address, address + bytes);
        return moved;
    }

    private void moveBack(long target, SystemCallException refused) {
        try {
            int flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
            calls.mremap(target, bytes, bytes, flags, address);
        } catch (SystemCallException again) {
            refused.addSuppressed(again);
        }
        mapper.emptyAfter(target, newBytes, refused);
    }
}
