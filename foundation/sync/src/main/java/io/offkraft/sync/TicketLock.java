// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A ticket lock (Reed and Kanodia, 1979; Mellor-Crummey and Scott, 1991): who waits draws a number
 * and waits until it is shown. A word in front keeps the uncontended way short.
 *
 * <p>Smaller than {@link McsLock}, and without allocation; but all awake waiters read one word.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual; at most 2^31 wait at a time.
 *
 * <p><b>Progress:</b> blocking. First in, first out among waiters while there is a CPU for each; if
 * not, a running thread may overtake a sleeping one for some milliseconds. A waiter whose wait was
 * interrupted or timed out leaves at once; its number is skipped.
 *
 * <p><b>Memory effects:</b> see {@link ExclusiveLock}.
 *
 * <p><b>Failure:</b> none is detected without the validator.
 */
public final class TicketLock extends QueuedLock {
    /*
     * Numbers are compared for equality only, or by the sign of a difference: they may wrap.
     *
     * Sleepers
     *   write themselves into a table, at their number modulo its length, so that whoever shows
     *   the next number can wake the thread that has it. Sleeper: write into the table, then look
     *   at the number shown. Caller: show the number, then look into the table. Both have a full
     *   fence between, so one sees the other. If the place is taken, by a number that is a whole
     *   table away, the sleeper polls.
     *
     * A number that is given up
     *   is put on a list, and skipped when it is to be shown. The same race, closed in the same
     *   way: who gives up counts itself on the list and then looks at the number shown; the caller
     *   shows a number and then looks at the count. Under the list's lock exactly one of them takes
     *   the number off the list and shows the next.
     */

    /** More sleepers than any queue should have; a place costs a reference. */
    private static final int PLACES = 64;

    /** The longest sleep is a millisecond, doubled so often. */
    private static final int SLEEP_DOUBLINGS = 6;

    private static final VarHandle NEXT;
    private static final VarHandle SHOWN;
    private static final VarHandle SLEEPERS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            NEXT = lookup.findVarHandle(TicketLock.class, "next", int.class);
            SHOWN = lookup.findVarHandle(TicketLock.class, "shown", int.class);
            SLEEPERS =
                    lookup.findVarHandle(TicketLock.class, "sleepers", AtomicReferenceArray.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The number that the next one draws. */
    @SuppressWarnings("unused") // accessed through NEXT only
    private int next;

    /** The number of the heir. */
    @SuppressWarnings("unused") // accessed through SHOWN only
    private int shown;

    /** Made when the first one sleeps. */
    @SuppressWarnings("unused") // accessed through SLEEPERS only
    private @Nullable AtomicReferenceArray<Thread> sleepers;

    /** Made when the first one gives up. */
    private volatile @Nullable GivenUpTickets givenUp;

    /** Makes a free lock. */
    public TicketLock() {
        this(0);
    }

    /** Makes a free lock whose first waiter draws {@code firstTicket}. */
    TicketLock(int firstTicket) {
        next = firstTicket;
        shown = firstTicket;
    }

    @Override
    boolean acquireQueued(Patience patience) {
        SchedulePoint.reach();
        SharedAtomics.count();
        int ticket = (int) NEXT.getAndAdd(this, 1); // an atomic draw; orders nothing that matters
        Waited waited = awaitTurn(ticket, patience);
        if (waited != Waited.IN_TURN) {
            giveUp(ticket);
            return waited == Waited.GRANT_TAKEN;
        }
        boolean acquired = acquireAsHeir(patience);
        show(ticket + 1);
        return acquired;
    }

    private Waited awaitTurn(int ticket, Patience patience) {
        int turn = 0;
        int untaken = 0;
        int sleeps = 0;
        while (true) {
            SchedulePoint.reach();
            int ahead = ticket - (int) SHOWN.getAcquire(this); // acquire: pairs with show
            if (ahead == 0) {
                return Waited.IN_TURN;
            }
            if (patience.isOver()) {
                return Waited.OVER;
            }
            if (turn < Polling.SPINS && ahead < Polling.CPUS) {
                Polling.pauseAwake(turn++);
                untaken = isGranted() ? untaken + 1 : 0;
            } else if (untaken == UNTAKEN_MAX && takeGrant()) {
                return Waited.GRANT_TAKEN;
            } else {
                untaken = 0;
                sleep(ticket, patience, sleeps++);
            }
        }
    }

    private void sleep(int ticket, Patience patience, int sleeps) {
        AtomicReferenceArray<Thread> places = places();
        Thread self = Thread.currentThread();
        SchedulePoint.reach();
        SharedAtomics.count();
        // Full: before the look at the number. Pairs with the volatile store in show.
        boolean seated = places.compareAndSet(ticket & (PLACES - 1), null, self);
        SchedulePoint.reach();
        if ((int) SHOWN.getVolatile(this) != ticket) {
            // Who is woken may sleep long; that it ends at all is for wake-ups that something else
            // of this thread's has eaten.
            patience.sleep(
                    this,
                    seated
                            ? Polling.SLEEP_NANOS_MAX << Math.min(sleeps, SLEEP_DOUBLINGS)
                            : Polling.sleepNanos(Polling.FIRST_SLEEP + sleeps));
        }
        if (seated) {
            SchedulePoint.reach();
            places.setRelease(ticket & (PLACES - 1), null); // release: gives the place up
        }
    }

    @SuppressWarnings("unchecked")
    private AtomicReferenceArray<Thread> places() {
        AtomicReferenceArray<Thread> present =
                (AtomicReferenceArray<Thread>) SLEEPERS.getAcquire(this); // acquire: its contents
        if (present == null) {
            AtomicReferenceArray<Thread> made = new AtomicReferenceArray<>(PLACES);
            SharedAtomics.count();
            // Release and acquire: one table is seen by all.
            present = (AtomicReferenceArray<Thread>) SLEEPERS.compareAndExchange(this, null, made);
            if (present == null) {
                return made;
            }
        }
        return present;
    }

    /** Makes the one with {@code ticket} the heir, or if that was given up the next one. */
    private void show(int ticket) {
        int showing = ticket;
        SchedulePoint.reach();
        SharedAtomics.count();
        SHOWN.setVolatile(this, showing); // full: before the looks at sleepers and at givenUp
        GivenUpTickets gone = givenUp;
        while (gone != null && gone.take(showing)) {
            showing++;
            SchedulePoint.reach();
            SharedAtomics.count();
            SHOWN.setVolatile(this, showing);
        }
        @SuppressWarnings("unchecked")
        AtomicReferenceArray<Thread> places =
                (AtomicReferenceArray<Thread>) SLEEPERS.getVolatile(this);
        if (places != null) {
            SchedulePoint.reach();
            Thread sleeper = places.get(showing & (PLACES - 1));
            if (sleeper != null) {
                LockSupport.unpark(sleeper);
            }
        }
    }

    private void giveUp(int ticket) {
        GivenUpTickets gone = givenUp();
        gone.add(ticket);
        SchedulePoint.reach();
        // volatile: after the addition. Pairs with the volatile store in show.
        if ((int) SHOWN.getVolatile(this) == ticket && gone.take(ticket)) {
            show(ticket + 1);
        }
    }

    private synchronized GivenUpTickets givenUp() {
        GivenUpTickets present = givenUp;
        if (present == null) {
            present = new GivenUpTickets();
            givenUp = present;
        }
        return present;
    }

    @Override
    boolean isCrowded() {
        // opaque: a hint
        return (int) NEXT.getOpaque(this) - (int) SHOWN.getOpaque(this) >= Polling.CPUS;
    }
}
