// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.platform.SystemCallException;
import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.Locking;
import io.offkraft.vmem.VirtualAddressSpace;

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

    CommitWindow(ExclusiveLock lock, PageCounts counts) {
        this.lock = lock;
        this.counts = counts;
    }

    boolean isOpen() {
        return open > 0;
    }

    /**
     * Lets other threads get on with their system calls. Bounded by them: the kernel answers each.
     */
    @SuppressWarnings(
            "ThreadPriorityCheck") // the lock orders; yielding only lets the other thread finish
    void await() {
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
     * Gives back the memory of the private chunk at {@code page}.
     *
     * @return whether the kernel took it; a refusal is counted and the chunk keeps its memory, for
     *     nobody asked for this call and nobody is harmed by having to try again later
     */
    boolean decommit(CommitChunks chunks, long page) {
        boolean gone = false;
        open++;
        Locking.unlock(lock);
        try {
            chunks.decommit(page);
            gone = true;
        } catch (SystemCallException refused) {
            gone = false;
        } finally {
            Locking.lock(lock);
            open--;
            counts.decommitted(gone);
            chunks.addCommitted(gone ? -1 : 0);
        }
        return gone;
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
