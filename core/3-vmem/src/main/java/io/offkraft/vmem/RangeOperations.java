// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static io.offkraft.platform.MemoryFlags.MADV_DONTNEED;
import static io.offkraft.platform.MemoryFlags.MADV_POPULATE_READ;
import static io.offkraft.platform.MemoryFlags.MADV_POPULATE_WRITE;
import static io.offkraft.platform.MemoryFlags.MS_SYNC;

import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * What is done to ranges of a space: each operation claims its range, checks what is there, asks
 * the kernel, and says what is there now.
 */
final class RangeOperations {
    private final SystemCalls calls;
    private final Areas areas;
    private final Mapper mapper;
    private final Handles handles;

    RangeOperations(SystemCalls calls, Areas areas, Mapper mapper, Handles handles) {
        this.calls = calls;
        this.areas = areas;
        this.mapper = mapper;
        this.handles = handles;
    }

    /** Claims a range that lies in the space; who called releases it. */
    void begin(String call, long address, long bytes) {
        areas.checkRange(call, address, bytes);
        areas.claim(call, address, bytes);
    }

    void commit(long address, long bytes) {
        begin("commit", address, bytes);
        Area made = null;
        try {
            areas.checkKind("commit", address, bytes, Area.Kind.RESERVED);
            made =
                    mapEmpty(
                            new Area(
                                    address,
                                    address + bytes,
                                    Area.Kind.ANONYMOUS,
                                    Protection.READ_WRITE));
        } finally {
            areas.finish(address, bytes, made);
        }
    }

    /** Makes the area out of claimed addresses that are empty: a change of protection is enough. */
    Area mapEmpty(Area area) {
        if (area.protection() != Protection.NONE) {
            try {
                calls.mprotect(area.start(), area.bytes(), area.protection().bits());
            } catch (SystemCallException refused) {
                undoProtection(
                        List.of(
                                new Area(
                                        area.start(),
                                        area.end(),
                                        Area.Kind.RESERVED,
                                        Protection.NONE)),
                        refused);
                throw refused;
            }
        }
        return area;
    }

    void decommit(long address, long bytes) {
        begin("decommit", address, bytes);
        Area reserved = null;
        try {
            areas.checkKind("decommit", address, bytes, Area.Kind.ANONYMOUS);
            handles.suspend("decommit", address, address + bytes);
            try {
                Reservation.empty(calls, address, bytes);
            } catch (SystemCallException refused) {
                throw afterRefusal(refused, address, bytes);
            }
            handles.forget(address, address + bytes);
            reserved = new Area(address, address + bytes, Area.Kind.RESERVED, Protection.NONE);
        } finally {
            areas.finish(address, bytes, reserved);
        }
    }

    void discard(long address, long bytes) {
        begin("discard", address, bytes);
        try {
            areas.checkKind("discard", address, bytes, Area.Kind.ANONYMOUS);
            calls.madvise(address, bytes, MADV_DONTNEED);
        } finally {
            areas.release(address, bytes);
        }
    }

    void unmap(long address, long bytes, Holes holes) {
        begin("unmap", address, bytes);
        boolean unmapped = false;
        try {
            unmapClaimed(address, bytes, holes);
            unmapped = true;
        } finally {
            if (unmapped) {
                areas.finishHole(address, bytes);
            } else {
                areas.release(address, bytes);
            }
        }
    }

    /** Empties a claimed range; who called says that it is a hole now. */
    void unmapClaimed(long address, long bytes, Holes holes) {
        if (areas.simplePartOrNull(address, bytes) == null) {
            if (holes == Holes.REFUSED) {
                areas.checkNoHole("unmap", address, bytes);
            }
            areas.checkStacksWhole("unmap", address, bytes);
        }
        handles.suspend("unmap", address, address + bytes);
        try {
            Reservation.empty(calls, address, bytes); // a hole becomes what it was
        } catch (SystemCallException refused) {
            throw afterRefusal(refused, address, bytes);
        }
        handles.forget(address, address + bytes);
    }

    /**
     * After a refused call that would have replaced what is in a claimed range: finds out whether
     * the kernel had removed it by then. It may have, as its manual says; then the range is made
     * the hole that it is.
     */
    SystemCallException afterRefusal(SystemCallException refused, long address, long bytes) {
        if (mapper.isLost(address)) {
            mapper.emptyAfter(address, bytes, refused);
            becomeHole(refused, address, bytes);
        }
        return refused;
    }

    /** Says that what was in a claimed range is gone because of a refusal: it is a hole. */
    void becomeHole(SystemCallException refused, long address, long bytes) {
        areas.remove(address, bytes);
        handles.forget(address, address + bytes);
        refused.addSuppressed(
                new VmemException(
                        refused.call(),
                        address,
                        bytes,
                        "the kernel removed what was there before it refused: it is a hole"));
    }

    void protect(long address, long bytes, Protection protection, Holes holes) {
        begin("protect", address, bytes);
        Area changed = null;
        try {
            Area simple = areas.simplePartOrNull(address, bytes);
            if (simple == null) {
                protectParts(address, bytes, protection, holes);
                return;
            }
            handles.suspend("protect", address, address + bytes);
            try {
                calls.mprotect(address, bytes, protection.bits());
            } catch (SystemCallException refused) {
                undoProtection(List.of(clipped(simple, address, bytes)), refused);
                throw refused;
            }
            changed = clipped(simple, address, bytes).withProtection(protection);
        } finally {
            areas.finish(address, bytes, changed);
        }
    }

    private static Area clipped(Area area, long address, long bytes) {
        return area.start() == address && area.bytes() == bytes
                ? area
                : area.withStart(address).withEnd(address + bytes);
    }

