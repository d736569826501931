// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.buddy.Footprint;
import io.offkraft.buddy.HugePages;
import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.buddy.PageStatistics;
import io.offkraft.config.OffkraftConfig;
import io.offkraft.platform.SystemCalls;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.time.Duration;

/**
 * A heap of off-heap memory: blocks of any size from any thread, given back by any thread.
 *
 * <p>An address is a {@code long}; 0 is NULL and means that there is no memory. Blocks are aligned
 * to 16 bytes. A block of up to 32 KiB comes from a slab of its size class, at most an eighth
 * larger than asked for; a larger one is a run of pages of its own. Nothing is written into a block
 * or beside it: what the heap knows lies elsewhere, so a double, wild or interior free is always
 * noticed, and never an accident later.
 *
 * <p>The heap reserves the addresses of its {@linkplain Builder#capacityBytes capacity} when it is
 * made, takes memory as blocks need it, gives back what lies free for the decay time, and all of it
 * at {@link #close()}.
 *
 * <p><b>Thread safety:</b> every method, from any platform or virtual thread, under the default
 * synchronization.
 *
 * <p><b>Progress:</b> blocking: a spin lock a size class, held for some tens of instructions, never
 * across a system call.
 *
 * <p><b>Memory effects:</b> what a thread did before it freed a block is visible to the thread that
 * gets its memory next.
 *
 * <p><b>Failure:</b> no memory, or the limit reached: NULL, counted in {@link #statistics()}, and
 * the heap stays usable. Misuse: {@link MisuseException}, nothing changed. Reaching memory behind a
 * block's end or after its free is not noticed, as in C.
 */
public final class Heap implements AutoCloseable {
    private final HeapMemory memory;
    private final HeldPages pages;
    private final PageMap map;
    private final Bin[] bins = new Bin[SizeClasses.COUNT];
    private final LargeBlocks large;
    private final long limitBytes;
    private final boolean pagesDecay;
    private volatile boolean closed;

    private Heap(Builder builder) {
        long capacity = HeapMemory.roundedCapacity(builder.capacityBytes);
        pagesDecay = builder.hugePages != HugePages.ASKED;
        limitBytes = Math.min(builder.limitBytes, capacity);
        memory =
                new HeapMemory(
                        capacity,
                        builder.synchronization,
                        builder.systemCalls,
                        builder.decay,
                        builder.hugePages,
                        this::onTick);
        BuddyAllocator buddy = memory.buddy();
        pages = new HeldPages(buddy, limitBytes >>> PageOrder.PAGE_SHIFT, this::giveBackEmptySlabs);
        map = memory.pageMap();
        SlabTable table = memory.slabTable();
        LockClass binLock = LockClass.named("bin");
        for (int sizeClass = 0; sizeClass < bins.length; sizeClass++) {
            bins[sizeClass] =
                    new Bin(sizeClass, builder.synchronization.newLock(binLock), pages, map, table);
        }
        large =
                new LargeBlocks(
                        builder.synchronization.newLock(LockClass.named("large blocks")),
                        pages,
                        map,
                        capacity >>> PageOrder.PAGE_SHIFT);
    }

    /** Returns a heap with the defaults of {@link #builder()}. */
    public static Heap create() {
        return builder().build();
    }

    /** Returns a builder of a heap. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns the address of a block of {@code size} bytes, or 0 if there is no memory.
     *
     * <p>The content is whatever was there. A size of 0 gives a block of its own like any other; a
     * negative one is taken as unsigned, which no memory can hold.
     */
    public long malloc(long size) {
        return Long.compareUnsigned(size, SizeClasses.MAX_BYTES) <= 0
                ? bins[SizeClasses.of(size)].allocateOr0()
                : large.allocateOr0(size, 0);
    }

    /**
     * Returns the address of a block of {@code count} × {@code size} bytes, all zero; or 0 if there
     * is no memory, or no such number.
     */
    public long calloc(long count, long size) {
        if (Math.unsignedMultiplyHigh(count, size) != 0) {
            return large.allocateOr0(-1, 0); // fails, and is counted
        }
        long bytes = count * size;
        long address = malloc(bytes);
        if (address != 0) {
            RawMemory.zero(address, bytes);
        }
        return address;
    }

