// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import io.offkraft.lockfree.RetiredList.Retired;
import io.offkraft.sync.SpinLock;
import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One grace period after the other: the writers' half of {@link EpochReclaimer}.
 *
 * <p>Whoever comes takes the work on where it was left, if nobody else is at it, and never waits.
 */
final class GracePeriods {
    /*
     * A grace period
     *   begin    the sequence becomes odd; what has arrived is taken: this period is for it
     *   LATE     wait until no reader is left at the parity that is not the epoch's
     *   flip     begin the next epoch: new readers count themselves at the other parity
     *   EARLY    wait until no reader is left at the parity of before
     *   end      what was taken is due; the sequence becomes even
     *
     * Why each reader of before is waited for
     *   After "begin" each count was seen at 0 once, of both parities at every place. Who was
     *   counted before that look has left.
     *     Reader:  count, full fence, load of a pointer.
     *     Writer:  unlink, [retire, take], full fence, look at the counts.
     *   At least one sees the other: a reader that is not seen does not find what was unlinked.
     *
     * Why both parities are waited for
     *   A reader may load the epoch, be delayed, and count itself after the flip, at the parity of
     *   before: the next period finds it in LATE. To wait for EARLY only would miss it.
     *
     * Why the flip
     *   Not for safety: so that a place gets empty although readers come and go all the time. At a
     *   parity that is waited for, only those arrive who loaded the epoch before the flip, each
     *   thread once more at most. A place that was seen empty is not looked at again.
     */

    private enum Phase {
        IDLE,
        LATE,
        EARLY
    }

    private static final VarHandle SEQUENCE;

    static {
        try {
            SEQUENCE =
                    MethodHandles.lookup()
                            .findVarHandle(GracePeriods.class, "sequence", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final EpochReaders readers;
    private final RetiredList arrived;
    private final RetiredList due;

    /** Guards the next three; only tried, never waited for. */
    private final SpinLock collecting = new SpinLock();

    private Phase phase = Phase.IDLE;
    private int place;
    private @Nullable Retired waiting;

    /** Twice the periods that have ended, and one if one is under way. */
    private long sequence;

    GracePeriods(EpochReaders readers, RetiredList arrived, RetiredList due) {
        this.readers = readers;
        this.arrived = arrived;
        this.due = due;
    }

    /**
     * Returns what {@link #isOver} must be asked for to learn that all readers of before this call
     * have left: the end of a period that begins after it.
     */
    long wanted() {
        SharedAtomics.count();
        VarHandle.fullFence(); // what the caller unlinked, before the look at the sequence
        return (sequence() + 3) & ~1L;
    }

    boolean isOver(long wanted) {
        return sequence() >= wanted;
    }

    private long sequence() {
        SchedulePoint.reach();
        return (long) SEQUENCE.getVolatile(this); // acquire: pairs with step, at its end
    }

    /**
     * Goes on as far as readers let it, unless another thread is at it: to the end of a period that
     * is under way, and through one more if something has arrived or {@code wanted} is not over.
     */
    void advance(long wanted) {
        if (collecting.tryLock()) {
            try {
                if (phase == Phase.IDLE || finish()) {
                    if (!arrived.isEmpty() || !isOver(wanted)) {
                        begin();
                        finish();
                    }
                }
            } finally {
                collecting.unlock();
            }
        }
    }

    private void begin() {
        moveSequence();
        waiting = arrived.takeAll();
        SharedAtomics.count();
        VarHandle.fullFence(); // before the looks at the counts; pairs with EpochReaders.enter
        phase = Phase.LATE;
        place = 0;
    }

    /** Returns whether the period has come to its end. */
    private boolean finish() {
        if (phase == Phase.LATE) {
            if (hasReaders(1 - readers.parity())) {
                return false;
            }
            readers.beginEpoch();
            phase = Phase.EARLY;
            place = 0;
        }
        if (hasReaders(1 - readers.parity())) {
            return false;
        }
        phase = Phase.IDLE;
        handOver();
        moveSequence(); // release: pairs with isOver; all readers of before have left
        return true;
    }

    private boolean hasReaders(int parity) {
        place = readers.firstBusy(place, parity);
        return place < readers.places();
    }

    private void handOver() {
        Retired newest = waiting;
        if (newest != null) {
            Retired oldest = newest;
            for (Retired next = oldest.next; next != null; next = next.next) {
                oldest = next;
            }
            waiting = null;
            due.addAll(newest, oldest);
        }
    }

    private void moveSequence() {
        SchedulePoint.reach();
        SharedAtomics.count();
        SEQUENCE.setVolatile(this, (long) SEQUENCE.getVolatile(this) + 1);
    }
}
