// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/** A pool was not made, because the heap has no memory for its blocks. */
public final class PoolRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int capacity;
    private final long blockBytes;
    private final long alignment;

    PoolRefusedException(int capacity, long blockBytes, long alignment) {
        super(
                "the heap has no memory for %d blocks of %d bytes, aligned to %d"
                        .formatted(capacity, blockBytes, alignment));
        this.capacity = capacity;
        this.blockBytes = blockBytes;
        this.alignment = alignment;
    }

    /** Returns how many blocks there were to be. */
    public int capacity() {
        return capacity;
    }

    /** Returns how many bytes each was to have, rounded up to the alignment. */
    public long blockBytes() {
        return blockBytes;
    }

    /** Returns the alignment that was asked for. */
    public long alignment() {
        return alignment;
    }
}
