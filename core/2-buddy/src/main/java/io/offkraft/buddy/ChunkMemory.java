// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.platform.SystemCallException;
import io.offkraft.vmem.Advice;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;
import io.offkraft.word.SharedAtomics;

/**
 * Commits and decommits chunks of a {@link SharedRegion} that the calling thread holds.
 *
 * <p><b>Thread safety:</b> any thread, each with chunks of its own. <b>Progress:</b> that of the
 * space and of the kernel; nobody else waits for it except who finds nothing free.
 */
final class ChunkMemory {
    private final SharedRegion region;
    private final VirtualAddressSpace space;
    private final HugePages hugePages;
    private final PageTraffic traffic;

    ChunkMemory(SharedRegion region, BuddyBuilder settings, PageTraffic traffic) {
        this.region = region;
        this.traffic = traffic;
        space = settings.space;
        hugePages = settings.hugePages;
    }

    /**
     * Commits those of the chunks {@code [first, end)} that the caller holds and that have no
     * memory, a system call a run.
     *
     * @return whether all of them have memory now; if not, the kernel has none and nothing changed
     * @throws SystemCallException if the kernel refuses for another reason; nothing changed, except
     *     that chunks whose decommit it refuses too stay committed
     */
    boolean tryCommit(long first, long end) {
        int calls = 0;
        long reached = first;
        try {
            for (long chunk = first; chunk < end; ) {
                long runEnd = endOfEmptyRun(chunk, end);
                if (runEnd > chunk) {
                    space.commit(address(chunk), address(runEnd) - address(chunk));
                    calls++;
                    advise(address(chunk), address(runEnd) - address(chunk));
                }
                reached = runEnd;
                chunk = Math.max(runEnd, chunk + 1);
            }
        } catch (SystemCallException refused) {
            rollBack(first, reached, refused);
            if (!isExhaustion(refused)) {
                throw refused;
            }
            return false;
        }
        SharedAtomics.count();
        traffic.commits.addAndGet(calls);
        for (long chunk = first; chunk < end; chunk++) {
            if (isHeldEmpty(chunk)) {
                region.setWord(chunk, ChunkWord.heldCommitted());
            }
        }
        return true;
    }

    private void rollBack(long first, long end, SystemCallException refused) {
        for (long chunk = first; chunk < end; chunk++) {
            if (isHeldEmpty(chunk)) {
                try {
                    space.decommit(address(chunk), address(chunk + 1) - address(chunk));
                } catch (SystemCallException again) {
                    region.setWord(chunk, ChunkWord.heldCommitted());
                    refused.addSuppressed(again);
                }
            }
        }
    }

    /**
     * Gives back the memory of the held chunks {@code [first, end)}, as {@link
     * CommitChunks#giveBack} does, or of the first ones if somebody wants pages; the chunks stay
     * held.
     *
     * @return the end of those that have no memory now; {@code first} if the kernel refused, which
     *     is counted
     */
    long decommit(long first, long end) {
        long gone = first;
        try {
            do {
                space.discard(address(gone), address(gone + 1) - address(gone));
                gone++;
            } while (gone < end && !traffic.wanted);
            space.decommit(address(first), address(gone) - address(first));
        } catch (SystemCallException _) {
            SharedAtomics.count();
            traffic.refusals.incrementAndGet();
            return first;
        }
        SharedAtomics.count();
        traffic.decommits.incrementAndGet();
        return gone;
    }

    /**
     * Gives back the memory of pages that the caller has taken, or has in a block.
     *
     * @return whether the kernel took it; a refusal is counted
     */
    boolean discard(long start, long end) {
        try {
            space.discard(
                    (region.basePage + start) << PageOrder.PAGE_SHIFT,
                    (end - start) << PageOrder.PAGE_SHIFT);
        } catch (SystemCallException _) {
            SharedAtomics.count();
            traffic.refusals.incrementAndGet();
            return false;
        }
        SharedAtomics.count();
        traffic.discards.incrementAndGet();
        SharedAtomics.count();
        traffic.discardedPages.addAndGet(end - start);
        return true;
    }

    private void advise(long address, long bytes) {
        try {
            switch (hugePages) {
                case SYSTEM -> {}
                case ASKED -> space.advise(address, bytes, Advice.HUGE_PAGE);
                case NEVER -> space.advise(address, bytes, Advice.NO_HUGE_PAGE);
            }
        } catch (SystemCallException _) {
            // As in CommitChunks: the memory is as good without the advice.
        }
    }

    private long endOfEmptyRun(long chunk, long limit) {
        long end = chunk;
        while (end < limit && isHeldEmpty(end)) {
            end++;
        }
        return end;
    }

    private boolean isHeldEmpty(long chunk) {
        long word = region.word(chunk);
        return ChunkWord.isHeld(word) && !ChunkWord.isCommitted(word);
    }

    private long address(long chunk) {
        return (region.basePage + (chunk << region.order)) << PageOrder.PAGE_SHIFT;
    }

    private static boolean isExhaustion(SystemCallException refused) {
        return switch (refused.errnoName()) {
            case "ENOMEM", "EAGAIN" -> true;
            default -> false;
        };
    }
}
