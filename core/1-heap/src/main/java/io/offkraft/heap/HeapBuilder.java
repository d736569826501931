// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.HugePages;
import io.offkraft.config.OffkraftConfig;
import io.offkraft.platform.SystemCalls;
import io.offkraft.sync.Synchronization;
import java.time.Duration;

/**
 * What a new heap is to be like.
 *
 * <p><b>Thread safety:</b> one thread.
 */
public final class HeapBuilder {
    long capacityBytes = HeapMemory.defaultCapacityBytes();
    long limitBytes = OffkraftConfig.process().limitBytes();
    Synchronization synchronization = Synchronization.defaultChoice();
    HugePages hugePages = HugePages.SYSTEM;
    Duration decay = OffkraftConfig.process().decay();
    SystemCalls systemCalls = SystemCalls.linux();

    String name = "heap";

    HeapBuilder() {}

    /** Sets the name, for messages and figures; the default is {@code heap}. */
    public HeapBuilder name(String text) {
        name = text;
        return this;
    }

    /**
     * Sets how many bytes of addresses to reserve: more than this the heap can never hold. The
     * default is the machine's memory. Rounded up to 2 MiB.
     */
    public HeapBuilder capacityBytes(long bytes) {
        if (bytes <= 0 || bytes > HeapMemory.MAX_CAPACITY_BYTES) {
            throw new IllegalArgumentException(
                    "the capacity must be in [1, %d]: %d"
                            .formatted(HeapMemory.MAX_CAPACITY_BYTES, bytes));
        }
        capacityBytes = bytes;
        return this;
    }

    /**
     * Sets how many bytes of pages the heap may hold for blocks, live and free; rounded down to
     * whole pages. The default is the property {@code offkraft.limit}, or else the capacity.
     */
    public HeapBuilder limitBytes(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("the limit must not be negative: " + bytes);
        }
        limitBytes = bytes;
        return this;
    }

    /** Sets how threads are kept apart. */
    public HeapBuilder synchronization(Synchronization choice) {
        synchronization = choice;
        return this;
    }

    /**
     * Sets how long memory that lies free is kept, at most; with zero, pages go back at once, in
     * the thread that frees. Free blocks of a size class whose pages hold no other blocks lose
     * their memory once nothing of that class was allocated for half of this time; with zero, by
     * {@link Heap#trim} only. The default is the property {@code offkraft.decay}.
     */
    public HeapBuilder decay(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("the decay time must not be negative: " + time);
        }
        decay = time;
        return this;
    }

    /**
     * Sets whether huge pages are asked for; the default is {@link HugePages#SYSTEM}. With {@link
     * HugePages#ASKED} what is free in 2 MiB that are partly in use stays resident until {@link
     * Heap#trim}.
     */
    public HeapBuilder hugePages(HugePages choice) {
        hugePages = choice;
        return this;
    }

    /** Sets who makes the system calls: for tests that make them fail. */
    public HeapBuilder systemCalls(SystemCalls calls) {
        systemCalls = calls;
        return this;
    }

    /** Returns a new heap. */
    public Heap build() {
        return Heap.above(this);
    }
}