    /**
     * Returns the address of a block of {@code size} bytes, aligned to {@code alignment}; or 0 if
     * there is no memory.
     *
     * @throws BadAlignmentException if {@code alignment} is not a power of two
     */
    public long memalign(long alignment, long size) {
        if (Long.bitCount(alignment) != 1 || alignment < 0) {
            throw new BadAlignmentException(alignment);
        }
        if (alignment <= SizeClasses.GRANULE_BYTES) {
            return malloc(size);
        }
        if (alignment <= PageOrder.PAGE_BYTES
                && Long.compareUnsigned(size, SizeClasses.MAX_BYTES) <= 0) {
            int sizeClass = SizeClasses.ofAlignedOrMinus1(size, alignment);
            if (sizeClass >= 0) {
                return bins[sizeClass].allocateOr0();
            }
        }
        int order = Long.numberOfTrailingZeros(alignment) - PageOrder.PAGE_SHIFT;
        return large.allocateOr0(size, Math.max(0, order));
    }

    /**
     * Makes the block at {@code address} hold {@code size} bytes and returns where it is then; or 0
     * if there is no memory, and the block stays as it was.
     *
     * <p>The content is kept up to the smaller size. At {@code address} 0 this is {@link #malloc}.
     * A size of 0 leaves the smallest block there is: it frees nothing. A block that was aligned to
     * more than 16 bytes keeps that only while it does not move.
     *
     * @throws MisuseException if no block begins at {@code address}
     */
    public long realloc(long address, long size) {
        if (address == 0) {
            return malloc(size);
        }
        int entry = map.entry(address);
        long usable = usableSize(address, entry);
        if (entry == PageMap.LARGE
                ? size > SizeClasses.MAX_BYTES && large.tryResize(address, size)
                : Resizing.staysInSlot(usable, size)) {
            return address;
        }
        long moved = malloc(size);
        if (moved != 0) {
            RawMemory.copy(address, moved, Math.min(usable, size));
            free(address, entry);
        }
        return moved;
    }

    /**
     * Gives the block at {@code address} back. NULL is ignored.
     *
     * @throws MisuseException if no block begins at {@code address}
     */
    public void free(long address) {
        if (address != 0) {
            free(address, map.entry(address));
        }
    }

    /**
     * Returns how many bytes of the block at {@code address} can be used: at least what was asked
     * for.
     *
     * @throws MisuseException if no block begins at {@code address}
     */
    public long usableSize(long address) {
        return usableSize(address, map.entry(address));
    }

    /** Returns what the heap did and holds; also after {@link #close()}. */
    public HeapStatistics statistics() {
        HeapStatistics.Sum sum = new HeapStatistics.Sum();
        for (Bin bin : bins) {
            bin.addTo(sum);
        }
        large.addTo(sum);
        return sum.total(
                pages.pages() << PageOrder.PAGE_SHIFT,
                pages.peakPages() << PageOrder.PAGE_SHIFT,
                memory.buddy().statistics().committedPages() << PageOrder.PAGE_SHIFT,
                limitBytes);
    }

    /**
     * Returns what the heap takes of the operating system, exactly at rest: it asks the kernel
     * about every page of it.
     */
    public Footprint footprint() {
        checkOpen(closed);
        return memory.footprint();
    }

    /**
     * Returns how many pages are neither free nor held for blocks: 0, unless the heap itself is at
     * fault.
     *
     * <p>Exact while no other thread allocates or frees.
     */
    public long unaccountedPages() {
        PageStatistics pagesNow = memory.buddy().statistics();
        return pagesNow.totalPages() - pagesNow.availablePages() - pagesNow.allocatedPages();
    }

    /**
     * Gives memory that lies free in whole pages back to the operating system now, without waiting
     * for decay; first the slabs that size classes keep for their next block.
     */
    public void trim() {
        checkOpen(closed);
        giveBackEmptySlabs();
        for (Bin bin : bins) {
            bin.discardFreePages();
        }
        memory.buddy().trim();
    }

    /**
     * Gives back everything at once, whatever blocks are live; their memory must not be reached any
     * more. Later calls, and calls that other threads are just making, throw {@link
     * IllegalStateException}. If the kernel refuses, another close goes on where this one stopped;
     * after that it does nothing.
     */
    @Override
    public void close() {
        closed = true;
        for (Bin bin : bins) {
            bin.shut();
        }
        large.shut();
        memory.close();
    }

