// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A spin lock whose waiters stand in a queue: what {@link TicketLock} and {@link McsLock} have in
 * common. They differ in what the queue is.
 *
 * <p><b>Order:</b> first in, first out, as long as each contender has a CPU. If there are more, a
 * thread that runs may overtake the first waiter while that sleeps, for a few milliseconds at most;
 * then the lock is handed over to it. What was handed over to a thread that lost its CPU may be
 * taken by another waiter.
 */
abstract sealed class QueuedLock implements ExclusiveLock permits TicketLock, McsLock {
    /*
     * Idea
     *   A word in front (state), as in a test-and-set lock, and behind it a queue of those who did
     *   not get it at once. So the uncontended way is one compare-and-set and one store, whatever
     *   the queue is made of (Linux's qspinlock has the same shape). Only the first waiter, the
     *   heir, looks at the word; the others wait for their turn to be the heir.
     *
     * Hand-over
     *   The heir says in a second word what it wishes, and unlock looks there:
     *     NOBODY    nothing; also: there is no heir. unlock frees the word.
     *     AWAKE     the heir spins: unlock leaves the word HELD and writes GRANTED. Nobody can
     *               overtake, so the queue is strictly first in, first out.
     *     ASLEEP    unlock frees the word and wakes the heir. Whoever runs may take the lock first.
     *     STARVING  the heir sleeps and has been overtaken long enough: as AWAKE, and wake it.
     *
     * Why not always hand over
     *   An heir without a CPU takes a scheduler's time slice to come; handing over to it lets
     *   everybody wait that long, at each hand-over. Strict FIFO spinning is 200 times slower than
     *   a lock that lets threads overtake as soon as threads outnumber CPUs.
     *
     * An heir in a crowd
     *   It wishes nothing at first, and others overtake it. It asks to be woken once; if that was
     *   for nothing, the lock is so hot that each wake-up costs its holder several sections, and
     *   from then on the heir naps unasked. After a millisecond it is AWAKE whenever it looks: to
     *   hand over to a thread that has a CPU costs little. STARVING is the last resort.
     *
     * A grant that nobody takes
     *   Other programs need CPUs too: an heir that spins may lose its own, and everybody would wait
     *   for it. A waiter that has seen nothing but an untaken grant for as long as it stays awake
     *   takes it, and leaves the queue. So the heir and others compete for GRANTED, by a
     *   compare-and-set; an heir that lost it wishes again.
     *
     * Why unlock has no fence
     *   unlock looks at the wish and then frees the word; the heir writes the wish and then looks
     *   at the word. Without a fence in unlock both may miss each other. Then the heir sleeps
     *   although the lock is free: until the next unlock, or the end of its sleep, which is never
     *   longer than a millisecond. A fence would double the price of an uncontended pair.
     *
     * Ordering
     *   Free word: as in SpinLock. Hand-over: GRANTED is written by a compare-and-set (release);
     *   the heir's acquire load of GRANTED pairs with it.
     */

    private static final int FREE = 0;
    private static final int HELD = 1;

    private static final int NOBODY = 0;
    private static final int AWAKE = 1;
    private static final int ASLEEP = 2;
    private static final int STARVING = 3;
    private static final int GRANTED = 4;

    /** So long may a sleeping heir be overtaken. */
    private static final long OVERTAKEN_NANOS_MAX = 2_000_000;

    /** So long it may be overtaken before it asks for the lock whenever it is awake. */
    private static final long MODEST_NANOS_MAX = 1_000_000;

    /** The sleep of an heir in a crowd that was woken for nothing. */
    private static final long NAP_NANOS = 100_000;

    /** Turns that an heir which was woken spins if there are more contenders than CPUs. */
    private static final int CROWDED_SPINS = Math.min(4, Polling.SPINS);

    /**
     * A waiter that has seen so many looks in a row nothing but an untaken grant may take it. With
     * one CPU nobody spins and looks, and the order is kept.
     */
    static final int UNTAKEN_MAX = Math.max(1, Polling.SPINS);

