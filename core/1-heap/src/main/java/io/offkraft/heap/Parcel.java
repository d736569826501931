// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import org.jspecify.annotations.Nullable;

/**
 * Some blocks of a bin that another thread has freed, on their way back to it.
 *
 * <p><b>Thread safety:</b> it belongs to who fills it, and from when it is sent on to the bin that
 * it comes to: see {@link ParcelStack}.
 */
final class Parcel {
    private final long[] blocks;
    private int count;
    private @Nullable Parcel below;

    Parcel(int room) {
        blocks = new long[room];
    }

    int count() {
        return count;
    }

    boolean isFull() {
        return count == blocks.length;
    }

    /** Returns whether it is full after one more, or now. */
    boolean isFilledByOne() {
        return count >= blocks.length - 1;
    }

    void add(long block) {
        blocks[count++] = block;
    }

    long block(int index) {
        return blocks[index];
    }

    void clear() {
        count = 0;
    }

    /** Returns what lies below it in a stack. */
    @Nullable Parcel below() {
        return below;
    }

    void setBelow(@Nullable Parcel parcel) {
        below = parcel;
    }
}
