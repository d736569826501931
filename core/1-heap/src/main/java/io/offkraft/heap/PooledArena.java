// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.charset.Charset;

/**
 * An arena whose memory comes from a {@link Heap} and goes back there.
 *
 * <p>It behaves as the JDK's arena of its kind; {@link HeapArenas} tells where it does not. {@link
 * #allocate(long, long)} gives zeroed memory; {@link #allocateUninitialized} and {@link
 * #uninitialized()} give what was there, of this process.
 *
 * <p><b>Failure:</b> no memory, or the heap's limit reached: {@link OutOfMemoryError}, and the
 * arena stays usable. A negative size, or an alignment that is no power of two: {@link
 * IllegalArgumentException}. After {@link #close()}: {@link IllegalStateException}.
 */
public sealed interface PooledArena extends Arena
        permits ConfinedArena, SharedArena, AutomaticArena {
    /**
     * Returns a segment of {@code byteSize} bytes, aligned to {@code byteAlignment}, with unknown
     * content: for what is written before it is read.
     */
    MemorySegment allocateUninitialized(long byteSize, long byteAlignment);

    /** Returns a view that allocates from this arena without zeroing. */
    default SegmentAllocator uninitialized() {
        return this::allocateUninitialized;
    }

    /**
     * Returns an allocator that hands out slices, one after the other and not zeroed, of a segment
     * of {@code byteSize} bytes that is allocated now; {@link IndexOutOfBoundsException} when that
     * is used up.
     */
    default SegmentAllocator slicing(long byteSize) {
        return SegmentAllocator.slicingAllocator(
                allocateUninitialized(byteSize, SizeClasses.GRANULE_BYTES));
    }

    @Override
    default MemorySegment allocate(long byteSize, long byteAlignment) {
        return RawMemory.zero(allocateUninitialized(byteSize, byteAlignment));
    }

    // What is overwritten at once need not be zeroed before.

    @Override
    default MemorySegment allocateFrom(String string, Charset charset) {
        return uninitialized().allocateFrom(string, charset);
    }

    @Override
    default MemorySegment allocateFrom(
            ValueLayout elementLayout,
            MemorySegment source,
            ValueLayout sourceElementLayout,
            long sourceOffset,
            long elementCount) {
        return uninitialized()
                .allocateFrom(
                        elementLayout, source, sourceElementLayout, sourceOffset, elementCount);
    }
}
