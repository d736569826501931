// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.config.Contention;
import io.offkraft.config.OffkraftConfig;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.Alignment;

/**
 * What a new {@link BlockPool} is to be like.
 *
 * <p><b>Thread safety:</b> one thread.
 */
public final class BlockPoolBuilder {
    /** The least alignment, so that words in a block can be accessed atomically. */
    static final long MIN_ALIGNMENT = Long.BYTES;

    final Heap heap;
    final long blockBytes;
    final int capacity;
    long alignment = SizeClasses.GRANULE_BYTES;
    private Synchronization synchronization = Synchronization.defaultChoice();
    private Contention contention = OffkraftConfig.CONTENTION;

    BlockPoolBuilder(Heap heap, long blockBytes, int capacity) {
        if (blockBytes < 1 || blockBytes > HeapMemory.MAX_CAPACITY_BYTES) {
            throw new IllegalArgumentException(
                    "the bytes of a block must be in [1, %d]: %d"
                            .formatted(HeapMemory.MAX_CAPACITY_BYTES, blockBytes));
        }
        if (capacity < 1) {
            throw new IllegalArgumentException("the capacity must be 1 or more: " + capacity);
        }
        this.heap = heap;
        this.blockBytes = blockBytes;
        this.capacity = capacity;
    }

    /**
     * Sets what each block's address is a multiple of, in bytes; the default is 16. Less than 8 is
     * taken as 8.
     *
     * @throws BadAlignmentException if {@code bytes} is not a power of two
     */
    public BlockPoolBuilder alignment(long bytes) {
        if (bytes < 0 || !Alignment.isPowerOfTwo(bytes)) {
            throw new BadAlignmentException(bytes);
        }
        alignment = Math.max(MIN_ALIGNMENT, bytes);
        return this;
    }

    /**
     * Sets how threads are kept apart; with {@link Contention#HIGH} this says only whether they are
     * at all.
     */
    public BlockPoolBuilder synchronization(Synchronization choice) {
        synchronization = choice;
        return this;
    }

    /**
     * Sets how many threads are expected to take and give back at once; the default is what the
     * process is configured for. {@link Contention#HIGH} takes no lock for it. With {@link
     * Synchronization#NONE}, or {@code offkraft.smp=false}, there is one thread, and this says
     * nothing.
     */
    public BlockPoolBuilder contention(Contention choice) {
        contention = choice;
        return this;
    }

    /**
     * Returns a new pool, all of whose blocks are free.
     *
     * @throws PoolRefusedException if the heap has no memory for it; nothing has changed
     * @throws IllegalStateException if the heap is closed
     */
    public BlockPool build() {
        return new BlockPool(this);
    }

    FreeBlocks newFreeBlocks() {
        return contention == Contention.HIGH && !synchronization.isForOneCpu()
                ? new SharedFreeBlocks(capacity)
                : new LockedFreeBlocks(
                        synchronization.newLock(LockClass.named("block pool")), capacity);
    }
}
