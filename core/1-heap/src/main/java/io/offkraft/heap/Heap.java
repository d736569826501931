// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.Footprint;
import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.buddy.PageStatistics;
import io.offkraft.platform.ZeroFill;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

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
 * the heap stays usable. Misuse: {@link MisuseException}, nothing changed; of two threads that free
 * the same block at the same moment both may return, and the log tells. Reaching memory behind a
 * block's end or after its free is not noticed, as in C.
 */
public final class Heap implements AutoCloseable {
    private final HeapTree tree;
    private final TreePlace place;
    private final boolean isChild;
    private final HeldPages pages;
    private final PageMap map;
    private final Stripes stripes;
    private final Tenure[] tenures;
    private final SmallBlocks small;
    private final LargeBlocks large;
    private final Diagnosis diagnosis;
    private final Freeing freeing;
    private final Upkeep upkeep;
    private final LazyArenas arenas;

    private final Writers writers = new Writers();
    private volatile boolean closed;

    Heap(HeapTree tree, @Nullable Heap parent, String name, long limitBytes) {
        this.tree = tree;
        place = new TreePlace(tree, this, parent, name);
        isChild = parent != null;
        map = tree.metadata.pageMap();
        long limit = Math.min(limitBytes, tree.capacityBytes);
        Account above = parent == null ? null : parent.pages.account();
        Account account = new Account(above, place, limit >>> PageOrder.PAGE_SHIFT);
        pages = new HeldPages(tree, account, parent == null ? null : parent.pages);
        stripes = new Stripes(tree, place, isChild, limit);
        tenures = stripes.tenures();
        large = new LargeBlocks(stripes, pages, tree);
        small = new SmallBlocks(stripes, large, pages, tree.metadata);
        diagnosis = new Diagnosis(tree, stripes, small, place);
        freeing = new Freeing(this, stripes, map, small, large);
        upkeep = new Upkeep(stripes, small, large, tree.pagesDecay);
        arenas = new LazyArenas(this, limit, tree.synchronization == Synchronization.NONE);
    }

    static Heap above(HeapBuilder builder) {
        HeapTree tree = new HeapTree(builder);
        Heap heap = new Heap(tree, null, builder.name, builder.limitBytes);
        tree.setRoot(heap);
        return heap;
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
        beginWriting();
        try {
            long address = malloc(bytes);
            if (address != 0) {
                ZeroFill.zero(address, bytes);
            }
            return address;
        } finally {
            endWriting();
        }
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
        long entry = large.entryOfUnlent(address);
        if (PageMap.sizeClass(entry) == PageMap.LARGE
                ? size > SizeClasses.MAX_BYTES && large.tryResize(address, entry, size)
                : Resizing.staysInSlot(usable, size)) {
            return address;
        }
        beginWriting();
        try {
            long moved = malloc(size);
            if (moved != 0) {
                RawMemory.copy(address, moved, Math.min(usable, size));
                free(address);
            }
            return moved;
        } finally {
            endWriting();
        }
    }

    /** Until {@link #endWriting}: the caller may write into a block that it has just got. */
    void beginWriting() {
        if (isChild) {
            writers.enter();
        }
    }

