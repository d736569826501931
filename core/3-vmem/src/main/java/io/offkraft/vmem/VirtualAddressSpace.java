// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.platform.MemoryPolicy;
import io.offkraft.platform.PageSizes;
import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import io.offkraft.sync.LockValidator;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A range of addresses of the process that is managed here: reserved once, then divided into areas.
 *
 * <p>The whole range is mapped without access and without memory when it is reserved, and unmapped
 * when the space is closed. In between, areas are made ({@link #map}), change and go. What is in no
 * area is a hole; holes and reserved areas have no memory, and reaching them ends the process.
 *
 * <p>All addresses and lengths are multiples of a page.
 *
 * <p><b>Thread safety:</b> any thread, with the lock that the builder chose. Looking ({@link
 * #find}, {@link #areas}, …) takes no lock and never waits; it sees one moment of the space, in
 * which each call has happened or not. A call that changes something has its range for itself:
 * calls on disjoint ranges run in parallel, and a call waits for others that are at work on a part
 * of its range. No lock is held across a system call.
 *
 * <p><b>Failure:</b> {@link VmemException} for bad use and lack of addresses, {@link
 * SystemCallException} where the kernel refuses; nothing was changed, unless a method says so.
 */
public final class VirtualAddressSpace implements AutoCloseable {
    private final SystemCalls calls;
    private final Areas areas;
    private final Mapper mapper;
    private final RangeOperations ranges;
    private final Handles handles = new Handles();
    private final Map<Area.Kind, Long> hints;
    private final long start;
    private final long end;

    private VirtualAddressSpace(Builder builder) {
        calls = CheckedSystemCalls.where(LockValidator.isOn(), builder.systemCalls);
        start = Reservation.reserveAligned(calls, builder.bytes, builder.alignment);
        end = start + builder.bytes;
        areas = new Areas(builder.synchronization, start, end);
        mapper = new Mapper(calls);
        ranges = new RangeOperations(calls, areas, mapper, handles);
        hints = new EnumMap<>(Area.Kind.class);
        builder.hints.forEach((kind, offset) -> hints.put(kind, start + offset));
    }

    /** Reserves a space of {@code bytes} bytes with the defaults of {@link #builder()}. */
    public static VirtualAddressSpace reserve(long bytes) {
        return builder().bytes(bytes).build();
    }

    /** Returns a builder of a space. */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns the first address. */
    public long baseAddress() {
        return start;
    }

    /** Returns the bytes of the space. */
    public long bytes() {
        return end - start;
    }

    // Mapping

    /**
     * Maps what {@code request} asks for.
     *
     * <p>What is replaced goes in the same moment as the new memory comes. If the kernel refuses
     * half-way there, what was there stays; only if it had removed that already, which its manual
     * allows, the range is a hole afterwards, and the message says so.
     *
     * @return the area; of a stack the part that may be touched
     */
    public Area map(AreaRequest request) {
        long bytes = request.totalBytes();
        if (request.numa != null) {
            request.numa.check("map", Math.max(request.address, 0), bytes);
        }
        if (request.replaces) {
            return replace(request);
        }
        long address = place("map", request.address, bytes, request.alignment, request.kind);
        try {
            List<Area> made = mapper.mapOverHole(request, address);
            areas.putAll(made);
            return made.get(made.size() / 2);
        } finally {
            areas.release(address, bytes);
        }
    }

    /** Claims a hole: the one at {@code address}, or the lowest that fits if that is -1. */
    private long place(String call, long address, long bytes, long alignment, Area.Kind kind) {
        Areas.checkLength(call, Math.max(address, 0), bytes);
        if (address == -1) {
            return areas.claimHole(call, bytes, alignment, hints.getOrDefault(kind, start));
        }
        areas.checkRange(call, address, bytes);
        if (!Alignment.isAligned(address, alignment)) {
            throw new VmemException(
                    call, address, bytes, "the address must be a multiple of " + alignment);
        }
        areas.claim(call, address, bytes);
        try {
            areas.checkHole(call, address, bytes);
        } catch (VmemException clash) {
            areas.release(address, bytes);
            throw clash;
        }
        return address;
    }

    private Area replace(AreaRequest request) {
        long address = request.address;
        long bytes = request.bytes;
        if (request.kind == Area.Kind.STACK) {
            throw new VmemException(
                    "map", address, bytes, "a stack replaces nothing: unmap what is there");
        }
        ranges.begin("map", address, bytes);
        try {
            if (!Alignment.isAligned(address, request.alignment)) {
                throw new VmemException(
                        "map",
                        address,
                        bytes,
                        "the address must be a multiple of " + request.alignment);
            }
            areas.checkStacksWhole("map", address, bytes);
            handles.suspend("map", address, address + bytes);
            try {
                List<Area> made =
                        mapper.mapInPlace(
                                request,
                                address,
                                refused -> ranges.becomeHole(refused, address, bytes));
                areas.putAll(made);
                handles.forget(address, address + bytes);
                return made.get(0);
            } catch (SystemCallException refused) {
                throw ranges.afterRefusal(refused, address, bytes);
            }
        } finally {
            areas.release(address, bytes);
        }
    }

    /**
     * Takes the lowest aligned hole of {@code bytes} bytes, without memory.
     *
     * @param alignment a power of two, at least a page
     */
    public Area reserveArea(long bytes, long alignment) {
        return make("reserveArea", -1, bytes, alignment, Area.Kind.RESERVED, Protection.NONE);
    }

    /**
     * Takes the lowest aligned hole of {@code bytes} bytes and gives it memory, which reads as
     * zero.
     */
    public Area mapAnonymous(long bytes, long alignment, Protection protection) {
        return make("mapAnonymous", -1, bytes, alignment, Area.Kind.ANONYMOUS, protection);
    }

    /**
     * Gives memory, which reads as zero, to {@code bytes} bytes at {@code address}, which must be a
     * hole.
     */
    public Area mapAnonymousAt(long address, long bytes, Protection protection) {
        areas.checkRange("mapAnonymousAt", address, bytes);
        return make(
                "mapAnonymousAt",
                address,
                bytes,
                PageOrder.PAGE_BYTES,
                Area.Kind.ANONYMOUS,
                protection);
    }

    private Area make(
            String call,
            long where,
            long bytes,
            long alignment,
            Area.Kind kind,
            Protection protection) {
        areas.checkOpen(call, Math.max(where, 0), bytes);
        if (alignment < PageOrder.PAGE_BYTES || !Alignment.isPowerOfTwo(alignment)) {
            throw new VmemException(
                    call,
                    0,
                    bytes,
                    "the alignment must be a power of two from a page up: " + alignment);
        }
        long address = place(call, where, bytes, alignment, kind);
        Area made = null;
        try {
            made = ranges.mapEmpty(new Area(address, address + bytes, kind, protection));
            return made;
        } finally {
            areas.finish(address, bytes, made);
        }
    }

    /**
     * Maps all of {@code frames} twice in a row: what runs over the end of the first mapping goes
     * on at its beginning, so a ring buffer in it has no seam.
     *
     * @return the first mapping; the second begins where it ends
     */
    public Area mapRing(SharedFrames frames) {
        long bytes = frames.bytes();
        long address =
                areas.claimHole(
                        "mapRing",
                        Math.multiplyExact(bytes, 2),
                        PageSizes.BASE_BYTES,
                        hints.getOrDefault(Area.Kind.FRAMES, start));
        try {
            AreaRequest once = AreaRequest.frames(frames, 0, bytes);
            List<Area> first = mapper.mapOverHole(once, address);
            try {
                areas.putAll(
                        List.of(first.get(0), mapper.mapOverHole(once, address + bytes).get(0)));
            } catch (SystemCallException refused) {
                mapper.emptyAfter(address, bytes, refused);
                throw refused;
            }
            return first.get(0);
        } finally {
            areas.release(address, 2 * bytes);
        }
    }

    // Changing ranges

    /**
     * Gives memory, which reads as zero and can be written, to a range that is reserved throughout.
     * The kernel provides a page when it is first touched.
     */
    public void commit(long address, long bytes) {
        ranges.commit(address, bytes);
    }

    /**
     * Takes the memory of a range that is anonymous throughout, whatever its protection; the
     * addresses stay reserved.
     */
    public void decommit(long address, long bytes) {
        ranges.decommit(address, bytes);
    }

    /**
     * Makes a range of anonymous areas read as zero and gives its memory back until it is written
     * again.
     *
     * <p>If the kernel refuses, as it does where memory is locked, a part of the range may read as
     * zero.
     */
    public void discard(long address, long bytes) {
        ranges.discard(address, bytes);
    }

    /** Sets what may be done with a range of areas that have memory. */
    public void protect(long address, long bytes, Protection protection) {
        protect(address, bytes, protection, Holes.REFUSED);
    }

    /** Sets what may be done with the areas of a range, all of which have memory. */
    public void protect(long address, long bytes, Protection protection, Holes holes) {
        ranges.protect(address, bytes, protection, holes);
    }

    /** Makes a range of areas a hole; their memory is gone. */
    public void unmap(long address, long bytes) {
        unmap(address, bytes, Holes.REFUSED);
    }

    /** Makes a range a hole; the memory of its areas is gone. */
    public void unmap(long address, long bytes, Holes holes) {
        ranges.unmap(address, bytes, holes);
    }

    /** Gives advice about a range of areas that have memory. */
    public void advise(long address, long bytes, Advice advice) {
        advise(address, bytes, advice, Holes.REFUSED);
    }

    /**
     * Gives advice about the areas of a range, all of which have memory.
     *
     * <p>If the kernel refuses, it may have taken the advice for a part of the range.
     */
    public void advise(long address, long bytes, Advice advice, Holes holes) {
        ranges.advise(address, bytes, advice.number(), holes);
    }

    /**
     * Has the kernel provide all pages of a range of areas now: for writing if they may be written.
     *
     * <p>If there is not enough memory, the pages that are there stay; they read as before. Those
     * of a {@linkplain AreaRequest#populated() populated} area that can't be made are given back.
     */
    public void populate(long address, long bytes) {
        ranges.populate(address, bytes);
    }

    /** Brings a range of areas into memory and keeps it there: mlock(2). */
    public void lockInMemory(long address, long bytes) {
        ranges.lockInMemory(address, bytes);
    }

    /** Takes {@link #lockInMemory} back. */
    public void unlockInMemory(long address, long bytes) {
        ranges.unlockInMemory(address, bytes);
    }

    /** Gives the areas of a range a name, for people; see {@link AreaRequest#named}. */
    public void name(long address, long bytes, String name) {
        ranges.name(address, bytes, AreaRequest.checkedName(name));
    }

    /**
     * Says on which NUMA nodes pages of a range shall be that are touched from now on. A kernel
     * without NUMA has one node, 0, and all memory on it.
     */
    public void numa(long address, long bytes, NumaPolicy policy) {
        ranges.numa(address, bytes, policy);
    }

    /** Writes what was changed in a range of shared file areas to the files, and waits for it. */
    public void sync(long address, long bytes) {
        ranges.sync(address, bytes);
    }

    /**
     * Makes what is at {@code address} longer or shorter; contents stay.
     *
     * @param bytes as long as it is: a range of one area
     * @param newBytes as long as it shall be
     * @param moving what to do if there is no room behind it
     * @return where it is now
     */
    public Area remap(long address, long bytes, long newBytes, Moving moving) {
        return ranges.remap(address, bytes, newBytes, moving);
    }

    // Looking

    /** Returns the area that holds {@code address}; empty if it is in a hole or outside. */
    public Optional<Area> find(long address) {
        return Optional.ofNullable(areas.look("find").at(address));
    }

    /** Returns the area that holds {@code address}, or else the next one above. */
    public Optional<Area> findAtOrAfter(long address) {
        return Optional.ofNullable(areas.look("findAtOrAfter").atOrAfter(address));
    }

    /** Returns all areas of one moment, ascending. */
    public List<Area> areas() {
        return areas.look("areas").all();
    }

    /** Returns the bytes of areas that have memory, touched or not. */
    public long committedBytes() {
        return areas.look("committedBytes").committedBytes();
    }

    /** Returns how many bytes of a range are in memory now, holes included, which have none. */
    public long residentBytes(long address, long bytes) {
        areas.checkRange("residentBytes", address, bytes);
        return calls.residentPages(address, bytes) << PageOrder.PAGE_SHIFT;
    }

    /**
     * Returns what the kernel holds to at {@code address} about NUMA nodes; {@link
     * NumaPolicy#DEFAULT} if nothing was said.
     *
     * @throws SystemCallException ENOSYS if the kernel has no NUMA
     */
    public NumaPolicy numaPolicy(long address) {
        areas.checkRange("numaPolicy", address & -PageOrder.PAGE_BYTES, PageOrder.PAGE_BYTES);
        MemoryPolicy policy = calls.policyAt(address);
        return new NumaPolicy(policy.mode(), policy.nodes());
    }

    // The safe face

    /** As {@link #map}, to be reached through a {@link AreaHandle#segment() segment}. */
    public AreaHandle mapHeld(AreaRequest request) {
        Area area = map(request);
        return hold(area.start(), area.bytes());
    }

    /** Returns a handle of a range of one area that has memory. */
    public AreaHandle hold(long address, long bytes) {
        ranges.begin("hold", address, bytes);
        try {
            areas.partsWithMemory("hold", address, bytes, Holes.REFUSED);
            AreaHandle handle = new AreaHandle(this, address, bytes);
            handles.add(handle);
            return handle;
        } finally {
            areas.release(address, bytes);
        }
    }

    MemorySegment renewed(AreaHandle handle) {
        if (handle.isStale()) {
            throw new StaleHandleException("the memory of " + handle + " is gone");
        }
        ranges.begin("segment", handle.address(), handle.bytes());
        try {
            return ranges.renew(handle);
        } finally {
            areas.release(handle.address(), handle.bytes());
        }
    }

    void unmapHeld(AreaHandle handle) {
        if (handle.isStale()) {
            return;
        }
        ranges.begin("unmap", handle.address(), handle.bytes());
        try {
            if (!handle.isStale()) {
                ranges.unmapClaimed(handle.address(), handle.bytes(), Holes.SKIPPED);
                areas.remove(handle.address(), handle.bytes());
            }
        } finally {
            areas.release(handle.address(), handle.bytes());
        }
    }

    boolean isClosed() {
        return areas.isClosed();
    }

    /**
     * Unmaps the whole range, whatever is in it, once the calls that are under way have ended.
     * Later calls throw; a second close does nothing.
     */
    @Override
    public void close() {
        if (areas.isClosed()) {
            return;
        }
        try {
            areas.claim("close", start, end - start);
        } catch (VmemException closedMeanwhile) {
            return;
        }
        try {
            handles.suspend("close", start, end);
            calls.munmap(start, end - start);
            areas.close();
            handles.forget(start, end);
        } finally {
            areas.release(start, end - start);
        }
    }

    /** Throws unless the areas are sorted, disjoint, merged, and inside the space. */
    void validate() {
        areas.validate();
    }

    @Override
    public String toString() {
        return "space [0x%x, 0x%x)".formatted(start, end);
    }

    /** What a new space is to be like. */
    public static final class Builder {
        private static final long HUGE_PAGE_BYTES = 2L << 20;

        private long bytes;
        private long alignment = HUGE_PAGE_BYTES;
        private Synchronization synchronization = Synchronization.defaultChoice();
        private SystemCalls systemCalls = SystemCalls.linux();
        private final Map<Area.Kind, Long> hints = new EnumMap<>(Area.Kind.class);

        private Builder() {}

        /** Sets the length, a positive multiple of a page below 2^47. Must be set. */
        public Builder bytes(long length) {
            if (length >= 1L << 47) {
                throw new VmemException("reserve", 0, length, "the length must be below 2^47");
            }
            Areas.checkLength("reserve", 0, length);
            bytes = length;
            return this;
        }

        /**
         * Sets the alignment of the first address, a power of two in [4 KiB, 1 GiB]; 2 MiB by
         * default.
         */
        public Builder alignment(long multiple) {
            if (!Alignment.isPowerOfTwo(multiple)
                    || multiple < PageOrder.PAGE_BYTES
                    || multiple > 1L << 30) {
                throw new VmemException(
                        "reserve",
                        0,
                        bytes,
                        "the alignment must be a power of two in [4096, 2^30]: " + multiple);
            }
            alignment = multiple;
            return this;
        }

        /** Sets how threads are kept apart. */
        public Builder synchronization(Synchronization choice) {
            synchronization = choice;
            return this;
        }

        /**
         * Sets where the search for a hole for areas of a kind begins: there, and at the first
         * address if there is none behind it. So kinds that come and go keep out of each other's
         * way.
         *
         * @param offset from the first address, in [0, length of the space)
         */
        public Builder searchFrom(Area.Kind kind, long offset) {
            if (offset < 0) {
                throw new VmemException(
                        "reserve", 0, bytes, "the offset must not be negative: " + offset);
            }
            hints.put(kind, offset);
            return this;
        }

        /** Sets who makes the system calls: for tests that make them fail. */
        public Builder systemCalls(SystemCalls systemCallsOfSpace) {
            systemCalls = systemCallsOfSpace;
            return this;
        }

        /** Reserves the space. */
        public VirtualAddressSpace build() {
            Areas.checkLength("reserve", 0, bytes);
            hints.forEach((kind, offset) -> {
                if (offset >= bytes) {
                    throw new VmemException(
                            "reserve",
                            0,
                            bytes,
                            "the search for %s begins behind the end: %d".formatted(kind, offset));
                }
            });
            return new VirtualAddressSpace(this);
        }
    }
}
