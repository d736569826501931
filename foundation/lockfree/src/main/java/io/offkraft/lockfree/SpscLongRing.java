// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import io.offkraft.word.SchedulePoint;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A ring between two threads, one that puts and one that takes: Lamport's queue (1983), in which
 * each side remembers where it last saw the other and looks again only if that is not enough
 * (FastForward, Giacomoni et al., 2008; FastFlow and JCTools have it so).
 *
 * <p><b>Thread safety:</b> one thread at a time offers, and one at a time polls. Either role may
 * pass to another thread if something else orders the two (a lock, a {@code join}). Two that put,
 * or two that take, at the same time lose or double values; that is not detected. {@link #size},
 * {@link #dropped} and {@link #capacity} are for any thread.
 *
 * <p><b>Full and empty are exact:</b> {@link #offer} refuses only if at some moment during the call
 * there were {@link #capacity()} values that had not been taken, and {@link #pollOr} answers that
 * it is empty only if at some moment there was none that the other had made visible. A value
 * becomes visible at once, but not before the putter's own later loads: whoever sleeps on an empty
 * ring needs a full fence between the offer and the look whether somebody sleeps, as {@code
 * WaitQueue} has.
 *
 * <p><b>Progress:</b> wait-free: each call ends after a fixed number of steps, wherever the other
 * thread has stopped.
 *
 * <p><b>Failure:</b> {@link IllegalArgumentException} for a capacity that is no power of two, or
 * out of range.
 */
public final class SpscLongRing implements LongRing {
    /*
     *   0        16                         32               64
     *   | unused | tail, head seen, dropped | head, tail seen | unused | value | value | ...
     *            the putter writes          the taker writes
     *
     * The two groups and the values are 128 bytes and more apart, as lines are fetched in pairs. In
     * the usual case a side touches its own group and a value only.
     *
     * Invariant: head <= tail <= head + capacity; the values of [head, tail) are in the ring.
     */

    /** The largest capacity. */
    public static final int CAPACITY_MAX = 1 << 30;

    private static final int TAIL = 16;
    private static final int HEAD_SEEN = 17;
    private static final int DROPPED = 18;
    private static final int HEAD = 32;
    private static final int TAIL_SEEN = 33;
    private static final int VALUES = 64;

    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

    private final int capacity;
    private final long[] words;

    /**
     * Makes an empty ring.
     *
     * @param capacity for how many values, a power of two from 2 to {@link #CAPACITY_MAX}; each
     *     takes 8 bytes
     */
    public SpscLongRing(int capacity) {
        this(capacity, 0);
    }

    /** Makes an empty ring through which {@code first} values have gone already. */
    SpscLongRing(int capacity, long first) {
        this.capacity = RingCapacity.checked(capacity, CAPACITY_MAX);
        words = new long[VALUES + capacity];
        words[TAIL] = first;
        words[HEAD_SEEN] = first;
        words[HEAD] = first;
        words[TAIL_SEEN] = first;
    }

    @Override
    public boolean offer(long value) {
        final long[] words = this.words;
        final long tail = words[TAIL]; // plain: only this thread writes it
        if (tail - words[HEAD_SEEN] == capacity) {
            SchedulePoint.reach();
            // acquire: pairs with the release in pollOr; the value to be overwritten was read
            final long head = (long) WORDS.getAcquire(words, HEAD);
            if (tail - head == capacity) {
                return false;
            }
            words[HEAD_SEEN] = head;
        }
        words[slotOf(tail)] = value;
        SchedulePoint.reach();
        // release: pairs with the acquire in pollOr; publishes the value
        WORDS.setRelease(words, TAIL, tail + 1);
        return true;
    }

    @Override
    public boolean offerOrDrop(long value) {
        final boolean offered = offer(value);
        if (!offered) {
            SchedulePoint.reach();
            // opaque: only this thread writes it, others only look
            WORDS.setOpaque(words, DROPPED, words[DROPPED] + 1);
        }
        return offered;
    }

    @Override
    public long pollOr(long ifEmpty) {
        final long[] words = this.words;
        final long head = words[HEAD]; // plain: only this thread writes it
        if (head == words[TAIL_SEEN]) {
            SchedulePoint.reach();
            // acquire: pairs with the release in offer; the values up to here were written
            final long tail = (long) WORDS.getAcquire(words, TAIL);
            if (head == tail) {
                return ifEmpty;
            }
            words[TAIL_SEEN] = tail;
        }
        final long value = words[slotOf(head)];
        SchedulePoint.reach();
        // release: pairs with the acquire in offer; the value was read
        WORDS.setRelease(words, HEAD, head + 1);
        return value;
    }

    private int slotOf(long position) {
        return VALUES + ((int) position & (capacity - 1));
    }

    @Override
    public long dropped() {
        return (long) WORDS.getOpaque(words, DROPPED); // opaque: a count, publishes nothing
    }

    @Override
    public int size() {
        SchedulePoint.reach();
        final long head = (long) WORDS.getVolatile(words, HEAD);
        SchedulePoint.reach();
        // head first: the difference is never negative, but too large if values left meanwhile
        return (int) Math.min((long) WORDS.getVolatile(words, TAIL) - head, capacity);
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public String toString() {
        return "SpscLongRing[" + size() + " of " + capacity + "]";
    }
}
