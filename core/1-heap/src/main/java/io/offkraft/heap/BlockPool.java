// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.MisuseException;
import io.offkraft.buddy.MisuseException.Kind;
import io.offkraft.config.Contention;
import io.offkraft.sync.Synchronization;
import io.offkraft.word.Alignment;
import java.util.Objects;

/**
 * A fixed number of blocks of one size, which are taken and given back, the one that was given back
 * last first: for objects of one kind whose number is bounded, such as the descriptors of a driver.
 * (After Unikraft's {@code ukallocpool}; the last block is the one that is still in the cache.)
 *
 * <p>All memory is taken when the pool is made: a block of the heap for all of its blocks, and what
 * the pool knows of them, 5 bytes each, on the Java heap. After that nothing is allocated, neither
 * there nor in the heap. Nothing is written into a block or beside it, so that what does not fit is
 * always noticed: a block that is free, an address inside a block, one that is none of the pool's.
 * (A second return after somebody got the block is a return of <i>his</i> block, and cannot be told
 * from one.)
 *
 * <p>An address is a {@code long}; 0 is NULL and means that no block is free.
 *
 * <p><b>Thread safety:</b> every method, from any platform or virtual thread, under the default
 * synchronization; with {@link Synchronization#NONE} one thread at a time, and the caller sees to
 * it.
 *
 * <p><b>Progress:</b> with {@link Contention#LOW} blocking: under a lock, which is held for some
 * instructions, and some more for each block of a batch. With {@link Contention#HIGH} lock-free:
 * wherever threads stop, the others go on. There a batch is taken, or becomes free, at once as
 * well: by one compare-and-set, which other threads' must leave alone while the batch is walked.
 *
 * <p><b>Memory effects:</b> what a thread did before it gave a block back is visible to the thread
 * that takes it next: taking acquires what giving back released. What is in a block when it is
 * taken is whatever was there.
 *
 * <p><b>Failure:</b> no block free: 0, or fewer than asked for, counted in {@link #refusals()}.
 * Misuse: {@link MisuseException}, and nothing has changed.
 */
public final class BlockPool implements AutoCloseable {
    private final Heap heap;
    private final FreeBlocks free;
    private final long base;
    private final long strideBytes;
    private final int capacity;
    private final long bytes;

    /** 2^64 / stride, rounded up. */
    private final long reciprocal;

    private volatile boolean closed; // written under the monitor

    BlockPool(BlockPoolBuilder builder) {
        heap = builder.heap;
        capacity = builder.capacity;
        strideBytes = Alignment.alignUp(builder.blockBytes, builder.alignment);
        reciprocal = Long.divideUnsigned(-1, strideBytes) + 1;
        bytes = bytesOrMinus1(strideBytes, capacity);
        if (bytes < 0) {
            throw new PoolRefusedException(capacity, strideBytes, builder.alignment);
        }
        free = builder.newFreeBlocks();
        // Last, so that nothing is lost if there is no room on the Java heap.
        base = heap.memalign(builder.alignment, bytes);
        if (base == 0) {
            throw new PoolRefusedException(capacity, strideBytes, builder.alignment);
        }
    }

    private static long bytesOrMinus1(long strideBytes, int capacity) {
        return Math.multiplyHigh(strideBytes, capacity) == 0
                ? Math.max(-1, strideBytes * capacity)
                : -1;
    }

    /**
     * Returns a builder of a pool.
     *
     * @param heap where its memory comes from; to be closed after the pool
     * @param blockBytes how many bytes a block must have, 1 or more
     * @param capacity how many blocks there are, 1 or more
     * @throws IllegalArgumentException if one of them is not in its range
     */
    public static BlockPoolBuilder builder(Heap heap, long blockBytes, int capacity) {
        return new BlockPoolBuilder(heap, blockBytes, capacity);
    }

    /**
     * Takes a block.
     *
     * @return its address, or 0 if none is free
     * @throws IllegalStateException if the pool is closed
     */
    public long take() {
        checkOpen();
        int index = free.takeOrMinus1();
        return index < 0 ? 0 : addressOf(index);
    }

    /**
     * Takes {@code count} blocks at once, or all that are free if there are fewer.
     *
     * @param into where their addresses go, from index {@code from} on, in the order in which
     *     {@link #take()} would give them; what is behind them stays as it was
     * @return how many were taken
     * @throws IndexOutOfBoundsException if that is not a range of {@code into}; nothing is taken
     * @throws IllegalStateException if the pool is closed
     */
    public int take(long[] into, int from, int count) {
        Objects.checkFromIndexSize(from, count, into.length);
        checkOpen();
        return count == 0 ? 0 : free.take(this, into, from, count);
    }

