// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.buddy.Footprint;
import io.offkraft.buddy.HugePages;
import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.buddy.PageStatistics;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

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
 * <p><b>Progress:</b> a platform thread works in a part of the heap of its own, without a lock;
 * what it takes of others, and what virtual threads do, is under spin locks that are held for some
 * tens of instructions. A free never waits for another thread's allocation, or free.
 *
 * <p><b>Memory effects:</b> what a thread did before it freed a block is visible to the thread that
 * gets its memory next.
 *
 * <p><b>Failure:</b> no memory, or the limit reached: NULL, counted in {@link #statistics()}, and
 * the heap stays usable. Misuse: {@link MisuseException}, nothing changed. Reaching memory behind a
 * block's end or after its free is not noticed, as in C.
 */
public final class Heap implements AutoCloseable {
    /** What a free leaves to do, if it is not the pages of a large block: a size class and one. */
    private static final long LARGEST_CLASS = PageOrder.PAGE_BYTES;

    private final HeapMemory memory;
    private final HeldPages pages;
    private final PageMap map;
    private final Stripes stripes;
    private final Tenure[] tenures;
    private final SmallBlocks small;
    private final LargeBlocks large;
    private final Diagnosis diagnosis;
    private final long capacityBytes;
    private final long limitBytes;
    private final boolean pagesDecay;
    private final HeapArenas arenas;
    private volatile boolean closed;

    /** By index of the stripe and size class: its allocations when time passed last. */
    private long[][] allocationsAtTick = new long[0][];

    /** The same when the heap had grown last. */
    private long[][] allocationsAtGrowth = new long[0][];

    Heap(HeapBuilder builder) {
        long capacity = HeapMemory.roundedCapacity(builder.capacityBytes);
        capacityBytes = capacity;
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
        pages =
                new HeldPages(
                        buddy,
                        limitBytes >>> PageOrder.PAGE_SHIFT,
                        this::reclaim,
                        new Growth(this::onGrowth));
        map = memory.metadata().pageMap();
        stripes =
                new Stripes(
                        builder.synchronization,
                        memory.metadata(),
                        builder.systemCalls,
                        limitBytes);
        tenures = stripes.tenures();
        large =
                new LargeBlocks(
                        stripes,
                        pages,
                        map,
                        capacity >>> PageOrder.PAGE_SHIFT,
                        !builder.decay.isZero());
        small = new SmallBlocks(stripes, large, pages, memory.metadata());
        diagnosis = new Diagnosis(map, stripes, small, buddy);
        arenas = new HeapArenas(this, limitBytes, builder.synchronization == Synchronization.NONE);
    }

    /** Returns a heap with the defaults of {@link #builder()}. */
    public static Heap create() {
        return builder().build();
    }

    /** Returns a builder of a heap. */
    public static HeapBuilder builder() {
        return new HeapBuilder();
    }

    /**
     * Returns the address of a block of {@code size} bytes, or 0 if there is no memory.
     *
     * <p>The content is whatever was there. A size of 0 gives a block of its own like any other; a
     * negative one is taken as unsigned, which no memory can hold.
     */
    public long malloc(long size) {
        return SizeClasses.isSmall(size) ? allocateOr0(SizeClasses.of(size)) : largeOr0(size);
    }

    /*
     * What most calls do, and nothing else: so small that the compiler makes it part of its callers. What is left is in
     * methods of its own, which enter the stripe once more.
     */
    private long allocateOr0(int sizeClass) {
        Thread self = Thread.currentThread();
        Tenure tenure = Stripes.tenureOf(self, tenures);
        if (tenure.tryEnter(self)) {
            long address;
            try {
                address = tenure.magazines[sizeClass].takeOr0();
            } finally {
                tenure.leave();
            }
            if (address != 0) {
                return address;
            }
        }
        return allocateSlowOr0(sizeClass);
    }

    private long allocateSlowOr0(int sizeClass) {
        Thread self = Thread.currentThread();
        Tenure tenure = Stripes.tenureOf(self, tenures);
        if (tenure.tryEnter(self)) {
            long address;
            try {
                address = tenure.stripe().bin(sizeClass).takeOr0();
            } finally {
                tenure.leave();
            }
            if (address != 0) {
                return address;
            }
        }
        long address = small.allocateOr0(sizeClass);
        // Where there is no room for a slab there may be some for a block.
        return address != 0 ? address : large.allocateOr0(SizeClasses.bytes(sizeClass), 0);
    }

    private long largeOr0(long size) {
        Thread self = Thread.currentThread();
        Tenure tenure = Stripes.tenureOf(self, tenures);
        if (tenure.tryEnter(self)) {
            long address;
            try {
                address = large.takeKeptOr0(tenure.stripe(), size);
            } finally {
                tenure.leave();
            }
            if (address != 0) {
                return address;
            }
        }
        return large.allocateOr0(size, 0);
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
        if (alignment <= PageOrder.PAGE_BYTES && SizeClasses.isSmall(size)) {
            int sizeClass = SizeClasses.ofAlignedOrMinus1(size, alignment);
            if (sizeClass >= 0) {
                return allocateOr0(sizeClass);
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
        long usable = usableSize(address);
        long entry = map.entry(address);
        if (PageMap.sizeClass(entry) == PageMap.LARGE
                ? size > SizeClasses.MAX_BYTES && large.tryResize(address, entry, size)
                : Resizing.staysInSlot(usable, size)) {
            return address;
        }
        long moved = malloc(size);
        if (moved != 0) {
            RawMemory.copy(address, moved, Math.min(usable, size));
            free(address);
        }
        return moved;
    }

    /**
     * Gives the block at {@code address} back. NULL is ignored.
     *
     * @throws MisuseException if no block begins at {@code address}
     */
    public void free(long address) {
        Thread self = Thread.currentThread();
        Tenure tenure = Stripes.tenureOf(self, tenures);
        if (tenure.tryEnter(self)) {
            boolean freed;
            try {
                long entry = map.entry(address);
                freed =
                        PageMap.isOwn(entry, tenure.tag)
                                && tenure.magazines[PageMap.sizeClass(entry)].tryFree(address);
            } finally {
                tenure.leave();
            }
            if (freed) {
                return;
            }
        }
        freeSlow(address);
    }

    private void freeSlow(long address) {
        if (address == 0) {
            return;
        }
        Thread self = Thread.currentThread();
        Tenure tenure = Stripes.tenureOf(self, tenures);
        Stripe stripe;
        long left;
        if (tenure.tryEnter(self)) {
            stripe = tenure.stripe();
            try {
                left = freeWithGuard(stripe, address);
            } finally {
                tenure.leave();
            }
        } else {
            stripe = stripes.lockHome();
            try {
                stripe.checkOpen();
                left = freeWithGuard(stripe, address);
            } finally {
                stripe.unlock();
            }
        }
        if (left != 0) {
            finishFree(stripe, address, left);
        }
    }

    /**
     * Gives the block at {@code address} back, which {@link #malloc}, {@link #calloc} or {@link
     * #realloc} gave for {@code size} bytes. NULL is ignored.
     *
     * @throws MisuseException if no block begins at {@code address}, or none of {@code size} bytes
     */
    public void freeSized(long address, long size) {
        freeSized(address, SizeClasses.GRANULE_BYTES, size);
    }

    /**
     * The same of a block that {@link #memalign} gave for these arguments, and that was not resized
     * since.
     *
     * @throws MisuseException as {@link #freeSized(long, long)}
     * @throws BadAlignmentException if {@code alignment} is not a power of two
     */
    public void freeSized(long address, long alignment, long size) {
        if (Long.bitCount(alignment) != 1 || alignment < 0) {
            throw new BadAlignmentException(alignment);
        }
        if (address == 0) {
            return;
        }
        long usable = usableSize(address);
        if (!Resizing.mayHold(usable, alignment, size)) {
            throw new MisuseException(
                    Kind.WRONG_SIZE,
                    address,
                    "the block has %d bytes, and is given back as one of %d"
                            .formatted(usable, size));
        }
        free(address);
    }

    /** With the guard of a stripe, any: returns what {@link #finishFree} must do, or 0. */
    private long freeWithGuard(Stripe stripe, long address) {
        long entry = map.entry(address);
        int sizeClass = PageMap.sizeClass(entry);
        if (sizeClass == PageMap.LARGE) {
            return large.freeOrMinus1(stripe, address, entry);
        }
        if (sizeClass >= SizeClasses.COUNT
                || entry == PageMap.NONE
                || !small.free(stripe, address, entry)) {
            return -1;
        }
        return stripe.bin(sizeClass).hasSurplus() ? sizeClass + 1 : 0;
    }

    private void finishFree(Stripe stripe, long address, long left) {
        if (left < 0) {
            throw noBlock(address);
        } else if (left < LARGEST_CLASS) {
            small.giveBackEmpty(stripe, stripe.bin((int) left - 1), false, false);
        } else {
            large.giveBack(left, false);
        }
    }

    /**
     * Returns how many bytes of the block at {@code address} can be used: at least what was asked
     * for.
     *
     * @throws MisuseException if no block begins at {@code address}
     */
    public long usableSize(long address) {
        long bytes;
        Thread self = Thread.currentThread();
        Tenure tenure = Stripes.tenureOf(self, tenures);
        if (tenure.tryEnter(self)) {
            try {
                bytes = usableBytesOr0(address);
            } finally {
                tenure.leave();
            }
        } else {
            Stripe home = stripes.lockHome();
            try {
                home.checkOpen();
                bytes = usableBytesOr0(address);
            } finally {
                home.unlock();
            }
        }
        if (bytes == 0) {
            throw noBlock(address);
        }
        return bytes;
    }

    /** Returns an open arena of this heap for the calling thread alone. */
    public PooledArena confinedArena() {
        return arenas.confined();
    }

    /** Returns an open arena of this heap for all threads. */
    public PooledArena sharedArena() {
        return arenas.shared();
    }

    /** Returns an arena of this heap whose memory goes back when no segment is reachable. */
    public PooledArena autoArena() {
        return arenas.auto();
    }

    /** Returns what concerns all arenas of this heap. */
    public HeapArenas arenas() {
        return arenas;
    }

    /**
     * Tells of every block, in ascending order of their addresses. Of those that are allocated or
     * freed meanwhile each may be told of or not; all others are told of exactly once. Nobody is
     * stopped. Takes about a nanosecond for each page of the capacity.
     */
    public void forEachBlock(BlockVisitor visitor) {
        checkOpen(closed);
        new BlockWalk(map, stripes, small, large).walk(visitor);
    }

    /** With the guard of a stripe, any. */
    private long usableBytesOr0(long address) {
        long entry = map.entry(address);
        int sizeClass = PageMap.sizeClass(entry);
        if (sizeClass < SizeClasses.COUNT) {
            return entry == PageMap.NONE ? 0 : small.usableBytesOr0(address, entry);
        }
        return sizeClass == PageMap.LARGE ? large.usableBytesOr0(address, entry) : 0;
    }

    /** Returns what the heap did and holds; also after {@link #close()}. */
    public HeapStatistics statistics() {
        HeapStatistics.Sum sum = new HeapStatistics.Sum();
        int count = stripes.count();
        // First what was freed, so that what it was allocated as is counted, too.
        for (int index = 0; index < count; index++) {
            stripes.get(index).addFreesTo(sum);
        }
        VarHandle.loadLoadFence();
        count = stripes.count();
        for (int index = 0; index < count; index++) {
            stripes.get(index).addAllocationsTo(sum);
        }
        return sum.total(
                pages.pages() << PageOrder.PAGE_SHIFT,
                pages.peakPages() << PageOrder.PAGE_SHIFT,
                capacityBytes,
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
     * for decay; first that of closed shared arenas, and what is kept for the next block.
     */
    public void trim() {
        checkOpen(closed);
        arenas.recycle();
        reclaim();
        for (int index = 0; index < stripes.count(); index++) {
            Stripe stripe = stripes.get(index);
            for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
                if (stripe.bin(sizeClass).isUsed()) {
                    small.discardFreePages(stripe, stripe.bin(sizeClass));
                }
            }
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
        arenas.shut();
        closed = true;
        stripes.shut();
        memory.close();
    }

    /** Half the decay time has passed; returns whether there is memory that may become idle. */
    private boolean onTick() {
        boolean any = stripes.withdrawIdle();
        allocationsAtTick = withRoom(allocationsAtTick);
        for (int index = 0; index < allocationsAtTick.length && !closed; index++) {
            any |= giveBackIdle(stripes.get(index), allocationsAtTick[index], true);
        }
        return any;
    }

    /** The heap grows: see {@link Growth}. */
    private void onGrowth() {
        allocationsAtGrowth = withRoom(allocationsAtGrowth);
        for (int index = 0; index < allocationsAtGrowth.length && !closed; index++) {
            giveBackIdle(stripes.get(index), allocationsAtGrowth[index], false);
        }
        if (pagesDecay) {
            memory.buddy().trim();
        }
    }

    /** Returns {@code before} with a row for each stripe. */
    private long[][] withRoom(long[][] before) {
        long[][] room = Arrays.copyOf(before, stripes.count());
        for (int index = before.length; index < room.length; index++) {
            room[index] = new long[SizeClasses.COUNT + 1];
        }
        return room;
    }

    /**
     * Gives back what the stripe keeps of sizes that nobody has asked for since {@code before} was
     * written.
     */
    private boolean giveBackIdle(Stripe stripe, long[] before, boolean aged) {
        boolean any = false;
        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            Bin bin = stripe.bin(sizeClass);
            if (bin.isUsed()) {
                any = true;
                boolean idle = bin.allocations() == before[sizeClass];
                before[sizeClass] = bin.allocations();
                if (idle) {
                    small.giveBackEmpty(stripe, bin, true, aged);
                    if (pagesDecay) {
                        small.discardFreePages(stripe, bin);
                    }
                }
            }
        }
        boolean largeIdle = stripe.largeAllocations() == before[SizeClasses.COUNT];
        before[SizeClasses.COUNT] = stripe.largeAllocations();
        if (largeIdle) {
            giveBackKept(stripe, aged);
        } else {
            any = true;
        }
        return any;
    }

    /** Gives back all pages that are held for nothing; returns whether there were any. */
    private boolean reclaim() {
        boolean any = false;
        for (int index = 0; index < stripes.count(); index++) {
            Stripe stripe = stripes.get(index);
            any |= giveBackKept(stripe, false);
            for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
                Bin bin = stripe.bin(sizeClass);
                if (bin.isUsed()) {
                    any |= small.giveBackEmpty(stripe, bin, true, false);
                }
            }
        }
        return any;
    }

    private boolean giveBackKept(Stripe stripe, boolean aged) {
        long[] packed = new long[LargeCache.BLOCKS];
        stripe.lock();
        int count = large.takeKept(stripe, packed);
        stripe.unlock();
        for (int i = 0; i < count; i++) {
            large.giveBack(packed[i], aged);
        }
        return count > 0;
    }

    private RuntimeException noBlock(long address) {
        return closed ? closedException() : diagnosis.of(address);
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
}
