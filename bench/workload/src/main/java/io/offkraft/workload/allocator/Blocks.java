// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import io.offkraft.word.RawMemory;
import java.util.OptionalLong;

/**
 * The blocks of one allocator, each known by the number of the object that it holds.
 *
 * <p>An implementation keeps a table from objects to its own kind of block and adds nothing else to
 * the calls, because they are what is measured. A JVM that measures loads one implementation, so
 * that the compiler inlines it.
 *
 * <p><b>Thread safety:</b> different objects, from any thread; one object, from one thread at a
 * time, with the hand-over made visible by the caller.
 *
 * <p><b>Failure:</b> calls that want memory return false when there is none, and have changed
 * nothing. Whatever an allocator throws for what it takes to be misuse passes through.
 */
public interface Blocks extends AutoCloseable {
    /**
     * Allocates a block of at least {@code sizeBytes} bytes for {@code object}, aligned to {@code
     * 2^alignLog2} or, if that is 0, to what suits every type.
     */
    boolean allocate(int object, long sizeBytes, int alignLog2);

    /** Allocates a block whose first {@code sizeBytes} bytes are zero. */
    boolean allocateZeroed(int object, long sizeBytes);

    /**
     * Resizes the block of {@code object}, which keeps its content up to the smaller of both sizes.
     */
    boolean reallocate(int object, long sizeBytes);

    /** Frees the block of {@code object}. */
    void free(int object);

    /** Writes one byte to every page of the block's first {@code sizeBytes} bytes. */
    void touch(int object, long sizeBytes);

    /** Writes a number into the block of {@code object}, {@code offsetBytes} from its begin. */
    default void storeLong(int object, long offsetBytes, long value) {
        RawMemory.storeLongPlain(address(object) + offsetBytes, value);
    }

    /** Returns the number that {@link #storeLong} wrote there. */
    default long loadLong(int object, long offsetBytes) {
        return RawMemory.loadLongPlain(address(object) + offsetBytes);
    }

    /**
     * Returns where the block of {@code object} begins. Never timed where that is more than reading
     * a number.
     */
    long address(int object);

    /**
     * Returns the alignment of blocks of {@code sizeBytes} bytes for which none was asked; 1 if
     * none is promised.
     */
    long naturalAlignment(long sizeBytes);

    /**
     * Returns the blocks that the allocator itself counts as live, or nothing if it can't tell.
     * Exact when no thread uses it and those that did have ended.
     */
    OptionalLong liveBlocks();

    /** Returns the most bytes the allocator may hold, if it has been given a limit. */
    default OptionalLong limitBytes() {
        return OptionalLong.empty();
    }

    /**
     * Takes a random half of the memory beforehand, in blocks of {@code blockBytes} bytes that
     * count as nobody's, if the allocator's memory is one region; else does nothing.
     */
    default void takeRandomHalf(long blockBytes) {}

    /**
     * Gives back all that can be given back, live blocks included where the allocator is able to.
     */
    @Override
    void close();
}
