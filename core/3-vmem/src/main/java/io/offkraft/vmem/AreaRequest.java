// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;
import org.jspecify.annotations.Nullable;

/**
 * What {@link VirtualAddressSpace#map} shall map, and where. All lengths and addresses are
 * multiples of a page; without an address the lowest hole is taken that fits.
 *
 * <p>For one thread until it is mapped; it may be mapped more than once.
 */
public final class AreaRequest {
    private static final int NAME_BYTES_MAX = 79;

    final Area.Kind kind;
    final long bytes;
    final @Nullable Backing backing;
    final long offset;

    /** Where it shall be; -1 if anywhere. */
    long address = -1;

    boolean replaces;
    long alignment = PageOrder.PAGE_BYTES;
    String name = "";
    Protection protection = Protection.READ_WRITE;
    boolean populated;
    boolean locked;
    long pageBytes = PageOrder.PAGE_BYTES;
    boolean orTransparent;
    @Nullable Advice hugePages;
    @Nullable NumaPolicy numa;
    Growth growth = Growth.DOWN;
    long guardBytes = PageOrder.PAGE_BYTES;
    long precommitBytes;

    private AreaRequest(Area.Kind kind, long bytes, @Nullable Backing backing, long offset) {
        checkMultiple("length", bytes, PageOrder.PAGE_BYTES);
        if (offset < 0 || !Alignment.isAligned(offset, PageOrder.PAGE_BYTES)) {
            throw refused("the offset must be a multiple of a page: " + offset);
        }
        this.kind = kind;
        this.bytes = bytes;
        this.backing = backing;
        this.offset = offset;
    }

    /** Addresses without memory. */
    public static AreaRequest reserved(long bytes) {
        AreaRequest request = new AreaRequest(Area.Kind.RESERVED, bytes, null, 0);
        request.protection = Protection.NONE;
        return request;
    }

    /** Memory of its own, which is zero. */
    public static AreaRequest anonymous(long bytes) {
        return new AreaRequest(Area.Kind.ANONYMOUS, bytes, null, 0);
    }

    /** A stack of {@code usableBytes} between two guards of a page each. */
    public static AreaRequest stack(long usableBytes) {
        return new AreaRequest(Area.Kind.STACK, usableBytes, null, 0);
    }

    /** A part of {@code frames}, from {@code offset}. */
    public static AreaRequest frames(SharedFrames frames, long offset, long bytes) {
        AreaRequest request = new AreaRequest(Area.Kind.FRAMES, bytes, frames, offset);
        if (bytes > frames.bytes() - offset) {
            throw request.refused(
                    "%d bytes from %d are more than the %d of %s"
                            .formatted(bytes, offset, frames.bytes(), frames));
        }
        return request;
    }

    /** A part of {@code file}; what is written goes to the file. Reading only if the file is. */
    public static AreaRequest fileShared(MappedFile file, long offset, long bytes) {
        AreaRequest request = new AreaRequest(Area.Kind.FILE_SHARED, bytes, file, offset);
        if (file.access() == MappedFile.Access.READ) {
            request.protection = Protection.READ;
        }
        return request;
    }

    /** A part of {@code file}; what is written stays with the area. */
    public static AreaRequest filePrivate(MappedFile file, long offset, long bytes) {
        return new AreaRequest(Area.Kind.FILE_PRIVATE, bytes, file, offset);
    }

    /** All of {@code file}, as long as it is now, up to whole pages; as {@link #fileShared}. */
    public static AreaRequest fileShared(MappedFile file) {
        return fileShared(file, 0, Alignment.alignUp(file.bytes(), PageOrder.PAGE_BYTES));
    }

    /** At {@code first}, which must be the beginning of a hole that is large enough. */
    public AreaRequest at(long first) {
        address = first;
        replaces = false;
        return this;
    }

    /** At {@code first}, whatever is there: that is unmapped in the same moment. */
    public AreaRequest replacing(long first) {
        address = first;
        replaces = true;
        return this;
    }

    /** At a multiple of {@code multiple}, a power of two from a page up. */
    public AreaRequest aligned(long multiple) {
        if (multiple < PageOrder.PAGE_BYTES || !Alignment.isPowerOfTwo(multiple)) {
            throw refused("the alignment must be a power of two from a page up: " + multiple);
        }
        alignment = multiple;
        return this;
    }

