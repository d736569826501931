// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;
import org.jspecify.annotations.Nullable;

/**
 * What a new heap below another one is to be like.
 *
 * <p><b>Thread safety:</b> one thread.
 */
public final class ChildHeapBuilder {
    private final Heap parent;
    private @Nullable String name;
    private long reservationBytes;
    private long limitBytes = Long.MAX_VALUE;

    ChildHeapBuilder(Heap parent) {
        this.parent = parent;
    }

    /** Sets the name, for messages and figures; the default is a number. */
    public ChildHeapBuilder name(String text) {
        name = text;
        return this;
    }

    /**
     * Sets how many bytes of pages the heap can hold whatever others do: they are charged above it
     * from the beginning. Rounded up to whole pages; the default is 0.
     */
    public ChildHeapBuilder reservationBytes(long bytes) {
        if (bytes < 0 || bytes > HeapMemory.MAX_CAPACITY_BYTES) {
            throw new IllegalArgumentException(
                    "the reservation must be in [0, %d]: %d"
                            .formatted(HeapMemory.MAX_CAPACITY_BYTES, bytes));
        }
        reservationBytes = Alignment.alignUp(bytes, PageOrder.PAGE_BYTES);
        return this;
    }

    /**
     * Sets how many bytes of pages the heap may hold, with what is held or reserved below it;
     * rounded down to whole pages. By default only the limits above it count.
     */
    public ChildHeapBuilder limitBytes(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("the limit must not be negative: " + bytes);
        }
        limitBytes = bytes;
        return this;
    }

    /**
     * Returns a new heap.
     *
     * @throws ReservationRefusedException if the reservation is not to be had within the limits
     *     above; nothing has changed
     * @throws IllegalArgumentException if the reservation is above the heap's own limit
     * @throws IllegalStateException if the heap above is closed
     */
    public Heap build() {
        if (reservationBytes > (limitBytes & -PageOrder.PAGE_BYTES)) {
            throw new IllegalArgumentException(
                    "the reservation must not be above the limit: %d > %d"
                            .formatted(reservationBytes, limitBytes));
        }
        HeapTree tree = parent.tree();
        String called = name != null ? name : tree.newName();
        Heap heap = new Heap(tree, parent, called, limitBytes);
        try {
            parent.place().adopt(heap, reservationBytes >>> PageOrder.PAGE_SHIFT);
        } catch (RuntimeException refused) {
            tree.freeStripeNumbers(heap.stripes().all());
            throw refused;
        }
        return heap;
    }
}
