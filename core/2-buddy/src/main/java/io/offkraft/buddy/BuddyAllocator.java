// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.config.Contention;
import io.offkraft.sync.Synchronization;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;
import java.util.List;

/**
 * The page allocator: runs of pages out of one or more regions, and back.
 *
 * <p>A request for n pages gets exactly n. Blocks of 2^k pages are aligned to their size. Free
 * pages are always merged, so that after everything was freed each region is as it was added. What
 * it takes to know all this lies outside the pages, in at most 0.1 % of their size, so that a
 * double, wild, interior or wrong-size free is always noticed and nothing that a user writes can
 * break it.
 *
 * <p>There are two: a binary buddy under a lock, which is the fastest as long as few want it at
 * once, and one without a lock for {@link BuddyBuilder#contention} {@link Contention#HIGH}.
 *
 * <p>A region is either memory that the caller adds ({@link #addMemory}), or a reserved area of the
 * virtual address space ({@link #addReserved}) whose chunks of 2^{@linkplain
 * BuddyBuilder#commitThreshold threshold} pages get memory when they are handed out or split and
 * lose it again once they were wholly free for the {@linkplain BuddyBuilder#decay decay} time. What
 * lies free for that time in a chunk that is partly in use is given back as well; such a chunk
 * stays committed, and its pages get memory anew when they are touched.
 *
 * <p><b>Thread safety:</b> every method, from any thread; with {@link Synchronization#NONE} one
 * thread at a time, and the caller sees to it. Calls about one block, two that cut it or one that
 * frees and one that extends it, are ordered by whoever owns it; of several threads that free it
 * one succeeds, and the others are told of their misuse.
 *
 * <p><b>Progress:</b> with a lock, blocking; no lock is held across a system call, and a request
 * that finds nothing free while another thread commits or decommits waits for that thread instead
 * of failing. With {@link Contention#HIGH} lock-free but for the system calls and what adds
 * regions, trims, validates and closes; a request that finds nothing free while others are in the
 * middle of an operation that may leave pages over waits for them, some milliseconds at most.
 *
 * <p><b>Memory effects:</b> what a thread did before it freed a block is visible to the thread that
 * gets its pages next.
 *
 * <p><b>Failure:</b> running out of pages, or of memory to commit, is a normal outcome: address 0,
 * counted in {@link #statistics()}. Misuse throws {@link MisuseException}, and changes nothing.
 */