    private void protectParts(long address, long bytes, Protection protection, Holes holes) {
        List<Area> parts = areas.partsWithMemory("protect", address, bytes, holes);
        areas.checkStacksWhole("protect", address, bytes);
        handles.suspend("protect", address, address + bytes);
        try {
            for (Area run : runs(parts)) {
                calls.mprotect(run.start(), run.bytes(), protection.bits());
            }
        } catch (SystemCallException refused) {
            undoProtection(parts, refused);
            throw refused;
        }
        List<Area> changed = new ArrayList<>(parts.size());
        for (Area part : parts) {
            changed.add(part.withProtection(protection));
        }
        areas.putAll(changed);
    }

    /** Returns ranges without holes that the parts make up together; only start and end count. */
    private static List<Area> runs(List<Area> parts) {
        List<Area> runs = new ArrayList<>(1);
        for (Area part : parts) {
            int last = runs.size() - 1;
            if (last >= 0 && runs.get(last).end() == part.start()) {
                runs.set(last, runs.get(last).withEnd(part.end()));
            } else {
                runs.add(part);
            }
        }
        return runs;
    }

    /**
     * Sets the protection back to what {@code before} says, after a refused change.
     *
     * <p>The kernel goes from mapping to mapping, and may stop on its way where it has no memory or
     * no number left to split one. A refusal of this too is among the suppressed ones; the areas
     * then stay as they were, and the memory may allow more or less than they say.
     */
    private void undoProtection(List<Area> before, SystemCallException refused) {
        for (Area part : before) {
            try {
                calls.mprotect(part.start(), part.bytes(), part.protection().bits());
            } catch (SystemCallException again) {
                refused.addSuppressed(again);
            }
        }
    }

    void advise(long address, long bytes, int advice, Holes holes) {
        begin("advise", address, bytes);
        try {
            List<Area> parts = areas.partsWithMemory("advise", address, bytes, holes);
            for (Area run : runs(parts)) {
                calls.madvise(run.start(), run.bytes(), advice);
            }
        } finally {
            areas.release(address, bytes);
        }
    }

    void populate(long address, long bytes) {
        begin("populate", address, bytes);
        try {
            for (Area part : areas.partsWithMemory("populate", address, bytes, Holes.REFUSED)) {
                switch (part.protection()) {
                    case READ_WRITE ->
                            calls.madvise(part.start(), part.bytes(), MADV_POPULATE_WRITE);
                    case READ -> calls.madvise(part.start(), part.bytes(), MADV_POPULATE_READ);
                    case NONE ->
                            throw new VmemException(
                                    "populate",
                                    address,
                                    bytes,
                                    "may not be touched, so not be populated: " + part);
                }
            }
        } finally {
            areas.release(address, bytes);
        }
    }

    void lockInMemory(long address, long bytes) {
        begin("lockInMemory", address, bytes);
        try {
            areas.partsWithMemory("lockInMemory", address, bytes, Holes.REFUSED);
            try {
                calls.mlock(address, bytes);
            } catch (SystemCallException refused) {
                try {
                    calls.munlock(address, bytes); // the mappings before the one that failed
                } catch (SystemCallException again) {
                    refused.addSuppressed(again);
                }
                throw refused;
            }
        } finally {
            areas.release(address, bytes);
        }
    }

    void unlockInMemory(long address, long bytes) {
        begin("unlockInMemory", address, bytes);
        try {
            areas.partsWithMemory("unlockInMemory", address, bytes, Holes.REFUSED);
            calls.munlock(address, bytes);
        } finally {
            areas.release(address, bytes);
        }
    }

    void name(long address, long bytes, String name) {
        begin("name", address, bytes);
        try {
            areas.checkNoHole("name", address, bytes);
            areas.checkStacksWhole("name", address, bytes);
            List<Area> named = new ArrayList<>();
            for (Area part : areas.tree().within(address, address + bytes)) {
                if (part.backing() == null) {
                    mapper.nameIfPossible(part.start(), part.bytes(), name);
                }
                named.add(part.withName(name));
            }
            areas.putAll(named);
        } finally {
            areas.release(address, bytes);
        }
    }

    void numa(long address, long bytes, NumaPolicy policy) {
        policy.check("numa", address, bytes);
        begin("numa", address, bytes);
        try {
            areas.partsWithMemory("numa", address, bytes, Holes.REFUSED);
            policy.apply(calls, address, bytes);
        } finally {
            areas.release(address, bytes);
        }
    }

    void sync(long address, long bytes) {
        begin("sync", address, bytes);
        try {
            areas.checkKind("sync", address, bytes, Area.Kind.FILE_SHARED);
            calls.msync(address, bytes, MS_SYNC);
        } finally {
            areas.release(address, bytes);
        }
    }

    Area remap(long address, long bytes, long newBytes, Moving moving) {
        return new Remapping(calls, areas, mapper, this, handles, address, bytes, newBytes)
                .remap(moving);
    }

    /** The caller has claimed the handle's range. */
    MemorySegment renew(AreaHandle handle) {
        List<Area> parts =
                areas.partsWithMemory("segment", handle.address(), handle.bytes(), Holes.REFUSED);
        boolean readOnly = false;
        for (Area part : parts) {
            if (part.protection() == Protection.NONE) {
                throw new VmemException(
                        "segment",
                        handle.address(),
                        handle.bytes(),
                        "may not be read at present: " + part);
            }
            readOnly |= part.protection() == Protection.READ;
        }
        return handle.renew(readOnly);
    }
}