    private static final VarHandle STATE;
    private static final VarHandle WISH;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            STATE = lookup.findVarHandle(QueuedLock.class, "state", int.class);
            WISH = lookup.findVarHandle(QueuedLock.class, "wish", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // accessed through STATE only
    private int state;

    private int wish;

    /** The last heir that slept; published by the compare-and-set of {@code wish}. */
    private @Nullable Thread heir;

    QueuedLock() {}

    @Override
    public final void lock() {
        SchedulePoint.reach();
        SharedAtomics.count();
        // acquire: pairs with the release in unlock. Volatile, as BigReaderLock needs it before
        // what is read next. Weak, as lockSlow repairs a spurious failure.
        if (!STATE.weakCompareAndSet(this, FREE, HELD)) {
            lockSlow();
        }
    }

    /** Out of line, so that {@link #lock} stays small enough to be inlined everywhere. */
    private void lockSlow() {
        Patience patience = Patience.endless();
        acquireQueued(patience);
        patience.concludeEndless();
    }

    @Override
    public final void lockInterruptibly() throws InterruptedException {
        Patience patience = Patience.interruptible();
        patience.conclude(tryLock() || acquireQueued(patience));
    }

    @Override
    public final boolean tryLock(long timeoutNanos) throws InterruptedException {
        Patience patience = Patience.timed(timeoutNanos);
        return patience.conclude(tryLock() || (timeoutNanos > 0 && acquireQueued(patience)));
    }

    @Override
    public final boolean tryLock() {
        SchedulePoint.reach();
        // opaque: a look that spares the line of a held lock.
        if ((int) STATE.getOpaque(this) != FREE) {
            return false;
        }
        SharedAtomics.count();
        // As in lock. Strong: a free lock must not be reported as held.
        return STATE.compareAndSet(this, FREE, HELD);
    }

    @Override
    public final void unlock() {
        assert isLocked() : "unlock of a lock that nobody holds";
        SchedulePoint.reach();
        // plain: a wish that is not seen costs its sleeper a moment, see above
        if (wish != NOBODY) {
            unlockForHeir();
            return;
        }
        SchedulePoint.reach();
        STATE.setRelease(this, FREE); // release: pairs with the acquire of the next holder
    }

    private void unlockForHeir() {
        SchedulePoint.reach();
        int wished = (int) WISH.getAcquire(this); // acquire: the heir wrote itself down before
        if (wished == AWAKE || wished == STARVING) {
            SharedAtomics.count();
            // release: pairs with the acquire load of GRANTED; the word stays HELD, for the heir.
            // Fails if the heir has changed its wish: then it has seen that the lock is held.
            if (WISH.compareAndSet(this, wished, GRANTED)) {
                if (wished == STARVING) {
                    LockSupport.unpark(heir);
                }
                return;
            }
        }
        SchedulePoint.reach();
        STATE.setRelease(this, FREE); // release: pairs with the acquire of the next holder
        SchedulePoint.reach();
        // Once a sleep: the wish is taken back with the wake-up. By now the heir may be another
        // one; it is woken for nothing, finds its wish gone and wishes again.
        if (wished == ASLEEP) {
            SharedAtomics.count();
            if (WISH.compareAndSet(this, ASLEEP, NOBODY)) {
                LockSupport.unpark(heir);
            }
        }
    }

    @Override
    public final boolean isLocked() {
        return (int) STATE.getOpaque(this) == HELD; // opaque: a hint
    }

    /** As {@link #isLocked}, in the total order of volatile accesses, as acquiring is. */
    final boolean isLockedVolatile() {
        SchedulePoint.reach();
        return (int) STATE.getVolatile(this) == HELD;
    }

    /** Acquires the lock at the turn of the caller; false if its patience ended before. */
    abstract boolean acquireQueued(Patience patience);

    /** Returns whether there are at least as many waiters as CPUs: not all contenders can run. */
    abstract boolean isCrowded();

    /**
     * Acquires the lock as the heir: the caller's turn has come, and it lasts until the caller
     * passes it on.
     *
     * @return whether it was acquired; not if the patience ended
     */
    final boolean acquireAsHeir(Patience patience) {
        boolean crowded = isCrowded();
        long sleptSince = 0;
        int sleeps = 0;
        int turn = 0;
        if (!crowded) {
            SchedulePoint.reach();
            WISH.setRelease(this, AWAKE); // release: orders nothing; unlock reads only the wish
        }
        while (true) {
            if (takeGrant() || tryLock()) {
                // Only the holder's unlock reads it. A late unlock that wants to wake the one that
                // was ASLEEP finds NOBODY, or a new heir that bears being woken. By a thread that
                // holds the lock, so nobody grants.
                WISH.setOpaque(this, NOBODY);
                if (sleeps > 0) {
                    heir = null;
                }
                return true;
            }
            if (patience.isOver()) {
                return !takeWishBack();
            }
            if (turn < (crowded ? CROWDED_SPINS : Polling.FIRST_SLEEP)) {
                Polling.pauseAwake(turn++);
                if (!crowded) {
                    wishAgain();
                }
                continue;
            }
            long now = SchedulePoint.nanoTime();
            sleptSince = sleeps == 0 ? now : sleptSince;
            boolean starving = now - sleptSince > OVERTAKEN_NANOS_MAX;
            if (sleeps > 0 && crowded && !starving) {
                patience.sleep(this, NAP_NANOS);
            } else {
                sleepAsHeir(patience, starving, Polling.sleepNanos(Polling.FIRST_SLEEP + sleeps));
            }
            sleeps++;
            crowded = isCrowded() && SchedulePoint.nanoTime() - sleptSince <= MODEST_NANOS_MAX;
            if (!crowded) {
                wishAgain();
            }
            turn = 0;
        }
    }

    /** Returns whether the lock is granted to an heir that has not taken it yet. */
    final boolean isGranted() {
        SchedulePoint.reach();
        return (int) WISH.getOpaque(this) == GRANTED; // opaque: the compare-and-set decides
    }

    /**
     * Takes the lock if it is granted: the heir, or a waiter that has seen the grant lie too long.
     */
    final boolean takeGrant() {
        if (!isGranted()) {
            return false;
        }
        SharedAtomics.count();
        // acquire: pairs with the compare-and-set in unlockForHeir.
        return WISH.compareAndSet(this, GRANTED, NOBODY);
    }

    /** The heir slept, or another has taken its grant, and it spins now. */
    private void wishAgain() {
        SchedulePoint.reach();
        if ((int) WISH.getOpaque(this) == NOBODY) {
            SharedAtomics.count();
            WISH.compareAndSet(this, NOBODY, AWAKE); // orders nothing, as the first wish
        }
    }

    /** Returns whether the wish could be taken back; if not, it was granted just before. */
    private boolean takeWishBack() {
        SchedulePoint.reach();
        int wished = (int) WISH.getAcquire(this);
        // The unlock that grants and this exclude each other by the compare-and-set of one word.
        // If it fails, the wish was granted, or taken back with a wake-up meanwhile: look again.
        while (wished != NOBODY) {
            SharedAtomics.count();
            if (WISH.compareAndSet(this, wished, NOBODY)) { // acquire, if it was granted
                return wished != GRANTED;
            }
            wished = (int) WISH.getAcquire(this);
        }
        return true;
    }

    private void sleepAsHeir(Patience patience, boolean starving, long nanos) {
        heir = Thread.currentThread();
        SchedulePoint.reach();
        int wished = (int) WISH.getAcquire(this);
        if (wished == GRANTED) {
            return;
        }
        SharedAtomics.count();
        // release: publishes the heir. Pairs with the acquire in unlockForHeir. Full, and before
        // the look at the word: at least one direction of the race with unlock is closed.
        if (!WISH.compareAndSet(this, wished, starving ? STARVING : ASLEEP)) {
            return;
        }
        if (isLocked()) {
            patience.sleep(this, nanos);
        }
        SchedulePoint.reach();
        wished = (int) WISH.getAcquire(this);
        if (wished != GRANTED) {
            SharedAtomics.count();
            // Awake again. If it fails, the wish was granted, or it was taken back with a wake-up;
            // the loop of the caller sees either.
            WISH.compareAndSet(this, wished, NOBODY);
        }
    }

    @Override
    public final String toString() {
        return getClass().getSimpleName() + (isLocked() ? "[held]" : "[free]");
    }
}