public abstract sealed class BuddyAllocator implements AutoCloseable
        permits LockedBuddy, LockFreePages {
    private static final int MAX_ALIGNMENT_ORDER = 51;

    private static final int MAX_ATTEMPTS = 8; // of footprint

    /** Where metadata and reserved regions lie. */
    final VirtualAddressSpace space;

    BuddyAllocator(VirtualAddressSpace space) {
        this.space = space;
    }

    /**
     * Returns a builder of an allocator whose metadata, and whose reserved regions, lie in {@code
     * space}.
     *
     * <p>The space stays the caller's: closing the allocator gives back what it mapped there, not
     * the space.
     */
    public static BuddyBuilder builder(VirtualAddressSpace space) {
        return new BuddyBuilder(space);
    }

    /**
     * Returns how many bytes of the space the metadata of one reserved region of {@code pages}
     * pages takes, at most, with chunks of {@code commitThreshold}.
     */
    public static long metadataBytes(long pages, int commitThreshold) {
        return Math.max(
                        Region.metadataBytes(1, pages + 1, commitThreshold),
                        SharedRegion.metadataBytes(1, pages + 1, commitThreshold, true))
                + PageOrder.PAGE_BYTES;
    }

    /**
     * Adds the pages that lie wholly inside {@code [address, address + bytes)}; the memory is
     * readable and writable and stays so until the allocator is closed.
     *
     * @throws IllegalArgumentException if there is no whole page, or the range overlaps a region
     */
    public abstract void addMemory(long address, long bytes);

    /**
     * Reserves {@code bytes} of the space, rounded up to whole chunks, as a region that gets memory
     * on demand.
     *
     * @return the address of the region
     */
    public abstract long addReserved(long bytes);

    /** Returns the address of a block of {@code pages} pages, or 0 if there is none. */
    public final long palloc(long pages) {
        return palloc(pages, 0);
    }

    /**
     * Returns the address of a block of {@code pages} pages, aligned to 2^{@code alignmentOrder}
     * pages and to the smallest power of two that covers {@code pages}; or 0 if there is none.
     *
     * @throws IllegalArgumentException if {@code pages} is not positive or the order is not in [0,
     *     51]
     */
    public abstract long palloc(long pages, int alignmentOrder);

    /**
     * Gives back the whole block at {@code address}.
     *
     * @return its pages
     * @throws MisuseException if no block begins there
     */
    public abstract long pfree(long address);

    /**
     * Gives back the whole block at {@code address}, which is of exactly {@code pages} pages.
     *
     * @throws MisuseException if no such block begins there
     */
    public abstract void pfree(long address, long pages);

    /**
     * The same for a block whose user has kept it for the decay time without need: its memory goes
     * back at the next occasion.
     *
     * @throws MisuseException if no such block begins there
     */
    public abstract void pfreeAged(long address, long pages);

    /**
     * Gives the memory of pages inside of one block back to the operating system, if the block is
     * of reserved memory. It stays a block, and the pages have any content and get memory anew when
     * they are touched; they are not touched before this returns.
     *
     * @return whether the operating system took it; a refusal is counted
     * @throws MisuseException if the range does not lie inside one block
     */
    public abstract boolean discard(long address, long pages);

    /**
     * Gives back {@code pages} pages from {@code address} on, out of one block; what is left before
     * and behind them are blocks of their own from then on.
     *
     * @throws MisuseException if the range does not lie inside one block
     */
    public abstract void pfreeRange(long address, long pages);

    /**
     * Makes the block at {@code address} {@code newPages} long without moving it, if the pages
     * behind it are free.
     *
     * @return whether it did; if not, nothing changed
     * @throws MisuseException if no block begins there
     */
    public abstract boolean tryExtend(long address, long newPages);

    /** Returns the pages of the block that begins at {@code address}, or 0 if none does. */
    public abstract long blockPagesOr0(long address);

    /**
     * Returns where the block that {@code address} points into begins, or 0 if it points into none.
     */
    public abstract long blockBeginOr0(long address);

    /**
     * Returns the pages that are free, exactly, at a moment of the call when none is between free
     * and not: it waits for system calls of other threads, as all queries here do.
     */
    public abstract long availablePages();

    /** Returns the pages of the largest block that is free at this moment, a power of two; or 0. */
    public abstract long maxAllocatablePages();

    /**
     * Returns how many free blocks of {@code order} there are at this moment; {@code order} is in
     * [0, 62].
     */
    public abstract long freeBlocks(int order);

    /** Returns all figures of one instant; also after {@link #close()}. */
    public abstract PageStatistics statistics();

    /**
     * Returns the memory that the allocator takes, as the space and the kernel know it at a moment
     * of the call when no system call of the allocator is under way. If such moments are too short,
     * after some attempts the figures are of different moments of the call.
     */
    public final Footprint footprint() {
        for (int attempt = 1; ; attempt++) {
            PageStatistics before = statistics();
            Footprint footprint = Footprint.of(extents(), space);
            PageStatistics after = statistics();
            if (before.systemCalls() == after.systemCalls() || attempt == MAX_ATTEMPTS) {
                return footprint;
            }
        }
    }

    /**
     * Gives the memory of everything that is free now back to the operating system, without waiting
     * for decay: chunks that are wholly free lose it and are committed no longer, free pages of
     * others only lose it. Waits for what the thread that does the same as time passes is giving
     * back just now.
     */
    public abstract void trim();

    /**
     * The same, but does not wait: leaves alone what others are giving back just now. So who is
     * held up in the kernel holds nobody up.
     */
    public abstract void tryTrim();

    /**
     * Checks every invariant of every region, in time proportional to the pages; throws {@link
     * AssertionError}.
     */
    public abstract void validate();

    /**
     * Gives back everything that the allocator mapped, whatever blocks are live. Later calls throw
     * {@link IllegalStateException}. If the kernel refuses, another close goes on where this one
     * stopped; after that it does nothing.
     */
    @Override
    public abstract void close();

    /** Returns where the regions are that are open at a moment of the call. */
    abstract List<Footprint.Extent> extents();

    /** Returns the order of what holds the pages, and is aligned so. */
    static int checkedOrder(long pages, int alignmentOrder) {
        if (pages <= 0 || alignmentOrder < 0 || alignmentOrder > MAX_ALIGNMENT_ORDER) {
            throw new IllegalArgumentException(
                    "pages must be positive and the order in [0, %d]: pages=%d, order=%d"
                            .formatted(MAX_ALIGNMENT_ORDER, pages, alignmentOrder));
        }
        return Math.max(PageOrder.covering(Math.min(pages, 1L << 62)), alignmentOrder);
    }

    static void checkOrder(int order) {
        if (order < 0 || order > Long.SIZE - 2) {
            throw new IllegalArgumentException("order must be in [0, 62]: " + order);
        }
    }

    static IllegalStateException closedException() {
        return new IllegalStateException("the page allocator is closed");
    }

    static long pageOf(long address) {
        return address >>> PageOrder.PAGE_SHIFT;
    }

    static boolean isPageAligned(long address) {
        return Alignment.isAligned(address, PageOrder.PAGE_BYTES);
    }
}
