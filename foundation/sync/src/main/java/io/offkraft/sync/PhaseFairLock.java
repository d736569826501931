// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A spinning lock for readers and writers in which their phases alternate (Brandenburg and
 * Anderson, 2009): readers that come while a writer waits let it go first, and a writer that leaves
 * lets in all the readers that wait, before the next writer. So neither side starves.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual; at most 2^20 read or wait at a time.
 *
 * <p><b>Progress:</b> blocking. A waiter that is awake is served in its phase. One that sleeps may
 * be overtaken, for a few milliseconds at most; then it is served in its phase although it sleeps.
 *
 * <p><b>Memory effects:</b> see {@link SharedLock}.
 *
 * <p><b>Failure:</b> not recursive in any direction. A thread that reads and asks again while a
 * writer waits would wait for itself: {@link #tryLockRead()} returns false there. Without the
 * validator nothing is detected.
 */
public final class PhaseFairLock implements SharedLock {
    /*
     * The word (64 bits)
     *   READERS   20 bits  threads that read; for a moment also such as are about to wait
     *   WAITING   20 bits  readers that wait for the end of the writer's phase
     *   WRITER             a thread writes
     *   CLAIMED            the first waiting writer is awake and next: nobody else may begin
     *   UPGRADING          a reader waits to be the only one, to write
     *   PHASE     20 bits  counts the admissions of waiting readers
     *
     * Readers
     *   count themselves in with one get-and-add. If it shows that a writer is there or next, they
     *   turn themselves from READERS into WAITING, and wait until PHASE changes: whoever ends a
     *   writer's phase moves all WAITING to READERS in one step.
     *
     * Writers
     *   take a free word with one compare-and-set. Else they queue (writers), and the first in
     *   the queue claims the word: new readers wait then, those inside leave.
     *
     * Sleepers
     *   take their claim back, and count themselves out of WAITING, before they sleep: else all
     *   others would wait for a thread without a CPU. They poll. When a sleeper has been overtaken
     *   long enough it leaves its claim or its count standing, and naps.
     *
     * Ordering
     *   Every change of the word is a read-modify-write with acquire and release; so a phase
     *   happens before the next. The awaited change of PHASE is read with acquire.
     */

    private static final int COUNT_BITS = 20;
    private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
    private static final long READER = 1;
    private static final long WAITING = 1L << COUNT_BITS;
    private static final long WAITING_MASK = COUNT_MASK << COUNT_BITS;
    private static final long WRITER = 1L << (2 * COUNT_BITS);
    private static final long CLAIMED = WRITER << 1;
    private static final long UPGRADING = WRITER << 2;
    private static final long NO_ENTRY = WRITER | CLAIMED | UPGRADING;
    private static final int PHASE_SHIFT = 2 * COUNT_BITS + 3;
    private static final long PHASE = 1L << PHASE_SHIFT;

    /** All but the phase: zero if nobody is there. */
    private static final long PRESENT_MASK = PHASE - 1;

    /** So long may a sleeper be overtaken. */
    private static final long OVERTAKEN_NANOS_MAX = 2_000_000;

    /** The sleep of one that others wait for. */
    private static final long NAP_NANOS = 50_000;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(PhaseFairLock.class, "state", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // accessed through STATE only
    private long state;

    /** The queue of waiting writers; its holder is the one that may claim. */
    private final McsLock writers = new McsLock();

    /** Makes a free lock. */
    public PhaseFairLock() {}

    // Readers

    @Override
    public void lockRead() {
        SchedulePoint.reach();
        SharedAtomics.count();
        // acquire: pairs with the end of the writer's phase.
        if (((long) STATE.getAndAdd(this, READER) & NO_ENTRY) != 0) {
            Patience patience = Patience.endless();
            acquireRead(patience);
            patience.concludeEndless();
        }
    }

    @Override
    public void lockReadInterruptibly() throws InterruptedException {
        tryLockRead(Long.MAX_VALUE);
    }

    @Override
    public boolean tryLockRead(long timeoutNanos) throws InterruptedException {
        Patience patience = Patience.timed(timeoutNanos);
        if (tryLockRead()) {
            return true;
        }
        if (timeoutNanos <= 0) {
            return false;
        }
        SchedulePoint.reach();
        SharedAtomics.count();
        boolean acquired =
                ((long) STATE.getAndAdd(this, READER) & NO_ENTRY) == 0 || acquireRead(patience);
        return patience.conclude(acquired);
    }

    @Override
    public boolean tryLockRead() {
        while (true) {
            SchedulePoint.reach();
            long now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
            if ((now & NO_ENTRY) != 0) {
                return false;
            }
            SharedAtomics.count();
            if (STATE.weakCompareAndSetAcquire(this, now, now + READER)) { // acquire: see the top
                return true;
            }
        }
    }

    @Override
    public void unlockRead() {
        assert isReadLocked() : "unlock of a lock that nobody reads under";
        SchedulePoint.reach();
        SharedAtomics.count();
        // release: pairs with the acquire of the writer that finds no reader.
        STATE.getAndAdd(this, -READER);
    }

    /** The caller has counted itself in, and found a writer there or next. */
    private boolean acquireRead(Patience patience) {
        long sleptSince = 0;
        for (int sleeps = 0; ; sleeps++) {
            long phase = waitInsteadOfReading();
            if (phase < 0 || awaitPhaseAfter(phase, patience)) {
                return true;
            }
            long now = SchedulePoint.nanoTime();
            sleptSince = sleeps == 0 ? now : sleptSince;
            if (now - sleptSince > OVERTAKEN_NANOS_MAX) {
                // Counted still: the next writer that leaves lets it in, awake or not.
                while (!patience.isOver() && !isPhaseAfter(phase)) {
                    patience.sleep(this, NAP_NANOS);
                }
            }
            if (stopWaiting(phase)) {
                return true;
            }
            if (patience.isOver()) {
                return false;
            }
            patience.sleep(this, Polling.sleepNanos(Polling.FIRST_SLEEP + sleeps));
            SchedulePoint.reach();
            SharedAtomics.count();
            if (((long) STATE.getAndAdd(this, READER) & NO_ENTRY) == 0) { // as in lockRead
                return true;
            }
        }
    }

    /**
     * Turns the caller from one that reads into one that waits.
     *
     * @return the phase whose end it waits for; negative if it may read after all
     */
    private long waitInsteadOfReading() {
        while (true) {
            SchedulePoint.reach();
            long now = (long) STATE.getAcquire(this); // acquire: it may be the entry
            if ((now & NO_ENTRY) == 0) {
                return -1;
            }
            SharedAtomics.count();
            // Both ways: in the order of all changes of the word.
            if (STATE.weakCompareAndSet(this, now, now - READER + WAITING)) {
                return phaseOf(now);
            }
        }
    }

    /** Spins; false if the phase lasts too long for that. */
    private boolean awaitPhaseAfter(long phase, Patience patience) {
        for (int turn = 0; turn < Polling.SPINS && !patience.isOver(); turn++) {
            if (isPhaseAfter(phase)) {
                return true;
            }
            Polling.pauseAwake(turn);
        }
        return isPhaseAfter(phase);
    }

    private boolean isPhaseAfter(long phase) {
        SchedulePoint.reach();
        // acquire: pairs with the change that ended the writer's phase and let the caller in.
        return phaseOf((long) STATE.getAcquire(this)) != phase;
    }

    /** Counts the caller out; true if it was let in before. */
    private boolean stopWaiting(long phase) {
        while (true) {
            SchedulePoint.reach();
            long now = (long) STATE.getAcquire(this); // acquire: it may be the entry
            if (phaseOf(now) != phase) {
                return true;
            }
            SharedAtomics.count();
            // Both ways: in the order of all changes of the word.
            if (STATE.weakCompareAndSet(this, now, now - WAITING)) {
                return false;
            }
        }
    }

    private static long phaseOf(long state) {
        return state >>> PHASE_SHIFT;
    }

    // Writers

    @Override
    public void lockWrite() {
        if (!tryLockWrite()) {
            Patience patience = Patience.endless();
            acquireWrite(patience);
            patience.concludeEndless();
        }
    }

    @Override
    public void lockWriteInterruptibly() throws InterruptedException {
        tryLockWrite(Long.MAX_VALUE);
    }

    @Override
    public boolean tryLockWrite(long timeoutNanos) throws InterruptedException {
        Patience patience = Patience.timed(timeoutNanos);
        return patience.conclude(tryLockWrite() || (timeoutNanos > 0 && acquireWrite(patience)));
    }

    @Override
    public boolean tryLockWrite() {
        SchedulePoint.reach();
        long now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
        // acquire: pairs with the release of the last phase.
        if ((now & PRESENT_MASK) != 0) {
            return false;
        }
        SharedAtomics.count();
        return STATE.compareAndSet(this, now, now | WRITER);
    }

    /** Writes if the lock gets free at once; else when it is first in the queue of writers. */
    private boolean acquireWrite(Patience patience) {
        if (writeInPassing(patience)) {
            return true;
        }
        if (!writers.tryLock() && !writers.acquireQueued(patience)) {
            return false;
        }
        boolean acquired = acquireAsFirstWriter(patience);
        writers.unlock();
        return acquired;
    }

    private boolean acquireAsFirstWriter(Patience patience) {
        long sleptSince = 0;
        for (int sleeps = 0; ; sleeps++) {
            boolean starving =
                    sleeps > 0 && SchedulePoint.nanoTime() - sleptSince > OVERTAKEN_NANOS_MAX;
            if (starving || !writers.isCrowded()) {
                if (claimAndWrite(patience, starving)) {
                    return true;
                }
            } else if (writeInPassing(patience)) {
                return true;
            }
            if (patience.isOver()) {
                return false;
            }
            sleptSince = sleeps == 0 ? SchedulePoint.nanoTime() : sleptSince;
            // Long, as whoever runs gets on best alone; a moment awake claims the lock.
            patience.sleep(this, Polling.SLEEP_NANOS_MAX);
        }
    }

    /** Lets nobody begin before the caller; gives that up when it is time to sleep. */
    private boolean claimAndWrite(Patience patience, boolean starving) {
        setFlag(CLAIMED);
        for (int turn = 0; (turn < Polling.SPINS || starving) && !patience.isOver(); turn++) {
            if (writeAsClaimed()) {
                return true;
            }
            if (turn < Polling.SPINS) {
                Polling.pauseAwake(turn);
            } else {
                patience.sleep(this, NAP_NANOS); // claimed still
            }
        }
        dropClaim();
        return false;
    }

    /** For more contenders than CPUs: others may begin before. */
    private boolean writeInPassing(Patience patience) {
        for (int turn = 0; turn < Polling.SPINS && !patience.isOver(); turn++) {
            if (tryLockWrite()) {
                return true;
            }
            Polling.pauseAwake(turn);
        }
        return tryLockWrite();
    }

    /** Turns the claim into writing if nobody is inside. */
    private boolean writeAsClaimed() {
        while (true) {
            SchedulePoint.reach();
            long now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
            if ((now & (COUNT_MASK | WRITER | UPGRADING)) != 0) {
                return false;
            }
            SharedAtomics.count();
            // acquire: pairs with the release of the last phase, and of each reader that left.
            if (STATE.weakCompareAndSet(this, now, now - CLAIMED + WRITER)) {
                return true;
            }
        }
    }

    private void setFlag(long flag) {
        long now;
        do {
            SchedulePoint.reach();
            now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
            SharedAtomics.count();
        } while (!STATE.weakCompareAndSet(this, now, now | flag));
    }

    /** Nobody is next any more; whoever waits for that may read unless somebody writes. */
    private void dropClaim() {
        long now;
        long after;
        do {
            SchedulePoint.reach();
            now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
            after = now - CLAIMED;
            if ((now & (WRITER | UPGRADING)) == 0) {
                after = admitted(after);
            }
            SharedAtomics.count();
        } while (!STATE.weakCompareAndSet(this, now, after));
    }

    @Override
    public void unlockWrite() {
        endWriting(0);
    }

    @Override
    public void downgrade() {
        endWriting(READER);
    }

    private void endWriting(long reader) {
        assert isWriteLocked() : "unlock of a lock that nobody writes under";
        long now;
        long after;
        do {
            SchedulePoint.reach();
            now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
            after = admitted(now - WRITER) + reader;
            SharedAtomics.count();
            // release: pairs with the acquire of whoever comes next, reader or writer.
        } while (!STATE.weakCompareAndSet(this, now, after));
    }

    /** Returns {@code state} with all waiting readers let in. */
    private static long admitted(long state) {
        long waiting = (state & WAITING_MASK) >>> COUNT_BITS;
        return waiting == 0 ? state : (state & ~WAITING_MASK) + waiting * READER + PHASE;
    }

    @Override
    public boolean tryUpgrade() {
        assert isReadLocked() : "upgrade by a thread that does not read";
        long now;
        do {
            SchedulePoint.reach();
            now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
            if ((now & UPGRADING) != 0) {
                return false;
            }
            SharedAtomics.count();
            // The winner is who sets the flag; a writer that has claimed is behind it.
        } while (!STATE.weakCompareAndSet(this, now, now | UPGRADING));
        Patience patience = Patience.endless();
        for (int turn = 0; !writeAsOnlyReader(); turn++) {
            Polling.pause(this, turn, patience);
        }
        patience.concludeEndless();
        return true;
    }

    private boolean writeAsOnlyReader() {
        while (true) {
            SchedulePoint.reach();
            long now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
            if ((now & COUNT_MASK) != READER) {
                return false;
            }
            SharedAtomics.count();
            // acquire: pairs with the release of each reader that left.
            if (STATE.weakCompareAndSet(this, now, now - READER - UPGRADING + WRITER)) {
                return true;
            }
        }
    }

    @Override
    public boolean isReadLocked() {
        return ((long) STATE.getOpaque(this) & COUNT_MASK) != 0; // opaque: a hint
    }

    @Override
    public boolean isWriteLocked() {
        return ((long) STATE.getOpaque(this) & WRITER) != 0; // opaque: a hint
    }

    @Override
    public String toString() {
        return isWriteLocked()
                ? "PhaseFairLock[written]"
                : isReadLocked() ? "PhaseFairLock[read]" : "PhaseFairLock[free]";
    }
}
