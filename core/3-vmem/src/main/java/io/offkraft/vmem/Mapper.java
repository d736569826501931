// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static io.offkraft.platform.MemoryFlags.HUGE_SHIFT;
import static io.offkraft.platform.MemoryFlags.MADV_HUGEPAGE;
import static io.offkraft.platform.MemoryFlags.MADV_POPULATE_READ;
import static io.offkraft.platform.MemoryFlags.MADV_POPULATE_WRITE;
import static io.offkraft.platform.MemoryFlags.MAP_ANONYMOUS;
import static io.offkraft.platform.MemoryFlags.MAP_FIXED;
import static io.offkraft.platform.MemoryFlags.MAP_HUGETLB;
import static io.offkraft.platform.MemoryFlags.MAP_NORESERVE;
import static io.offkraft.platform.MemoryFlags.MAP_PRIVATE;
import static io.offkraft.platform.MemoryFlags.MAP_SHARED;
import static io.offkraft.platform.MemoryFlags.MREMAP_FIXED;
import static io.offkraft.platform.MemoryFlags.MREMAP_MAYMOVE;

import io.offkraft.platform.MappingLimits;
import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import io.offkraft.word.PageOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The system calls that make a mapping as requested, wholly or not at all.
 *
 * <p>A hole of a space is mapped already, without access, as anonymous memory that takes nothing.
 * So ordinary memory is made out of it by a change of protection, which the kernel can merge with
 * its neighbours; the rest is mapped over it.
 */
final class Mapper {
    private static final int ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

    /**
     * Whether the kernel promises no more memory than it has. It is looked at once: should the
     * administrator change it, a refusal may leave a hole, which is told, instead of what was
     * there.
     */
    private static final boolean STRICT_COMMIT = MappingLimits.isCommitStrict();

    private final SystemCalls calls;

    Mapper(SystemCalls calls) {
        this.calls = calls;
    }

    /**
     * Maps what {@code request} asks for over the hole at {@code address}.
     *
     * @return the areas that are there now
     * @throws SystemCallException if the kernel refuses; then the hole is as it was
     */
    List<Area> mapOverHole(AreaRequest request, long address) {
        long usable = usableStart(request, address);
        long pageBytes = request.pageBytes;
        try {
            if (request.backing != null) {
                mapBacking(request, usable);
            } else if (pageBytes != PageOrder.PAGE_BYTES) {
                pageBytes = mapHugeOverHole(request, usable);
            } else if (request.protection != Protection.NONE) {
                calls.mprotect(usable, request.bytes, request.protection.bits());
            }
            furnish(request, usable, pageBytes);
        } catch (SystemCallException refused) {
            emptyAfter(address, request.totalBytes(), refused);
            throw refused;
        }
        return areasOf(request, address, pageBytes);
    }

    /**
     * Maps what {@code request} asks for in place of whatever is at {@code address}: at once if
     * that is one step, else elsewhere first, and when all is well it is moved there in one step.
     *
     * @param lost is told of a refusal after which what was there is gone, and the range empty;
     *     then it is thrown
     * @throws SystemCallException if the kernel refuses; then what was there still is, unless
     *     {@code lost} was told or {@link #isLost}
     */
    List<Area> mapInPlace(AreaRequest request, long address, Consumer<SystemCallException> lost) {
        if (request.kind == Area.Kind.RESERVED) {
            Reservation.empty(calls, address, request.bytes);
            return areasOf(request, address, PageOrder.PAGE_BYTES);
        }
        if (isOneStep(request)) {
            mapPlain(request, address);
            furnish(request, address, PageOrder.PAGE_BYTES); // a name at most, which can't fail
            return areasOf(request, address, PageOrder.PAGE_BYTES);
        }
        boolean isHuge = request.pageBytes != PageOrder.PAGE_BYTES;
        if (isHuge && isHugetlbMapped(request, address)) {
            return furnishInPlace(request, address, lost);
        }
        boolean isGone = isHuge && isLost(address);
        if (isGone) {
            Reservation.empty(calls, address, request.bytes); // or the next mmap could get it
        }
        try {
            return mapStaged(request, address);
        } catch (SystemCallException refused) {
            if (isGone) {
                lost.accept(refused);
            }
            throw refused;
        }
    }

