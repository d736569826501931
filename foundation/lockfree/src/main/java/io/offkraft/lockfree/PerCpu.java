// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * One object a place, so that threads that run at the same time seldom use the same one: the
 * per-CPU variable of kernels.
 *
 * <p>The objects are made once, when this is, and stay. {@link #current()} is a hint: the thread
 * may be moved to another CPU before it uses what it got, and two threads may get the same object.
 * So the objects must be right under concurrent use; this only makes it rare. An object that is
 * often written must see to it itself that it shares no cache line with the next ({@link
 * PerCpuLongs} does).
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual; nothing is kept for a thread.
 *
 * <p><b>Progress:</b> wait-free, if the locator is.
 *
 * <p><b>Memory effects:</b> none, except that the objects are seen as they were made by whoever
 * sees this.
 *
 * @param <T> what there is one of at each place
 */
public final class PerCpu<T> {
    private final List<T> all;
    private final CpuLocator locator;

    /**
     * Makes one object a CPU, their number rounded up to a power of two.
     *
     * @param make makes the object of a place, from 0 on; called here, once for each
     */
    public PerCpu(CpuLocator locator, IntFunction<? extends T> make) {
        this(locator, PaddedLongs.placesByCpu(), make);
    }

    /**
     * Makes {@code places} objects.
     *
     * @param places a power of two, at most 1024
     * @param make makes the object of a place, from 0 on; called here, once for each
     * @throws IllegalArgumentException if {@code places} is something else
     * @throws NullPointerException if {@code make} makes {@code null}
     */
    public PerCpu(CpuLocator locator, int places, IntFunction<? extends T> make) {
        List<T> made = new ArrayList<>(PaddedLongs.checked(places));
        for (int place = 0; place < places; place++) {
            made.add(make.apply(place));
        }
        this.locator = locator;
        all = List.copyOf(made);
    }

    /** Returns the object that the calling thread should use now. */
    public T current() {
        return all.get(locator.among(all.size()));
    }

    /**
     * Returns the object of a place.
     *
     * @throws IndexOutOfBoundsException if there is no such place
     */
    public T at(int place) {
        return all.get(place);
    }

    /** Returns how many places there are, a power of two. */
    public int places() {
        return all.size();
    }

    /** Returns the objects, by place; the list cannot be changed. */
    public List<T> all() {
        return all;
    }
}
