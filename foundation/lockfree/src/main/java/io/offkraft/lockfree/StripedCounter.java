// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

/**
 * A counter that many threads count on at once without slowing each other down: it is spread over
 * places, and its value is their sum.
 *
 * <p>What {@code java.util.concurrent.atomic.LongAdder} does, with all memory taken when it is
 * made, no state of threads, and an addition that is one instruction instead of a loop. The idea of
 * a counter of parts is old; see McKenney, <i>Is Parallel Programming Hard</i>, chapter "Counting".
 *
 * <p><b>What a sum is:</b> all additions that returned before {@link #sum()} was called are in it,
 * none that began after it returned, and of those that were made meanwhile some, each whole or not
 * at all. So:
 *
 * <ul>
 *   <li>while nobody adds it is exact;
 *   <li>if all additions are positive, it is at least what the counter was when the call began, and
 *       at most what it was when the call ended; and of two sums one after the other the second is
 *       not smaller;
 *   <li>if all are {@link #increment()}, it is what the counter was at some moment of the call:
 *       linearizable;
 *   <li>else it may be a value that the counter never had, as it may have in it a later addition of
 *       one thread and not an earlier one of another: a 2 without the 1 before it, or a {@code
 *       decrement} without the {@code increment} before it.
 * </ul>
 *
 * <p>Overflow wraps around.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual.
 *
 * <p><b>Progress:</b> lock-free, and wait-free where the processor adds in one instruction (x86,
 * ARM since 8.1). {@code sum} takes a step for each place.
 *
 * <p><b>Memory effects:</b> what a thread did before an addition is visible to who gets a sum that
 * has it.
 */
public final class StripedCounter {
    private final PerCpuLongs parts;

    /** Makes a counter that is 0, with places for the threads of all CPUs. */
    public StripedCounter() {
        this(CpuLocator.byThread(), PaddedLongs.placesByThread());
    }

    /**
     * Makes a counter that is 0.
     *
     * @param places a power of two, at most 1024; 128 bytes each
     * @throws IllegalArgumentException if it is something else
     */
    public StripedCounter(CpuLocator locator, int places) {
        parts = new PerCpuLongs(locator, places);
    }

    /** Adds {@code delta}, which may be negative. */
    public void add(long delta) {
        parts.getAndAddAcqRel(delta); // release: pairs with the loads of sum
    }

    /** Adds 1. */
    public void increment() {
        add(1);
    }

    /** Adds -1. */
    public void decrement() {
        add(-1);
    }

    /** Returns the sum, as exact as the class comment says. */
    public long sum() {
        long sum = 0;
        for (int place = 0; place < parts.places(); place++) {
            sum += parts.loadAcquire(place); // pairs with the additions
        }
        return sum;
    }

    /**
     * Returns the sum and takes it off the counter.
     *
     * <p>Each addition is in the result of exactly one such call, or still in the counter: none is
     * lost and none is counted twice, also if several threads reset. What the result has of
     * additions that are made meanwhile is as for {@link #sum()}; a {@code sum} that runs at the
     * same time may have any part of what is taken off.
     */
    public long sumThenReset() {
        long sum = 0;
        for (int place = 0; place < parts.places(); place++) {
            sum += parts.getAndSetAcqRel(place, 0); // acquire: pairs with the additions
        }
        return sum;
    }

    /** Returns {@link #sum()} as a decimal number. */
    @Override
    public String toString() {
        return Long.toString(sum());
    }
}