    /*
     * What Linux does when mmap with MAP_FIXED, or mremap with MREMAP_FIXED, finds something there
     * (mm/mmap.c and mm/mremap.c; since 6.12 mm/vma.c):
     *
     * 1. It checks arguments and vm.max_map_count, mmap also RLIMIT_AS, and splits the mappings at
     *    either end, which may lack memory. A refusal up to here leaves all as it was.
     * 2. It removes what is there.
     * 3. mmap charges the memory if it is private and writable and the kernel is strict
     *    (vm.overcommit_memory=2 overrides MAP_NORESERVE); since 6.12 it does so before 2. A move
     *    charges nothing: that was done when the memory was made.
     * 4. mmap calls the file system, if there is a file, which may refuse as it likes.
     * 5. It allocates the description of the new mapping, unless a neighbour is extended. A refusal
     *    leaves a gap: with mmap, the pages of what was there are cleared by then, so kernels do
     *    not put it back; with mremap, it was unmapped in 2.
     *
     * So staging saves what was there from a refusal in 3 and 4, and from one by what comes after
     * the mapping: populating, locking, placing, advice. Where there is none of these it promises
     * no more than one mmap does, and takes up to two calls more: 5 remains, and isLost finds out.
     */

    /** Returns whether one call maps it, which can fail late only as a move could, too. */
    private static boolean isOneStep(AreaRequest request) {
        return request.kind == Area.Kind.ANONYMOUS
                && request.pageBytes == PageOrder.PAGE_BYTES
                && request.numa == null
                && request.hugePages == null
                && !request.populated
                && !request.locked
                && (request.protection != Protection.READ_WRITE || !STRICT_COMMIT);
    }

    private void mapPlain(AreaRequest request, long address) {
        int bits = request.protection.bits();
        calls.mmap(address, request.bytes, bits, ANONYMOUS | MAP_FIXED, -1, 0);
    }

    /** Maps elsewhere, and moves it in place of whatever is at {@code address}. */
    private List<Area> mapStaged(AreaRequest request, long address) {
        long bytes = request.bytes;
        long staged = calls.mmap(0, bytes, Protection.NONE.bits(), ANONYMOUS, -1, 0);
        try {
            if (request.backing != null) {
                mapBacking(request, staged);
            } else if (request.protection != Protection.NONE) {
                calls.mprotect(staged, bytes, request.protection.bits());
            }
            if (request.pageBytes != PageOrder.PAGE_BYTES) { // the pool had none
                adviseHuge(staged, bytes);
            }
            furnish(request, staged, PageOrder.PAGE_BYTES);
            calls.mremap(staged, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, address);
            return areasOf(request, address, PageOrder.PAGE_BYTES);
        } catch (SystemCallException refused) {
            unmapAfter(staged, bytes, refused);
            throw refused;
        }
    }

    /**
     * Completes huge pages that have replaced what was there: kernels before 5.16 can't move them,
     * so they were not made elsewhere.
     */
    private List<Area> furnishInPlace(
            AreaRequest request, long address, Consumer<SystemCallException> lost) {
        try {
            furnish(request, address, request.pageBytes);
        } catch (SystemCallException refused) {
            emptyAfter(address, request.bytes, refused);
            lost.accept(refused);
            throw refused;
        }
        return areasOf(request, address, request.pageBytes);
    }

    /**
     * Returns whether nothing is mapped at the beginning of a range: a call that replaces mappings
     * may fail after it has removed the old ones.
     */
    boolean isLost(long address) {
        try {
            calls.residentPages(address, PageOrder.PAGE_BYTES);
            return false;
        } catch (SystemCallException unmapped) {
            return unmapped.errnoName().equals("ENOMEM");
        }
    }

    /** Maps frames or a file over what is at {@code address}. */
    private void mapBacking(AreaRequest request, long address) {
        Backing backing = Objects.requireNonNull(request.backing);
        int sharing = request.kind == Area.Kind.FILE_PRIVATE ? MAP_PRIVATE : MAP_SHARED;
        calls.mmap(
                address,
                request.bytes,
                request.protection.bits(),
                sharing | MAP_FIXED | MAP_NORESERVE,
                backing.descriptor("map"),
                request.offset);
    }

    /** Maps huge pages over the hole at {@code address}; returns the bytes of its pages. */
    private long mapHugeOverHole(AreaRequest request, long address) {
        if (isHugetlbMapped(request, address)) {
            return request.pageBytes;
        }
        mapPlain(request, address);
        adviseHuge(address, request.bytes);
        return PageOrder.PAGE_BYTES;
    }