    /** Half the decay time has passed; returns whether there is a slab that may become idle. */
    private boolean onTick() {
        boolean any = false;
        for (Bin bin : bins) {
            any |= bin.tick(pagesDecay);
        }
        return any;
    }

    private boolean giveBackEmptySlabs() {
        boolean any = false;
        for (Bin bin : bins) {
            any |= bin.giveBackEmptySlabs();
        }
        return any;
    }

    private void free(long address, int entry) {
        if (entry == PageMap.LARGE) {
            large.free(address);
        } else if (entry != PageMap.NONE) {
            bins[PageMap.sizeClass(entry)].free(address, entry);
        } else {
            throw noBlock(address);
        }
    }

    private long usableSize(long address, int entry) {
        if (entry == PageMap.LARGE) {
            return large.usableBytes(address);
        } else if (entry != PageMap.NONE) {
            return bins[PageMap.sizeClass(entry)].usableBytes(address, entry);
        } else {
            throw noBlock(address);
        }
    }

    private RuntimeException noBlock(long address) {
        if (closed) {
            return closedException();
        }
        if (!map.covers(address)) {
            return new MisuseException(Kind.WILD, address, "it lies outside of this heap");
        }
        long begin = memory.buddy().blockBeginOr0(address);
        return begin == 0
                ? new MisuseException(
                        Kind.DOUBLE_FREE,
                        address,
                        "the page is free: given back before, or never handed out")
                : new MisuseException(
                        Kind.INTERIOR,
                        address,
                        "it lies inside the block at 0x%x".formatted(begin));
    }

    /** Throws if the part of a heap that asks was shut. */
    static void checkOpen(boolean shut) {
        if (shut) {
            throw closedException();
        }
    }

    private static IllegalStateException closedException() {
        return new IllegalStateException("the heap is closed");
    }

    /** What a new heap is to be like. */
    public static final class Builder {
        private long capacityBytes = HeapMemory.defaultCapacityBytes();
        private long limitBytes = OffkraftConfig.process().limitBytes();
        private Synchronization synchronization = Synchronization.defaultChoice();
        private HugePages hugePages = HugePages.SYSTEM;
        private Duration decay = OffkraftConfig.process().decay();
        private SystemCalls systemCalls = SystemCalls.linux();

        private Builder() {}

        /**
         * Sets how many bytes of addresses to reserve: more than this the heap can never hold. The
         * default is the machine's memory. Rounded up to 2 MiB.
         */
        public Builder capacityBytes(long bytes) {
            if (bytes <= 0 || bytes > HeapMemory.MAX_CAPACITY_BYTES) {
                throw new IllegalArgumentException(
                        "the capacity must be in [1, %d]: %d"
                                .formatted(HeapMemory.MAX_CAPACITY_BYTES, bytes));
            }
            capacityBytes = bytes;
            return this;
        }

        /**
         * Sets how many bytes of pages the heap may hold for blocks, live and free; rounded down to
         * whole pages. The default is the property {@code offkraft.limit}, or else the capacity.
         */
        public Builder limitBytes(long bytes) {
            if (bytes < 0) {
                throw new IllegalArgumentException("the limit must not be negative: " + bytes);
            }
            limitBytes = bytes;
            return this;
        }

        /** Sets how threads are kept apart. */
        public Builder synchronization(Synchronization choice) {
            synchronization = choice;
            return this;
        }

        /**
         * Sets how long memory that lies free is kept, at most; with zero, pages go back at once,
         * in the thread that frees. Free blocks of a size class whose pages hold no other blocks
         * lose their memory once nothing of that class was allocated for half of this time; with
         * zero, by {@link Heap#trim} only. The default is the property {@code offkraft.decay}.
         */
        public Builder decay(Duration time) {
            if (time.isNegative()) {
                throw new IllegalArgumentException("the decay time must not be negative: " + time);
            }
            decay = time;
            return this;
        }

        /**
         * Sets whether huge pages are asked for; the default is {@link HugePages#SYSTEM}. With
         * {@link HugePages#ASKED} what is free in 2 MiB that are partly in use stays resident until
         * {@link Heap#trim}.
         */
        public Builder hugePages(HugePages choice) {
            hugePages = choice;
            return this;
        }

        /** Sets who makes the system calls: for tests that make them fail. */
        public Builder systemCalls(SystemCalls calls) {
            systemCalls = calls;
            return this;
        }

        /** Returns a new heap. */
        public Heap build() {
            return new Heap(this);
        }
    }
}
