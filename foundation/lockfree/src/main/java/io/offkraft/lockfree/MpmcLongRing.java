// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A ring into which many threads put and out of which many threads take: Vyukov's bounded MPMC
 * queue (2010), whose slots have sequence numbers that say whose turn it is.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual.
 *
 * <p><b>Full and empty are exact:</b> the ring is linearizable. {@link #offer} refuses only if at
 * some moment during the call there were {@link #capacity()} values in the ring, and {@link
 * #pollOr} answers that it is empty only if at some moment during the call there was none.
 * (Vyukov's own refuses too while a slower thread is about to vacate or to fill the slot whose turn
 * it is, although others behind it have finished; this one, as JCTools' queue, looks at the other
 * position then, and waits.)
 *
 * <p><b>Progress:</b> not lock-free, although no lock is taken. A call claims a position by a
 * compare-and-set, and then fills or vacates its slot. A thread that stops between the two holds up
 *
 * <ul>
 *   <li>if it was putting: whoever takes, as soon as what was put before is gone. Others go on
 *       putting, until the ring is full and refuses;
 *   <li>if it was taking: whoever puts, as soon as the turn comes to the same slot again, {@link
 *       #capacity()} values later. Others go on taking, until the ring is empty and says so.
 * </ul>
 *
 * <p>Who is held up spins and then offers its CPU, for a few steps of the other thread if that one
 * runs. A thread that stops anywhere else holds nobody up. An interrupt handler may use the ring
 * unless it may have interrupted its own thread in the midst of a call: it would wait for itself.
 *
 * <p><b>Memory effects:</b> as {@link LongRing} says; all that succeeds is also in one order with
 * all volatile accesses.
 *
 * <p><b>Failure:</b> {@link IllegalArgumentException} for a capacity that is no power of two, or
 * out of range.
 */
public final class MpmcLongRing implements LongRing {
    /*
     * All shared words are in one array, so that one bounds check and one line of constants serve
     * all of them:
     *
     *   0        16      32      48         64
     *   | unused | tail  | head  | dropped  | sequence, value | sequence, value | ...
     *
     * tail and head, which all putters and all takers write, are 128 bytes from anything else, as
     * lines are fetched in pairs. A slot is on one line, or two at worst; neighbours share one, as
     * padding each would make the ring too large for the cache.
     *
     * For the slot of position p (p modulo the slots):
     *
     *   sequence = p              vacant, to be filled by who claims tail = p
     *   sequence = p + 1          filled, to be vacated by who claims head = p
     *   sequence = p + slots      vacant again, for the next round
     *
     * Invariant: head <= tail <= head + slots. The values in the ring are those of [head, tail): so
     * the compare-and-set of tail is when a value enters, that of head when it leaves.
     *
     * Full
     *   A putter that has read tail = t and finds its slot not vacated reads head. Position t - slots
     *   is claimed by a taker, and so the slot about to become vacant, unless head = t - slots; if
     *   so, tail has not moved either, as tail <= head + slots: at that moment the ring was full.
     * Empty
     *   A taker that has read head = h and finds its slot not filled reads tail. If tail = h, then
     *   head, which is never beyond, is h too: at that moment the ring was empty.
     *
     * Ordering
     *   The release store of a sequence pairs with the acquire load by which the slot's next user
     *   finds that it is its turn: a value is read after it was written, and overwritten after it
     *   was read. The compare-and-sets of tail and head, and the looks at the other position, are
     *   volatile, as the two arguments above are about one order of both words.
     */

    /** The largest capacity: a slot is two words, and an array has less than 2^31. */
    public static final int CAPACITY_MAX = 1 << 29;

    /** What {@link #claim} returns if the ring is empty. */
    static final long NONE = -1;

    private static final int TAIL = 16;
    private static final int HEAD = 32;
    private static final int DROPPED = 48;
    private static final int SLOTS = 64;

    /** Where in a slot the value is; the sequence is in front. */
    private static final int VALUE = 1;

    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

    private final int capacity;
    private final long[] words;

    /**
     * Makes an empty ring.
     *
     * @param capacity for how many values, a power of two from 2 to {@link #CAPACITY_MAX}; each
     *     takes 16 bytes
     */
    public MpmcLongRing(int capacity) {
        this(capacity, 0);
    }

    /** Makes an empty ring through which {@code first} values have gone already. */
    MpmcLongRing(int capacity, long first) {
        this.capacity = RingCapacity.checked(capacity, CAPACITY_MAX);
        words = new long[SLOTS + (2 * capacity)];
        words[TAIL] = first;
        words[HEAD] = first;
        for (int i = 0; i < capacity; i++) {
            words[slotOf(first + i)] = first + i;
        }
    }

    @Override
    public boolean offer(long value) {
        final long[] words = this.words;
        for (int turn = 0, failures = 0; ; ) {
            SchedulePoint.reach();
            // acquire: what is known of head and of the slot is no older than the position
            final long tail = (long) WORDS.getAcquire(words, TAIL);
            final int slot = slotOf(tail);
            SchedulePoint.reach();
            // acquire: pairs with the release in take; the value of the round before was read
            final long ahead = (long) WORDS.getAcquire(words, slot) - tail;
            if (ahead == 0) {
                SchedulePoint.reach();
                SharedAtomics.count();
                // volatile: in one order with the looks at tail and head; claims the slot
                if (WORDS.compareAndSet(words, TAIL, tail, tail + 1)) {
                    words[slot + VALUE] = value;
                    SchedulePoint.reach();
                    // release: pairs with the acquire in claim; publishes the value
                    WORDS.setRelease(words, slot, tail + 1);
                    return true;
                }
                Passing.yieldLines(failures++);
            } else if (ahead < 0) {
                SchedulePoint.reach();
                // volatile: see "Full" above
                if ((long) WORDS.getVolatile(words, HEAD) == tail - capacity) {
                    return false;
                }
                Passing.await(turn++); // a taker has claimed the slot and vacates it
            }
        }
    }

    @Override
    public boolean offerOrDrop(long value) {
        final boolean offered = offer(value);
        if (!offered) {
            SchedulePoint.reach();
            SharedAtomics.count();
            WORDS.getAndAdd(words, DROPPED, 1L); // only counts; publishes nothing
        }
        return offered;
    }

    @Override
    public long pollOr(long ifEmpty) {
        final long position = claim();
        return position == NONE ? ifEmpty : take(position);
    }

    /** Claims the first value for the caller, who must {@link #take} it; or {@link #NONE}. */
    long claim() {
        final long[] words = this.words;
        for (int turn = 0, failures = 0; ; ) {
            SchedulePoint.reach();
            // acquire: what is known of tail and of the slot is no older than the position
            final long head = (long) WORDS.getAcquire(words, HEAD);
            SchedulePoint.reach();
            // acquire: pairs with the release in offer; the value was written
            final long ahead = (long) WORDS.getAcquire(words, slotOf(head)) - (head + 1);
            if (ahead == 0) {
                SchedulePoint.reach();
                SharedAtomics.count();
                // volatile: in one order with the looks at tail and head; claims the value
                if (WORDS.compareAndSet(words, HEAD, head, head + 1)) {
                    return head;
                }
                Passing.yieldLines(failures++);
            } else if (ahead < 0) {
                SchedulePoint.reach();
                // volatile: see "Empty" above
                if ((long) WORDS.getVolatile(words, TAIL) == head) {
                    return NONE;
                }
                Passing.await(turn++); // a putter has claimed the slot and fills it
            }
        }
    }

    /** Returns the value that the caller has claimed, and vacates its slot. */
    long take(long position) {
        final long[] words = this.words;
        final int slot = slotOf(position);
        final long value = words[slot + VALUE];
        SchedulePoint.reach();
        // release: pairs with the acquire in offer of the next round; the value was read
        WORDS.setRelease(words, slot, position + capacity);
        return value;
    }

    private int slotOf(long position) {
        return SLOTS + (2 * ((int) position & (capacity - 1)));
    }

    @Override
    public long dropped() {
        return (long) WORDS.getVolatile(words, DROPPED); // what was dropped before counts
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
        return "MpmcLongRing[" + size() + " of " + capacity + "]";
    }
}