    void endWriting() {
        if (isChild) {
            writers.exit();
        }
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
                                ? tenure.magazines[PageMap.sizeClass(entry)].tryFree(address)
                                : tenure.tryFreeOther(entry, address);
            } finally {
                tenure.leave();
            }
            if (freed) {
                return;
            }
        }
        freeing.free(address);
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

    /** Returns this heap for the calling thread to keep, which makes its calls faster. */
    public ThreadHeap threadHeap() {
        return new ThreadHeap(this);
    }

    /** Returns an open arena of this heap for the calling thread alone. */
    public PooledArena confinedArena() {
        return arenas.get().confined();
    }

    /** Returns an open arena of this heap for all threads. */
    public PooledArena sharedArena() {
        return arenas.get().shared();
    }

    /** Returns an arena of this heap whose memory goes back when no segment is reachable. */
    public PooledArena autoArena() {
        return arenas.get().auto();
    }

    /** Returns what concerns all arenas of this heap. */
    public HeapArenas arenas() {
        return arenas.get();
    }

    /**
     * Tells of every block, in ascending order of their addresses. Of those that are allocated or
     * freed meanwhile each may be told of or not; all others are told of exactly once. Nobody is
     * stopped. Takes about a nanosecond for each page of the capacity. Blocks of heaps below this
     * one are not told of.
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
        return sizeClass == PageMap.LARGE || sizeClass == PageMap.LENT
                ? large.usableBytesOr0(address, entry)
                : 0;
    }

    /**
     * Returns what the heap did and holds, without the heaps below it; also after {@link #close()}.
     */
    public HeapStatistics statistics() {
        HeapStatistics.Sum sum = new HeapStatistics.Sum();
        // First what was freed, so that what it was allocated as is counted, too.
        for (Stripe stripe : stripes.all()) {
            stripe.addFreesTo(sum);
        }
        VarHandle.loadLoadFence();
        for (Stripe stripe : stripes.all()) {
            stripe.addAllocationsTo(sum);
        }
        sum.large().addHeld((long) large.depot().pagesOfAll() << PageOrder.PAGE_SHIFT, 0);
        long committed = tree.buddy.statistics().committedPages() << PageOrder.PAGE_SHIFT;
        return pages.total(sum, tree.capacityBytes, committed);
    }

    /** Returns what the heap may hold, and what it and those below it do; also after the end. */
    public HeapBudget budget() {
        return pages.budget();
    }

    /**
     * Returns what the heap takes of the operating system, with all heaps of its tree, exactly at
     * rest: it asks the kernel about every page.
     */
    public Footprint footprint() {
        checkOpen(closed);
        return tree.memory.footprint();
    }

    /**
     * Returns how many pages are neither free nor held for blocks, in the whole tree: 0, unless the
     * heap itself is at fault.
     *
     * <p>Exact while no other thread allocates or frees.
     */
    public long unaccountedPages() {
        PageStatistics pagesNow = tree.buddy.statistics();
        return pagesNow.totalPages() - pagesNow.availablePages() - pagesNow.allocatedPages();
    }

    /**
     * Gives memory of this heap and those below it that lies free in whole pages back to the
     * operating system now, without waiting for decay; first that of closed shared arenas, and what
     * is kept for the next block. Waits for the thread that does the same as time passes, if that
     * is at it.
     */
    public void trim() {
        checkOpen(closed);
        synchronized (tree.ticking()) {
            place.forEach(heap -> {
                heap.arenas.recycle();
                heap.upkeep.reclaim();
                heap.upkeep.discardFreePages();
            });
        }
        tree.buddy.trim();
    }

    // The tree

    /**
     * Returns a builder of a heap below this one: a heap like any other, with limits of its own,
     * whose pages are charged to this one, too.
     *
     * <p>It ends with this one, at the latest, and blocks are freed in the heap they come from: in
     * another one of the tree that is a {@link MisuseException}.
     */
    public ChildHeapBuilder child() {
        return new ChildHeapBuilder(this);
    }

    /**
     * Gives the block at {@code address} to another heap of the same tree, and returns where it is
     * then; or 0 if the budget of that heap, or of one above it, refuses, and the block stays.
     *
     * <p>A block that has pages of its own, which all of more than 32 KiB have, stays where it is;
     * only what its way up the tree does not have in common with the new one is charged. So between
     * heaps below the same one a move is not refused by that one, unless a reservation is charged
     * there anyway. A smaller block is copied, and keeps an alignment of more than 16 bytes only by
     * chance. The statistics of the heaps count a free and an allocation.
     *
     * @throws MisuseException if no block of this heap begins at {@code address}: also if another
     *     thread was just faster to free it, or to give it away
     * @throws IllegalArgumentException if {@code target} is of another tree
     */
    public long transferTo(long address, Heap target) {
        if (target.tree != tree) {
            throw new IllegalArgumentException(
                    "the heap %s is not of the same tree as %s"
                            .formatted(target.place.path(), place.path()));
        }
        if (target == this) {
            usableSize(address);
            return address;
        }
        return new Transfer(this, target).runOr0(address);
    }

    Stripes stripes() {
        return stripes;
    }

    HeldPages pages() {
        return pages;
    }

    SmallBlocks small() {
        return small;
    }

    LargeBlocks large() {
        return large;
    }

    LazyArenas lazyArenas() {
        return arenas;
    }

    Upkeep upkeep() {
        return upkeep;
    }

    TreePlace place() {
        return place;
    }

    HeapTree tree() {
        return tree;
    }

    // The end

    /**
     * Gives back everything at once that this heap and those below it hold, whatever blocks are
     * live; their memory must not be reached any more. Later calls, and calls that other threads
     * are just making, throw {@link IllegalStateException}. If the kernel refuses, another close
     * goes on where this one stopped; after that it does nothing.
     *
     * @throws IllegalStateException if a confined arena of a live thread is open in one of the
     *     heaps; nothing has changed
     */
    @Override
    public void close() {
        new HeapClosing(tree, this).run();
    }

    /** Keeps everybody out: when this returns no call is inside, or has a block to write to. */
    void shut() {
        closed = true;
        stripes.shut();
        large.depot().shut();
        if (isChild) {
            writers.close();
        }
    }

    /** Half the decay time has passed; returns whether there is memory that may become idle. */
    boolean onTick() {
        boolean any;
        synchronized (tree.ticking()) {
            any = !closed && upkeep.tick(() -> closed);
        }
        for (Heap child : place.children()) {
            any |= child.onTick();
        }
        return any;
    }

    /** This heap or another one of the tree grows; all together will hold {@code pages}. */
    void onGrowth(long pages) {
        upkeep.grow(pages, () -> closed);
        place.children().forEach(child -> child.onGrowth(pages));
    }

    MisuseException noBlock(long address) {
        checkOpen(closed);
        return diagnosis.of(address);
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
