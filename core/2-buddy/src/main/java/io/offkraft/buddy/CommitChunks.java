// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.word.RawMemory.loadBytePlain;
import static io.offkraft.word.RawMemory.loadIntPlain;
import static io.offkraft.word.RawMemory.storeBytePlain;
import static io.offkraft.word.RawMemory.storeIntPlain;

import io.offkraft.platform.SystemCallException;
import io.offkraft.vmem.Advice;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;
import java.util.function.BooleanSupplier;

/**
 * Which chunks of a region carry memory: the commit threshold of the buddy.
 *
 * <p>A chunk is an aligned run of 2^{@link #order} pages. Everything is guarded by the allocator's
 * lock except the state of chunks that a thread has taken out of the free blocks: those are its own
 * until it gives them back, and {@link #commit} and {@link #giveBack} work on them without the
 * lock, so that no thread waits for another one's system call.
 */
final class CommitChunks {
    /*
     *              commit (handed out, or split below a chunk)
     *   EMPTY ────────────────────────────────────────────────► COMMITTED, in use
     *     ▲                                                       │       ▲
     *     │ decommit (decay, trim)                  wholly free   ▼       │ handed out again
     *     └──────────────────────────────────────────────── COMMITTED, retained
     *
     * Invariant: every free block below the chunk order lies in a committed chunk; a free block of the chunk order or
     * above may consist of any mixture. "retained" holds exactly the committed chunks that lie in such blocks.
     */
    private static final byte EMPTY = 0;
    private static final byte COMMITTED = 1;

    /** Committed by the call under way, to be taken back if a later part of it fails. */
    private static final byte COMMITTING = 2;

    final int order;

    /** Of the pages that are free in chunks that are not. */
    final PageAges ages;

    private final VirtualAddressSpace space;
    private final HugePages hugePages;
    private final long firstChunk;
    private final long stateAddress;
    private final long epochAddress;
    private final FreeBitmap retained;
    private long retainedCount;
    private long committedCount;

    /**
     * Manages the chunks of {@code [firstPage, endPage)}, both multiples of a chunk, with zeroed
     * metadata.
     */
    CommitChunks(BuddyBuilder builder, long firstPage, long endPage, long metadata) {
        space = builder.space;
        order = builder.commitThreshold;
        hugePages = builder.hugePages;
        firstChunk = firstPage >>> order;
        long chunks = (endPage >>> order) - firstChunk;
        retained = new FreeBitmap(metadata, chunks);
        epochAddress = metadata + FreeBitmap.bytes(chunks);
        stateAddress = epochAddress + chunks * Integer.BYTES;
        ages = new PageAges(firstPage, endPage, metadata + ownMetadataBytes(chunks));
    }

    /** Returns the bytes of metadata for {@code [firstPage, endPage)}. */
    static long metadataBytes(int order, long firstPage, long endPage) {
        return ownMetadataBytes((endPage - firstPage) >>> order)
                + PageAges.metadataBytes(firstPage, endPage);
    }

    private static long ownMetadataBytes(long chunks) {
        long bytes = FreeBitmap.bytes(chunks) + chunks * (Integer.BYTES + 1);
        return Alignment.alignUp(bytes, Long.BYTES);
    }

    long retainedPages() {
        return retainedCount << order;
    }

    long committedPages() {
        return committedCount << order;
    }

    /**
     * Returns how many chunks that lie wholly behind {@code startPage} and begin before {@code
     * endPage} are empty.
     */
    long emptyChunks(long startPage, long endPage) {
        long empty = 0;
        for (long chunk = chunkAtOrAfter(startPage); chunk << order < endPage; chunk++) {
            empty += state(chunk) == EMPTY ? 1 : 0;
        }
        return empty;
    }

    /**
     * Commits the chunks that {@link #emptyChunks} counts, a system call a run; the caller owns
     * them.
     *
     * @return the system calls made
     * @throws SystemCallException if the kernel refuses; then every chunk that this call committed
     *     is empty again, except those whose decommit the kernel refuses too: they are recorded as
     *     committed
     */
    int commit(long startPage, long endPage) {
        long first = chunkAtOrAfter(startPage);
        int calls = 0;
        try {
            for (long chunk = first; chunk << order < endPage; chunk++) {
                if (state(chunk) == EMPTY) {
                    long run = endOfEmptyRun(chunk, endPage);
                    space.commit(chunkAddress(chunk), chunkAddress(run) - chunkAddress(chunk));
                    calls++;
                    setStates(chunk, run, COMMITTING);
                    advise(chunkAddress(chunk), chunkAddress(run) - chunkAddress(chunk));
                    chunk = run;
                }
            }
        } catch (SystemCallException refused) {
            rollBack(first, endPage, refused);
            throw refused;
        }
        settle(first, endPage);
        return calls;
    }

