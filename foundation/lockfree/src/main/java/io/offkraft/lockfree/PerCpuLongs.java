// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;

/**
 * One {@code long} a place, each on a cache line of its own: {@link PerCpu} for numbers.
 *
 * <p>All are 0 at first. 128 bytes a place, in one array.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual; nothing is kept for a thread.
 *
 * <p><b>Progress:</b> lock-free, and wait-free where the processor adds in one instruction (x86,
 * ARM since 8.1).
 *
 * <p><b>Memory effects:</b> each method has its memory order in its name; {@code AcqRel} is that of
 * the volatile accesses.
 *
 * <p><b>Failure:</b> a place that does not exist is an {@link IndexOutOfBoundsException}.
 */
public final class PerCpuLongs {
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] words;
    private final int places;
    private final CpuLocator locator;

    /** Makes a word for each CPU, their number rounded up to a power of two. */
    public PerCpuLongs(CpuLocator locator) {
        this(locator, PaddedLongs.placesByCpu());
    }

    /**
     * Makes {@code places} words.
     *
     * @param places a power of two, at most 1024
     * @throws IllegalArgumentException if it is something else
     */
    public PerCpuLongs(CpuLocator locator, int places) {
        this.places = PaddedLongs.checked(places);
        this.locator = locator;
        words = PaddedLongs.of(places);
    }

    /** Returns how many places there are, a power of two. */
    public int places() {
        return places;
    }

    /** Returns the place that the calling thread should use now. */
    public int current() {
        return locator.among(places);
    }

    /** Adds {@code delta} to the word of the current place and returns what it was before. */
    public long getAndAddAcqRel(long delta) {
        int index = PaddedLongs.index(locator.among(places));
        SchedulePoint.reach();
        SharedAtomics.count();
        return (long) WORD.getAndAdd(words, index, delta);
    }

    /** Adds {@code delta} to the word of {@code place} and returns what it was before. */
    public long getAndAddAcqRel(int place, long delta) {
        int index = index(place);
        SchedulePoint.reach();
        SharedAtomics.count();
        return (long) WORD.getAndAdd(words, index, delta);
    }

    /** Sets the word of {@code place} and returns what it was before. */
    public long getAndSetAcqRel(int place, long value) {
        int index = index(place);
        SchedulePoint.reach();
        SharedAtomics.count();
        return (long) WORD.getAndSet(words, index, value);
    }

    /**
     * Sets the word of {@code place} to {@code value} if it is {@code expected}.
     *
     * @return whether it was
     */
    public boolean casAcqRel(int place, long expected, long value) {
        int index = index(place);
        SchedulePoint.reach();
        SharedAtomics.count();
        return WORD.compareAndSet(words, index, expected, value);
    }

    /** Returns the word of {@code place}. */
    public long loadAcquire(int place) {
        int index = index(place);
        SchedulePoint.reach();
        return (long) WORD.getVolatile(words, index);
    }

    /** Sets the word of {@code place}. */
    public void storeRelease(int place, long value) {
        int index = index(place);
        SchedulePoint.reach();
        WORD.setRelease(words, index, value);
    }

    private int index(int place) {
        return PaddedLongs.index(Objects.checkIndex(place, places));
    }
}