    /**
     * With a name for people; {@code /proc/self/maps} shows it where the kernel can.
     *
     * @param text at most 79 characters of printable ASCII, without {@code \ ` $ [ ]}
     */
    public AreaRequest named(String text) {
        name = checkedName(text);
        return this;
    }

    /** With this protection; reading and writing by default. */
    public AreaRequest protection(Protection choice) {
        if (kind == Area.Kind.RESERVED && choice != Protection.NONE) {
            throw refused("what is reserved has no memory that could be " + choice);
        }
        protection = choice;
        return this;
    }

    /** With all its memory there at once, instead of when a page is first touched. */
    public AreaRequest populated() {
        requireMemory("populated");
        populated = true;
        return this;
    }

    /** With its memory there at once and for as long as it is mapped: mlock(2). */
    public AreaRequest lockedInMemory() {
        requireMemory("locked in memory");
        locked = true;
        return this;
    }

    /**
     * Of huge pages that the administrator has set aside.
     *
     * @param size bytes of a page, such as 2 MiB; length and address must be multiples of it
     */
    public AreaRequest hugetlb(long size) {
        if (kind != Area.Kind.ANONYMOUS) {
            throw refused("only anonymous memory can be of huge pages, and this is " + kind);
        }
        if (size <= PageOrder.PAGE_BYTES || !Alignment.isPowerOfTwo(size)) {
            throw refused("a huge page is a power of two above a page: " + size);
        }
        checkMultiple("length", bytes, size);
        pageBytes = size;
        alignment = Math.max(alignment, size);
        return this;
    }

    /** As {@link #hugetlb}; if there are too few, of transparent huge pages where possible. */
    public AreaRequest hugetlbOrTransparent(long size) {
        hugetlb(size);
        orTransparent = true;
        return this;
    }

    /** Of huge pages where the kernel has them: {@link Advice#HUGE_PAGE}. */
    public AreaRequest transparentHuge() {
        requireMemory("of huge pages");
        hugePages = Advice.HUGE_PAGE;
        return this;
    }

    /** On these NUMA nodes. */
    public AreaRequest numa(NumaPolicy policy) {
        requireMemory("on a node");
        numa = policy;
        return this;
    }

    /** Which way the stack grows; {@link Growth#DOWN} by default. */
    public AreaRequest growing(Growth way) {
        requireStack();
        growth = way;
        return this;
    }

    /** The bytes of each of the stack's guards; a page by default. */
    public AreaRequest guards(long length) {
        requireStack();
        checkMultiple("length of a guard", length, PageOrder.PAGE_BYTES);
        guardBytes = length;
        return this;
    }

    /** So many bytes of the stack, from where it begins to grow, have memory at once. */
    public AreaRequest precommitted(long length) {
        requireStack();
        checkMultiple("length to commit", length, PageOrder.PAGE_BYTES);
        if (length > bytes) {
            throw refused("more to commit than there is: " + length);
        }
        precommitBytes = length;
        return this;
    }

    /** Returns the bytes of addresses it takes, guards included. */
    long totalBytes() {
        return kind == Area.Kind.STACK ? Math.addExact(bytes, 2 * guardBytes) : bytes;
    }

    static String checkedName(String text) {
        if (text.length() > NAME_BYTES_MAX
                || !text.chars().allMatch(c -> c >= ' ' && c <= '~' && "\\`$[]".indexOf(c) < 0)) {
            throw new VmemException(
                    "name",
                    0,
                    0,
                    "at most %d characters of printable ASCII without \\ ` $ [ ]: \"%s\""
                            .formatted(NAME_BYTES_MAX, text));
        }
        return text;
    }

    private void requireMemory(String wish) {
        if (!kind.hasMemory()) {
            throw refused("what is reserved has no memory that could be " + wish);
        }
    }

    private void requireStack() {
        if (kind != Area.Kind.STACK) {
            throw refused("only a stack grows and has guards, and this is " + kind);
        }
    }

    private void checkMultiple(String what, long length, long unit) {
        if (length <= 0 || !Alignment.isAligned(length, unit)) {
            throw refused(
                    "the %s must be a positive multiple of %s: %d"
                            .formatted(
                                    what, unit == PageOrder.PAGE_BYTES ? "a page" : unit, length));
        }
    }

    private VmemException refused(String remedy) {
        return new VmemException("map", Math.max(address, 0), bytes, remedy);
    }
}