    /**
     * Maps huge pages of a pool over what is at {@code address}; false if the kernel refuses, and
     * the request can do without.
     */
    private boolean isHugetlbMapped(AreaRequest request, long address) {
        int size = Long.numberOfTrailingZeros(request.pageBytes) << HUGE_SHIFT;
        try {
            // Without MAP_NORESERVE: the pages are set aside now, or a touch would be fatal.
            int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | size | MAP_FIXED;
            calls.mmap(address, request.bytes, request.protection.bits(), flags, -1, 0);
            return true;
        } catch (SystemCallException refused) {
            if (!request.orTransparent) {
                throw refused;
            }
            return false;
        }
    }

    /** A kernel without huge pages refuses the advice, and does without. */
    private void adviseHuge(long address, long bytes) {
        try {
            calls.madvise(address, bytes, MADV_HUGEPAGE);
        } catch (SystemCallException unknown) {
            if (!unknown.errnoName().equals("EINVAL")) {
                throw unknown;
            }
        }
    }

    /** What comes after the mapping itself. */
    private void furnish(AreaRequest request, long usable, long pageBytes) {
        NumaPolicy numa = request.numa;
        if (numa != null) {
            numa.apply(calls, usable, request.bytes);
        }
        if (request.hugePages != null && pageBytes == PageOrder.PAGE_BYTES) {
            adviseHuge(usable, request.bytes);
        }
        if (request.populated) {
            populate(usable, request.bytes, request.protection);
        }
        if (request.precommitBytes > 0) {
            long from =
                    request.growth == Growth.DOWN
                            ? usable + request.bytes - request.precommitBytes
                            : usable;
            populate(from, request.precommitBytes, request.protection);
        }
        if (request.locked) {
            calls.mlock(usable, request.bytes);
        }
        if (!request.name.isEmpty() && request.backing == null) {
            nameIfPossible(usable, request.bytes, request.name);
        }
    }

    private void populate(long address, long bytes, Protection protection) {
        boolean write = protection == Protection.READ_WRITE;
        calls.madvise(address, bytes, write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
    }

    /** A name is for people: a kernel that shows none, or has no room for it, is no failure. */
    @SuppressWarnings("EmptyCatch") // the area has its name; only the kernel's own list has not
    void nameIfPossible(long address, long bytes, String name) {
        try {
            calls.setAnonymousName(address, bytes, name);
        } catch (SystemCallException unnamed) {
            // as said
        }
    }

    /** Makes a range empty because something failed; what fails now is among the suppressed. */
    void emptyAfter(long address, long bytes, SystemCallException refused) {
        try {
            Reservation.empty(calls, address, bytes);
        } catch (SystemCallException again) {
            refused.addSuppressed(again);
        }
    }

    private void unmapAfter(long address, long bytes, SystemCallException refused) {
        try {
            calls.munmap(address, bytes);
        } catch (SystemCallException again) {
            refused.addSuppressed(again);
        }
    }

    private static long usableStart(AreaRequest request, long address) {
        return request.kind == Area.Kind.STACK ? address + request.guardBytes : address;
    }

    private static List<Area> areasOf(AreaRequest request, long address, long pageBytes) {
        long usable = usableStart(request, address);
        StackLayout stack = stackOf(request, address);
        Area area =
                new Area(
                        usable,
                        usable + request.bytes,
                        request.kind,
                        request.protection,
                        request.name,
                        pageBytes,
                        request.backing,
                        request.offset,
                        stack);
        if (stack == null) {
            return List.of(area);
        }
        List<Area> areas = new ArrayList<>(3);
        areas.add(guard(stack, stack.start(), stack.usableStart()));
        areas.add(area);
        areas.add(guard(stack, stack.usableEnd(), stack.end()));
        return areas;
    }

    private static @Nullable StackLayout stackOf(AreaRequest request, long address) {
        if (request.kind != Area.Kind.STACK) {
            return null;
        }
        long usable = address + request.guardBytes;
        return new StackLayout(
                address,
                usable,
                usable + request.bytes,
                address + request.totalBytes(),
                request.growth);
    }

    private static Area guard(StackLayout stack, long start, long end) {
        return new Area(
                start,
                end,
                Area.Kind.GUARD,
                Protection.NONE,
                "",
                PageOrder.PAGE_BYTES,
                null,
                0,
                stack);
    }
}