    /**
     * Gives back the memory of the chunks of {@code [startPage, endPage)}, which the caller owns.
     *
     * <p>The pages go chunk by chunk, while page faults of other threads go on; then the chunks
     * become empty in one call, for which page faults must wait, but which finds no pages left.
     *
     * @param stop asked between the calls whether to leave it at that
     * @return the page behind the last chunk that is empty now
     * @throws SystemCallException if the kernel refuses; all are still committed
     */
    long giveBack(long startPage, long endPage, BooleanSupplier stop) {
        long first = startPage >>> order;
        long end = first;
        do {
            space.discard(chunkAddress(end), chunkAddress(1));
            end++;
        } while (end << order < endPage && !stop.getAsBoolean());
        space.decommit(chunkAddress(first), chunkAddress(end - first));
        setStates(first, end, EMPTY);
        return end << order;
    }

    /**
     * Counts {@code delta} more committed chunks; under the lock, after a commit or decommit
     * without it.
     */
    void addCommitted(long delta) {
        committedCount += delta;
    }

    /** The chunk of {@code page} became wholly free: remember it for decay if it carries memory. */
    void freed(long page, int epoch) {
        long chunk = page >>> order;
        if (state(chunk) == COMMITTED) {
            retained.add(chunk - firstChunk);
            retainedCount++;
            storeIntPlain(epochAddress + (chunk - firstChunk) * Integer.BYTES, epoch);
        }
    }

    /** The chunks of {@code [startPage, endPage)} are free no longer. */
    void taken(long startPage, long endPage) {
        if (retainedCount == 0) {
            return;
        }
        for (long chunk = chunkAtOrAfter(startPage); chunk << order < endPage; chunk++) {
            if (retained.contains(chunk - firstChunk)) {
                retained.remove(chunk - firstChunk);
                retainedCount--;
            }
        }
    }

    /** Returns the first page of the lowest retained chunk, or -1. */
    long firstRetainedOrMinus1() {
        return retainedCount == 0 ? -1 : (retained.firstOrMinus1() + firstChunk) << order;
    }

    /**
     * Returns the first page, from {@code page} on, of a chunk retained since {@code epoch} or
     * longer; or -1.
     */
    long retainedSinceOrMinus1(long page, int epoch) {
        long number = Math.max(0, chunkAtOrAfter(page) - firstChunk);
        number = retainedCount == 0 ? -1 : retained.firstFromOrMinus1(number);
        while (number >= 0 && !isRetainedSince(number, epoch)) {
            number = retained.firstFromOrMinus1(number + 1);
        }
        return number < 0 ? -1 : (number + firstChunk) << order;
    }

    /**
     * Returns the page behind the chunks that follow {@code page} without a gap and are retained
     * since {@code epoch} or longer, as far as {@code limit}.
     */
    long endOfRetainedSince(long page, int epoch, long limit) {
        long number = (page >>> order) - firstChunk;
        while ((number + firstChunk) << order < limit && isRetainedSince(number, epoch)) {
            number++;
        }
        return (number + firstChunk) << order;
    }

    private boolean isRetainedSince(long number, int epoch) {
        return retained.contains(number)
                && loadIntPlain(epochAddress + number * Integer.BYTES) - epoch <= 0;
    }

    /** Returns whether the chunk of {@code page} carries memory. */
    boolean isCommitted(long page) {
        return state(page >>> order) == COMMITTED;
    }

    /** Decommitting forgets the advice, so it is given each time. */
    private void advise(long address, long bytes) {
        try {
            switch (hugePages) {
                case SYSTEM -> {}
                case ASKED -> space.advise(address, bytes, Advice.HUGE_PAGE);
                case NEVER -> space.advise(address, bytes, Advice.NO_HUGE_PAGE);
            }
        } catch (SystemCallException _) {
            // A kernel without huge pages, or without room for one more mapping: the memory is as
            // good without the advice.
        }
    }

    private void rollBack(long firstChunkOfCall, long endPage, SystemCallException refused) {
        for (long chunk = firstChunkOfCall; chunk << order < endPage; chunk++) {
            if (state(chunk) == COMMITTING) {
                try {
                    space.decommit(chunkAddress(chunk), chunkAddress(1));
                    setState(chunk, EMPTY);
                } catch (SystemCallException again) {
                    setState(chunk, COMMITTED);
                    refused.addSuppressed(again);
                }
            }
        }
    }

    private void settle(long first, long endPage) {
        for (long chunk = first; chunk << order < endPage; chunk++) {
            if (state(chunk) == COMMITTING) {
                setState(chunk, COMMITTED);
            }
        }
    }

    private long endOfEmptyRun(long chunk, long endPage) {
        long end = chunk + 1;
        while (end << order < endPage && state(end) == EMPTY) {
            end++;
        }
        return end;
    }

    private void setStates(long first, long end, byte state) {
        for (long chunk = first; chunk < end; chunk++) {
            setState(chunk, state);
        }
    }

    private long chunkAtOrAfter(long page) {
        return (page + (1L << order) - 1) >>> order;
    }

    private long chunkAddress(long chunk) {
        return chunk << order << PageOrder.PAGE_SHIFT;
    }

    private byte state(long chunk) {
        return loadBytePlain(stateAddress + chunk - firstChunk);
    }

    private void setState(long chunk, byte state) {
        storeBytePlain(stateAddress + chunk - firstChunk, state);
    }
}
