// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.platform.MemoryFlags;
import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.LockValidator;
import io.offkraft.sync.Locking;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;
import java.util.List;
import java.util.Optional;

/**
 * A range of addresses of the process that is managed here: reserved once, then divided into areas.
 *
 * <p>The whole range is mapped without access and without memory when it is reserved, and unmapped
 * when the space is closed. In between, areas are made, get memory ({@link #commit}), lose it
 * ({@link #decommit}), change their protection and go. What is in no area is a hole; holes and
 * reserved areas have no memory, and reaching them ends the process.
 *
 * <p>All addresses and lengths are multiples of a page.
 *
 * <p><b>Thread safety:</b> any thread, with the lock that the builder chose. The lock is held
 * across the system call, for it is the agreement of index and kernel that it protects.
 *
 * <p><b>Failure:</b> {@link VmemException} for bad use and lack of addresses, {@link
 * SystemCallException} where the kernel refuses; nothing was changed.
 */
public final class VirtualAddressSpace implements AutoCloseable {
    private final SystemCalls calls;
    private final ExclusiveLock lock;
    private final long start;
    private final long end;

    // Guarded by the lock:
    private final AreaIndex areas = new AreaIndex();
    private boolean closed;

    private VirtualAddressSpace(Builder builder) {
        calls = CheckedSystemCalls.where(LockValidator.isOn(), builder.systemCalls);
        lock = builder.synchronization.newLock(LockClass.acrossSystemCalls("vmem"));
        start = Reservation.reserveAligned(calls, builder.bytes, builder.alignment);
        end = start + builder.bytes;
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

    /**
     * Takes the lowest aligned hole of {@code bytes} bytes, without memory.
     *
     * @param alignment a power of two, at least a page
     */
    public Area reserveArea(long bytes, long alignment) {
        return make("reserveArea", bytes, alignment, Area.Kind.RESERVED, Protection.NONE);
    }

    /**
     * Takes the lowest aligned hole of {@code bytes} bytes and gives it memory, which reads as
     * zero.
     */
    public Area mapAnonymous(long bytes, long alignment, Protection protection) {
        return make("mapAnonymous", bytes, alignment, Area.Kind.ANONYMOUS, protection);
    }

    /**
     * Gives memory, which reads as zero, to {@code bytes} bytes at {@code address}, which must be a
     * hole.
     */
    public Area mapAnonymousAt(long address, long bytes, Protection protection) {
        Locking.lock(lock);
        try {
            checkRange("mapAnonymousAt", address, bytes);
            List<Area> clash = areas.within(address, address + bytes);
            if (!clash.isEmpty()) {
                throw new VmemException(
                        "mapAnonymousAt",
                        address,
                        bytes,
                        "must be a hole, but there is " + clash.get(0));
            }
            return mapEmpty(new Area(address, address + bytes, Area.Kind.ANONYMOUS, protection));
        } finally {
            Locking.unlock(lock);
        }
    }

    /**
     * Gives memory, which reads as zero and can be written, to a range that is reserved throughout.
     * The kernel provides a page when it is first touched.
     */
    public void commit(long address, long bytes) {
        Locking.lock(lock);
        try {
            checkKind("commit", address, bytes, Area.Kind.RESERVED);
            mapEmpty(
                    new Area(address, address + bytes, Area.Kind.ANONYMOUS, Protection.READ_WRITE));
        } finally {
            Locking.unlock(lock);
        }
    }

    /**
     * Takes the memory of a range that is anonymous throughout, whatever its protection; the
     * addresses stay reserved.
     */
    public void decommit(long address, long bytes) {
        Locking.lock(lock);
        try {
            checkKind("decommit", address, bytes, Area.Kind.ANONYMOUS);
            Reservation.empty(calls, address, bytes);
            areas.put(new Area(address, address + bytes, Area.Kind.RESERVED, Protection.NONE));
        } finally {
            Locking.unlock(lock);
        }
    }

    /**
     * Makes a range of anonymous areas read as zero and gives its memory back until it is written
     * again.
     */
    public void discard(long address, long bytes) {
        Locking.lock(lock);
        try {
            checkKind("discard", address, bytes, Area.Kind.ANONYMOUS);
            calls.madvise(address, bytes, MemoryFlags.MADV_DONTNEED);
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Sets what may be done with a range of anonymous areas. */
    public void protect(long address, long bytes, Protection protection) {
        Locking.lock(lock);
        try {
            checkKind("protect", address, bytes, Area.Kind.ANONYMOUS);
            List<Area> before = areas.within(address, address + bytes);
            changeProtection(address, bytes, protection, before);
            areas.put(new Area(address, address + bytes, Area.Kind.ANONYMOUS, protection));
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Makes a range of areas a hole; their memory is gone. */
    public void unmap(long address, long bytes) {
        Locking.lock(lock);
        try {
            checkRange("unmap", address, bytes);
            checkNoHole("unmap", address, bytes);
            Reservation.empty(calls, address, bytes);
            areas.remove(address, address + bytes);
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Returns the area that holds {@code address}; empty if it is in a hole or outside. */
    public Optional<Area> find(long address) {
        Locking.lock(lock);
        try {
            checkOpen("find", address, 0);
            return Optional.ofNullable(areas.at(address));
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Returns all areas of one moment, ascending. */
    public List<Area> areas() {
        Locking.lock(lock);
        try {
            checkOpen("areas", start, end - start);
            return areas.all();
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Returns the bytes of areas that have memory, touched or not. */
    public long committedBytes() {
        Locking.lock(lock);
        try {
            checkOpen("committedBytes", start, end - start);
            return areas.anonymousBytes();
        } finally {
            Locking.unlock(lock);
        }
    }

    /**
     * Unmaps the whole range, whatever is in it. Later calls throw; a second close does nothing.
     */
    @Override
    public void close() {
        Locking.lock(lock);
        try {
            if (!closed) {
                calls.munmap(start, end - start);
                closed = true;
                areas.remove(start, end);
            }
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Throws unless the areas are sorted, disjoint, merged, and inside the space. */
    void validate() {
        Locking.lock(lock);
        try {
            areas.validate(start, end);
        } finally {
            Locking.unlock(lock);
        }
    }

    @Override
    public String toString() {
        return "space [0x%x, 0x%x)".formatted(start, end);
    }

    private Area make(
            String call, long bytes, long alignment, Area.Kind kind, Protection protection) {
        Locking.lock(lock);
        try {
            checkOpen(call, 0, bytes);
            if (alignment < PageOrder.PAGE_BYTES || !Alignment.isPowerOfTwo(alignment)) {
                throw new VmemException(
                        call,
                        0,
                        bytes,
                        "the alignment must be a power of two from a page up: " + alignment);
            }
            checkLength(call, 0, bytes);
            long address = areas.firstFitOrMinus1(start, end, bytes, alignment);
            if (address < 0) {
                throw new VmemException(
                        call,
                        0,
                        bytes,
                        "no room at alignment %d, the largest hole has %d bytes: reserve more"
                                .formatted(alignment, areas.largestHole(start, end)));
            }
            return mapEmpty(new Area(address, address + bytes, kind, protection));
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Makes the area out of empty addresses: a change of protection is enough. */
    private Area mapEmpty(Area area) {
        if (area.protection() != Protection.NONE) {
            Area before = new Area(area.start(), area.end(), Area.Kind.RESERVED, Protection.NONE);
            changeProtection(area.start(), area.bytes(), area.protection(), List.of(before));
        }
        areas.put(area);
        return area;
    }

    /**
     * Changes the protection that the kernel knows, wholly or not at all.
     *
     * <p>The kernel goes from mapping to mapping, and may stop on its way where it has no memory or
     * no number left to split one: then what it has changed is set back to what {@code before}
     * says. A refusal of that too is among the suppressed ones; the index then stays as it was, and
     * the memory may allow more or less than it says.
     */
    private void changeProtection(
            long address, long bytes, Protection protection, List<Area> before) {
        try {
            calls.mprotect(address, bytes, protection.bits());
        } catch (SystemCallException refused) {
            for (Area part : before) {
                try {
                    calls.mprotect(part.start(), part.bytes(), part.protection().bits());
                } catch (SystemCallException again) {
                    refused.addSuppressed(again);
                }
            }
            throw refused;
        }
    }

    private void checkKind(String call, long address, long bytes, Area.Kind kind) {
        checkRange(call, address, bytes);
        Area first = areas.at(address);
        if (first != null && first.kind() == kind && bytes <= first.end() - address) {
            return; // the common case: one area, one look
        }
        checkNoHole(call, address, bytes);
        for (Area part : areas.within(address, address + bytes)) {
            if (part.kind() != kind) {
                throw new VmemException(
                        call, address, bytes, "must be " + kind + ", but there is " + part);
            }
        }
    }

    private void checkNoHole(String call, long address, long bytes) {
        long hole = areas.firstHoleOrMinus1(address, address + bytes);
        if (hole >= 0) {
            throw new VmemException(
                    call, address, bytes, "there is a hole at 0x%x".formatted(hole));
        }
    }

    private void checkRange(String call, long address, long bytes) {
        checkOpen(call, address, bytes);
        checkLength(call, address, bytes);
        if (!Alignment.isAligned(address, PageOrder.PAGE_BYTES)) {
            throw new VmemException(
                    call, address, bytes, "the address must be a multiple of a page");
        }
        if (address < start || address >= end || bytes > end - address) {
            throw new VmemException(call, address, bytes, "must lie in the " + this);
        }
    }

    private static void checkLength(String call, long address, long bytes) {
        if (bytes <= 0 || !Alignment.isAligned(bytes, PageOrder.PAGE_BYTES)) {
            throw new VmemException(
                    call, address, bytes, "the length must be a positive multiple of a page");
        }
    }

    private void checkOpen(String call, long address, long bytes) {
        if (closed) {
            throw new VmemException(call, address, bytes, "the " + this + " is closed");
        }
    }

    /** What a new space is to be like. */
    public static final class Builder {
        private static final long HUGE_PAGE_BYTES = 2L << 20;

        private long bytes;
        private long alignment = HUGE_PAGE_BYTES;
        private Synchronization synchronization = Synchronization.defaultChoice();
        private SystemCalls systemCalls = SystemCalls.linux();

        private Builder() {}

        /** Sets the length, a positive multiple of a page below 2^47. Must be set. */
        public Builder bytes(long length) {
            if (length >= 1L << 47) {
                throw new VmemException("reserve", 0, length, "the length must be below 2^47");
            }
            checkLength("reserve", 0, length);
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

        /** Sets who makes the system calls: for tests that make them fail. */
        public Builder systemCalls(SystemCalls systemCallsOfSpace) {
            systemCalls = systemCallsOfSpace;
            return this;
        }

        /** Reserves the space. */
        public VirtualAddressSpace build() {
            checkLength("reserve", 0, bytes);
            return new VirtualAddressSpace(this);
        }
    }
}