    /**
     * Gives the block at {@code address} back.
     *
     * @throws MisuseException if no block of this pool begins at {@code address} ({@link Kind#WILD}
     *     also for 0, {@link Kind#INTERIOR}), or one that is free ({@link Kind#DOUBLE_FREE})
     * @throws IllegalStateException if the pool is closed
     */
    public void giveBack(long address) {
        checkOpen();
        int index = indexOrMinus1(address);
        if (index < 0 || !free.tryGive(index)) {
            throw misuse(address);
        }
    }

    /**
     * Gives {@code count} blocks back at once, or none of them. The last one is the next to be
     * taken.
     *
     * <p>Before it is known that one of them is wrong, with {@link Contention#HIGH}, the ones
     * before it are nobody's for a moment: a thread that gives back one of these just then, a
     * second time, is told that it is free.
     *
     * @param addresses where their addresses are, from index {@code from} on
     * @throws MisuseException as {@link #giveBack(long)}, with the first wrong one; also if one is
     *     there twice. None was given back then
     * @throws IndexOutOfBoundsException if that is not a range of {@code addresses}
     * @throws IllegalStateException if the pool is closed
     */
    public void giveBack(long[] addresses, int from, int count) {
        Objects.checkFromIndexSize(from, count, addresses.length);
        checkOpen();
        int wrong = free.giveOrFirstWrong(this, addresses, from, count);
        if (wrong < count) {
            throw misuse(addresses[from + wrong]);
        }
    }

    /** Returns how many blocks there are, free or not. */
    public int capacity() {
        return capacity;
    }

    /**
     * Returns how many bytes of a block can be used: what was asked for, rounded up to a multiple
     * of the alignment.
     */
    public long blockBytes() {
        return strideBytes;
    }

    /**
     * Returns how many blocks are free: exact while nobody takes or gives back. With {@link
     * Contention#LOW} it is the number at some moment of the call. With {@link Contention#HIGH} it
     * takes a step for each block of the pool, and each is counted as it was at some moment of the
     * call.
     */
    public int available() {
        return free.available();
    }

    /** Returns how many calls got fewer blocks than they asked for; exact at rest. */
    public long refusals() {
        return free.refusals();
    }

    /**
     * Gives the memory back to the heap, whatever blocks are taken; they must not be reached any
     * more. Later calls that take or give back throw {@link IllegalStateException}; one that
     * another thread is just making may still succeed, and its block is gone like all others.
     * Another close does nothing.
     *
     * @throws IllegalStateException if the heap was closed before; the pool is closed all the same
     */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            heap.free(base);
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the pool is closed");
        }
    }

    /** Returns where block number {@code index} begins. */
    long addressOf(int index) {
        return base + index * strideBytes;
    }

    /** Returns the number of the block that begins at {@code address}, or -1 if none does. */
    int indexOrMinus1(long address) {
        long offset = address - base;
        if (Long.compareUnsigned(offset, bytes) >= 0) {
            return -1;
        }
        // Exact for multiples: index * (reciprocal * stride - 2^64) < index * stride < 2^64.
        long index = Math.unsignedMultiplyHigh(offset, reciprocal);
        return index * strideBytes == offset ? (int) index : -1;
    }

    private MisuseException misuse(long address) {
        long offset = address - base;
        if (Long.compareUnsigned(offset, bytes) >= 0) {
            return new MisuseException(
                    Kind.WILD,
                    address,
                    "it lies in none of the pool's %d blocks of %d bytes from 0x%x on"
                            .formatted(capacity, strideBytes, base));
        }
        long begin = address - offset % strideBytes;
        return begin != address
                ? new MisuseException(
                        Kind.INTERIOR,
                        address,
                        "it lies inside the block of %d bytes at 0x%x"
                                .formatted(strideBytes, begin))
                : new MisuseException(
                        Kind.DOUBLE_FREE,
                        address,
                        "the block of %d bytes is free: given back before, or never handed out"
                                .formatted(strideBytes));
    }

    @Override
    public String toString() {
        return "BlockPool[%d of %d bytes]".formatted(capacity, strideBytes);
    }
}
