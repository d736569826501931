// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A sequence lock (Lameter, 2005; Boehm, 2012): writers exclude each other, readers write nothing
 * and read again if a writer was there meanwhile.
 *
 * <pre>{@code
 * long sequence;
 * do {
 *     sequence = lock.beginRead();
 *     x = this.x; // into locals; act on nothing before the loop is over
 *     y = this.y;
 * } while (!lock.isUnchangedSince(sequence));
 * }</pre>
 *
 * <p>What is read in between may be half written: it must not be followed as an address or index
 * before it is known to be unchanged. Words of 64 bits are read whole.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual.
 *
 * <p><b>Progress:</b> writers as {@link SpinLock}; readers never disturb a writer, and a stream of
 * writers may starve them.
 *
 * <p><b>Memory effects:</b> see {@link ExclusiveLock}; a reading that is found unchanged happens
 * after the last writing before it, and before the next.
 */
public final class SequenceLock implements ExclusiveLock {
    /*
     * One word: odd while somebody writes, and two more after each writing.
     *
     * Ordering
     *   Writer: the compare-and-set to odd, a store-store fence, the data, a release store to even.
     *   Reader: an acquire load of even, the data, a load-load fence (acquire), the word again.
     *   A reader that saw some of the data of a writing sees, after its fence, at least the odd
     *   number that was stored before that data.
     */

    private static final VarHandle SEQUENCE;

    static {
        try {
            SEQUENCE =
                    MethodHandles.lookup()
                            .findVarHandle(SequenceLock.class, "sequence", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // accessed through SEQUENCE only
    private long sequence;

    /** Makes a free lock. */
    public SequenceLock() {}

    /** Returns the number that {@link #isUnchangedSince} wants, waiting while somebody writes. */
    public long beginRead() {
        SchedulePoint.reach();
        long now = (long) SEQUENCE.getAcquire(this); // acquire: pairs with the release in unlock
        return (now & 1) == 0 ? now : beginReadSlow();
    }

    private long beginReadSlow() {
        Patience patience = Patience.endless();
        long now;
        for (int turn = 0; ; turn++) {
            SchedulePoint.reach();
            now = (long) SEQUENCE.getAcquire(this); // acquire: as in beginRead
            if ((now & 1) == 0) {
                patience.concludeEndless();
                return now;
            }
            Polling.pause(this, turn, patience);
        }
    }

    /** Returns whether nobody has written since {@code sequence} was begun with. */
    public boolean isUnchangedSince(long begun) {
        VarHandle.acquireFence(); // the data was read before the word is
        SchedulePoint.reach();
        return (long) SEQUENCE.getOpaque(this) == begun;
    }

    @Override
    public void lock() {
        if (!tryLock()) {
            Polling.lock(this);
        }
    }

    @Override
    public boolean tryLock() {
        SchedulePoint.reach();
        long now = (long) SEQUENCE.getOpaque(this); // opaque: the compare-and-set decides
        if ((now & 1) != 0) {
            return false;
        }
        SharedAtomics.count();
        // acquire: pairs with the release in unlock.
        if (!SEQUENCE.compareAndSet(this, now, now + 1)) {
            return false;
        }
        VarHandle.storeStoreFence(); // the odd number before the data: pairs with acquireFence
        return true;
    }

    @Override
    public void unlock() {
        assert isLocked() : "unlock of a lock that nobody holds";
        SchedulePoint.reach();
        // release: pairs with the acquire in beginRead and of the next writer. Only the holder
        // changes an odd number, so it is read plainly.
        SEQUENCE.setRelease(this, sequence + 1);
    }

    @Override
    public boolean isLocked() {
        return ((long) SEQUENCE.getOpaque(this) & 1) != 0; // opaque: a hint
    }

    @Override
    public String toString() {
        return isLocked() ? "SequenceLock[written]" : "SequenceLock[free]";
    }
}
