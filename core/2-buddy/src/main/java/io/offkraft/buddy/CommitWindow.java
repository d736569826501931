// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.platform.SystemCallException;
import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.Locking;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;

/**
 * The windows in which the allocator's lock is released for a system call.
 *
 * <p>The range that the call is about was taken out of the free blocks first, so nobody else can
 * reach it. Whoever finds nothing free meanwhile must not report exhaustion, for the range may come
 * back: it waits until no window is open.
 *
 * <p>Every method is called with the lock held and returns, or throws, with it held.
 */
final class CommitWindow {
    private final ExclusiveLock lock;
    private final PageCounts counts;
    private int open;
    private int givingBack; // so many of them are to give memory back

    /*
     * Set with the lock held, by who waits; cleared with it, by who gives memory back, and read by that thread between
     * its calls without it. Benign: to see it late, or to see the wish of one who has given up, costs one call more or
     * less. Who still waits sets it again.
     */
    private volatile boolean wanted;

    CommitWindow(ExclusiveLock lock, PageCounts counts) {
        this.lock = lock;
        this.counts = counts;
    }

    boolean isOpen() {
        return open > 0;
    }

    /**
     * Lets other threads get on with their system calls. Who commits ends when the kernel has
     * answered; who gives memory back makes as many calls as it has ranges, but stops after the one
     * it is in when it learns that somebody waits.
     */
    @SuppressWarnings(
            "ThreadPriorityCheck") // the lock orders; yielding only lets the other thread finish
    void await() {
        wanted = true;
        Locking.unlock(lock);
        Thread.yield();
        Locking.lock(lock);
    }

    /** Waits until every page is either free or in a block. */
    void awaitClosed() {
        while (open > 0) {
            await();
        }
    }

    /**
     * Commits the empty chunks of a private range.
     *
     * @return whether all of it carries memory now; if not, the kernel has none and nothing changed
     * @throws SystemCallException if the kernel refuses for another reason; nothing changed
     */
    boolean commit(CommitChunks chunks, long startPage, long endPage) {
        long empty = chunks.emptyChunks(startPage, endPage);
        if (empty == 0) {
            return true;
        }
        int calls = 0;
        open++;
        Locking.unlock(lock);
        try {
            calls = chunks.commit(startPage, endPage);
            return true;
        } catch (SystemCallException refused) {
            if (!isExhaustion(refused)) {
                throw refused;
            }
            return false;
        } finally {
            Locking.lock(lock);
            open--;
            counts.committed(calls);
            chunks.addCommitted(empty - chunks.emptyChunks(startPage, endPage));
        }
    }

    /**
     * Gives back the memory of the private chunks of {@code [startPage, endPage)}, or of the first
     * ones if someone waits.
     *
     * @return the page behind the last chunk that is empty now; {@code startPage} if the kernel
     *     refused, which is counted: nobody asked for this call and nobody is harmed by having to
     *     try again later
     */
    long decommit(CommitChunks chunks, long startPage, long endPage) {
        long gone = startPage;
        begin();
        try {
            gone = chunks.giveBack(startPage, endPage, this::isWanted);
        } catch (SystemCallException refused) {
            gone = startPage;
        } finally {
            end();
            chunks.addCommitted((startPage - gone) >> chunks.order);
            if (gone > startPage) {
                counts.decommitted();
            } else {
                counts.refused();
            }
        }
        return gone;
    }

    /**
     * Gives back the memory of the private blocks, or of the first ones if someone waits, and makes
     * the blocks free again.
     *
     * @return whether the kernel took it; a refusal is counted
     */
    boolean discard(AgedBlocks blocks, VirtualAddressSpace space) {
        if (blocks.isEmpty()) {
            blocks.putBack();
            return true;
        }
        boolean gone = false;
        begin();
        try {
            blocks.discard(space, this::isWanted);
            gone = true;
        } catch (SystemCallException refused) {
            gone = false;
        } finally {
            end();
            blocks.putBack();
            counts.discarded(blocks.calls(), blocks.pages());
            if (!gone) {
                counts.refused();
            }
        }
        return gone;
    }

    /**
     * Gives back the memory of pages in a block that its user does not touch meanwhile.
     *
     * @return whether the kernel took it; a refusal is counted
     */
    boolean discard(VirtualAddressSpace space, long address, long pages) {
        boolean gone = false;
        begin();
        try {
            space.discard(address, pages << PageOrder.PAGE_SHIFT);
            gone = true;
        } catch (SystemCallException refused) {
            gone = false;
        } finally {
            end();
            if (gone) {
                counts.discarded(1, pages);
            } else {
                counts.refused();
            }
        }
        return gone;
    }

    /** Releases the lock for calls that stop early if somebody wants the pages. */
    private void begin() {
        open++;
        givingBack++;
        wanted = false;
        Locking.unlock(lock);
    }

    private void end() {
        Locking.lock(lock);
        open--;
        givingBack--;
    }

    /**
     * Waits until nobody gives memory back, and lets those who do have their calls; returns whether
     * somebody did.
     */
    @SuppressWarnings("ThreadPriorityCheck") // as in await
    boolean awaitGivenBack() {
        boolean somebody = givingBack > 0;
        while (givingBack > 0) {
            Locking.unlock(lock);
            Thread.yield();
            Locking.lock(lock);
        }
        return somebody;
    }

    /** Without the lock: whether someone found nothing free since the last {@link #begin}. */
    private boolean isWanted() {
        return wanted;
    }

    /**
     * Unmaps a region of an allocator that is closed: nobody reaches its blocks any more.
     *
     * @throws SystemCallException if the kernel refuses; the region is as it was
     */
    void unmap(Region region, VirtualAddressSpace space) {
        open++;
        Locking.unlock(lock);
        try {
            region.unmap(space);
        } finally {
            Locking.lock(lock);
            open--;
        }
    }

    private static boolean isExhaustion(SystemCallException refused) {
        return switch (refused.errnoName()) {
            case "ENOMEM", "EAGAIN" -> true;
            default -> false;
        };
    }
}
