// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

/**
 * A bounded first-in-first-out queue of {@code long}s: a ring of slots that is made once and then
 * allocates nothing.
 *
 * <p>Which threads may call what, and what may hold them up, is said by {@link MpmcLongRing} and
 * {@link SpscLongRing}.
 *
 * <p><b>Memory effects:</b> what a thread did before it offered a value is visible to whoever polls
 * that value.
 */
public sealed interface LongRing permits MpmcLongRing, SpscLongRing {
    /**
     * Appends {@code value}, any {@code long}.
     *
     * @return whether there was room; if not, nothing has changed
     */
    boolean offer(long value);

    /**
     * As {@link #offer}, and counts the value as dropped if there was no room.
     *
     * @return whether there was room
     */
    boolean offerOrDrop(long value);

    /**
     * Takes the first value.
     *
     * @param ifEmpty the answer if there is none: a value that is never offered, if the two must be
     *     told apart
     */
    long pollOr(long ifEmpty);

    /** Returns how many values {@link #offerOrDrop} has found no room for: each once, none more. */
    long dropped();

    /**
     * Returns how many values are in the ring: from 0 to {@link #capacity()}, a hint, out of date
     * when read; exact while nobody else uses the ring.
     */
    int size();

    /** Returns for how many values there is room, always the same. */
    int capacity();
}
