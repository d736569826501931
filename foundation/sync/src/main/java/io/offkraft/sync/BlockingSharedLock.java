// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A lock for readers and writers whose waiters sleep until they are woken: for sections that may be
 * long, or block themselves.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual; a virtual one that waits gives its
 * carrier free.
 *
 * <p><b>Progress:</b> blocking. With nobody waiting, one compare-and-set. A writer that leaves
 * wakes all the readers that wait, or else a writer; the last reader that leaves wakes a writer.
 * Threads that run may overtake those that wait, readers a writer too, for a millisecond or so;
 * then the waiter has a claim, and no newcomer enters before it.
 *
 * <p><b>Memory effects:</b> see {@link SharedLock}. A wait allocates nothing, unless more wait than
 * ever before.
 *
 * <p><b>Failure:</b> not recursive in any direction. A thread that reads and asks again waits for
 * itself if a writer has a claim; {@link #tryLockRead()} returns false there. {@link
 * LockUsageException} for an interrupt handler that wants to wait, for a writer that asks again,
 * and for unlocking what the thread, or with readers nobody, holds.
 */
public final class BlockingSharedLock implements SharedLock {
    /*
     * The word
     *   READERS     how many read
     *   WRITER      a thread writes
     *   UPGRADING   a reader waits to be the only one, to write; nobody enters, readers leave
     *               through the guard
     *   NO_READERS  a writer has a claim: new readers queue
     *   NO_WRITERS  a waiter has a claim: new writers queue
     *   CALL        somebody sleeps, and nobody is on the way: who leaves the lock free looks at
     *               the queues
     *
     * Entering and leaving are one compare-and-set, unless the bits send the thread to the guard, a
     * spin lock that is held for some nanoseconds. It guards the queues and all that follows from
     * them, the last three bits included (publish). Since those are in the word, who finds the lock
     * taken and sets CALL cannot miss the holder that leaves.
     *
     * A waiter that is woken stays in its queue and tries again under the guard (on the way). While
     * one is, CALL is off, and others pass the short way.
     *
     * Turns: when a writer leaves by the guard, it is the turn of the readers that wait; when the
     * last reader does, that of a writer. Whoever was woken and overtaken for too long makes a claim;
     * the turn decides between claims of readers and of writers.
     *
     * Readers that come and go may overlap for ever; then the lock is never free, and nobody wakes
     * the first writer. So that one watches: it wakes up by itself, and makes its claim. settle
     * sees to it that the first one does.
     *
     * What keeps somebody from sleeping beside a free lock: at any time when it is free and somebody
     * waits, one who may enter is on the way. That is why wake asks what mayEnter asks, why who
     * makes a claim tries again at once, and what settle sees to whenever the guard is released.
     *
     * Ordering: the word is changed by compare-and-set only, with acquire and release.
     */

    private static final long READER = 1;
    private static final long READERS = (1L << 32) - 1;
    private static final long WRITER = 1L << 32;
    private static final long UPGRADING = 1L << 33;
    private static final long NO_READERS = 1L << 34;
    private static final long NO_WRITERS = 1L << 35;
    private static final long CALL = 1L << 36;
    private static final long PUBLISHED = NO_READERS | NO_WRITERS | CALL;

    /** So long may a waiter be overtaken after it was woken first, or began to watch. */
    private static final long OVERTAKEN_NANOS_MAX = 2_000_000;

    /** Turns awake before a thread queues. */
    private static final int SPINS = Math.min(4, Polling.SPINS);

    private static final VarHandle STATE;

    static {
        try {
            STATE =
                    MethodHandles.lookup()
                            .findVarHandle(BlockingSharedLock.class, "state", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // accessed through STATE only
    private long state;

    /** The thread that writes: its id, or 0. Others see something, but never their own id. */
    private long writerId;

    private final SpinLock guard = new SpinLock();

    // The guard's:
    private final WaiterList waitingReaders = new WaiterList();
    private final WaiterList waitingWriters = new WaiterList();
    private int onTheWay;
    private int claimingReaders;
    private int claimingWriters;
    private boolean readersTurn;
    private @Nullable Thread upgrader;

    /** Makes a free lock. */
    public BlockingSharedLock() {}

    // Readers

    @Override
    public void lockRead() {
        lock(true);
    }

    @Override
    public void lockReadInterruptibly() throws InterruptedException {
        tryLockRead(Long.MAX_VALUE);
    }

    @Override
    public boolean tryLockRead(long timeoutNanos) throws InterruptedException {
        return lockWithin(timeoutNanos, true);
    }

    @Override
    public boolean tryLockRead() {
        return tryEnter(true, null);
    }

    @Override
    public void unlockRead() {
        while (true) {
            long now = look();
            if ((now & READERS) == 0) {
                throw notHeld("unlockRead");
            }
            boolean last = (now & READERS) == READER;
            if ((now & UPGRADING) != 0 || (last && (now & CALL) != 0)) {
                leaveReadingUnderGuard();
                return;
            }
            SharedAtomics.count();
            if (STATE.weakCompareAndSet(this, now, now - READER)) { // release: see the top
                return;
            }
        }
    }

    private void leaveReadingUnderGuard() {
        guard.lock();
        Thread woken = null;
        long after = add(-READER) & READERS;
        if (after == READER) {
            woken = upgrader;
        } else if (after == 0) {
            readersTurn = false;
            woken = settle();
        }
        guard.unlock();
        LockSupport.unpark(woken);
    }

    // Writers

    @Override
    public void lockWrite() {
        lock(false);
    }

    @Override
    public void lockWriteInterruptibly() throws InterruptedException {
        tryLockWrite(Long.MAX_VALUE);
    }

    @Override
    public boolean tryLockWrite(long timeoutNanos) throws InterruptedException {
        return lockWithin(timeoutNanos, false);
    }

    @Override
    public boolean tryLockWrite() {
        return tryEnter(false, null);
    }

    @Override
    public void unlockWrite() {
        endWriting("unlockWrite", 0);
    }

    @Override
    public void downgrade() {
        endWriting("downgrade", READER);
    }

    private void endWriting(String call, long reader) {
        if (writerId != Thread.currentThread().threadId()) {
            throw notHeld(call);
        }
        writerId = 0;
        while (true) {
            long now = look();
            if ((now & CALL) != 0) {
                endWritingUnderGuard(reader);
                return;
            }
            SharedAtomics.count();
            // release: see the top
            if (STATE.weakCompareAndSet(this, now, now - WRITER + reader)) {
                return;
            }
        }
    }

    private void endWritingUnderGuard(long reader) {
        guard.lock();
        add(reader - WRITER);
        readersTurn = true;
        if (reader != 0) {
            wakeReaders();
        }
        Thread woken = settle();
        guard.unlock();
        LockSupport.unpark(woken);
    }

    private LockUsageException notHeld(String call) {
        long holder = writerId;
        return new LockUsageException(
                LockFault.NOT_HOLDER,
                toString(),
                holder == 0 ? null : "thread #" + holder,
                call + " by " + Thread.currentThread().getName() + " without the lock");
    }

    @Override
    public boolean tryUpgrade() {
        BlockingCheck.mayBlock("BlockingSharedLock");
        guard.lock();
        long now = look();
        if ((now & UPGRADING) != 0 || (now & READERS) == 0) {
            guard.unlock();
            if ((now & READERS) == 0) {
                throw notHeld("tryUpgrade");
            }
            return false;
        }
        upgrader = Thread.currentThread();
        add(UPGRADING); // the winner: under the guard, and nobody enters from here on
        boolean interrupted = false;
        while ((look() & READERS) != READER) {
            guard.unlock();
            interrupted |= Thread.interrupted();
            SchedulePoint.park(this);
            guard.lock();
        }
        upgrader = null;
        add(WRITER - READER - UPGRADING);
        writerId = Thread.currentThread().threadId();
        guard.unlock();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return true;
    }

    // The word

    private long look() {
        SchedulePoint.reach();
        return (long) STATE.getOpaque(this); // opaque: a compare-and-set decides
    }

    /** Under the guard, by a thread that is inside; returns the word after it. */
    private long add(long difference) {
        while (true) {
            long now = look();
            SharedAtomics.count();
            if (STATE.weakCompareAndSet(this, now, now + difference)) { // both ways
                return now + difference;
            }
        }
    }

    /** Enters if the word allows; {@code node} is that of a waiter, which holds the guard. */
    private boolean tryEnter(boolean reads, @Nullable Waiter node) {
        while (true) {
            long now = look();
            if (reads ? !mayRead(now, node) : !mayWrite(now, node)) {
                return false;
            }
            SharedAtomics.count();
            // acquire: pairs with the release of those who left.
            if (STATE.weakCompareAndSet(this, now, now + (reads ? READER : WRITER))) {
                if (!reads) {
                    writerId = Thread.currentThread().threadId();
                }
                return true;
            }
        }
    }

    private boolean mayRead(long now, @Nullable Waiter node) {
        if ((now & (WRITER | UPGRADING)) != 0) {
            return false;
        }
        return (now & NO_READERS) == 0 || (node != null && readersTurn);
    }

    private boolean mayWrite(long now, @Nullable Waiter node) {
        if ((now & (READERS | WRITER | UPGRADING)) != 0) {
            return false;
        }
        if (node == null) {
            return (now & NO_WRITERS) == 0;
        }
        boolean behindReader = claimingReaders > 0 && (!node.claims || readersTurn);
        boolean behindWriter = claimingWriters > 0 && !node.claims;
        return !behindReader && !behindWriter;
    }

    // Waiting

    private void lock(boolean reads) {
        BlockingCheck.mayBlock("BlockingSharedLock");
        if (!tryEnter(reads, null)) {
            Waiter node = enterOrWait(false, Long.MAX_VALUE, reads);
            if (node != null) {
                node.concludeEndless();
                recycle(node, reads);
            }
        }
    }

    private boolean lockWithin(long timeoutNanos, boolean reads) throws InterruptedException {
        Patience.throwIfInterrupted();
        if (timeoutNanos <= 0) {
            return tryEnter(reads, null);
        }
        BlockingCheck.mayBlock("BlockingSharedLock");
        Waiter node = tryEnter(reads, null) ? null : enterOrWait(true, timeoutNanos, reads);
        if (node == null) {
            return true;
        }
        boolean entered = node.is(Waiter.GRANTED);
        try {
            return node.conclude(entered);
        } finally {
            recycle(node, reads);
        }
    }

    private void recycle(Waiter node, boolean reads) {
        guard.lock();
        queue(reads).giveBack(node);
        guard.unlock();
    }

    private WaiterList queue(boolean reads) {
        return reads ? waitingReaders : waitingWriters;
    }

    /**
     * Enters, or waits until the patience ends.
     *
     * @return the node of the wait, GRANTED if it entered; null if it entered without
     */
    private @Nullable Waiter enterOrWait(boolean interruptible, long timeoutNanos, boolean reads) {
        if (writerId == Thread.currentThread().threadId()) {
            throw new LockUsageException(
                    LockFault.RECURSION,
                    toString(),
                    Thread.currentThread().getName(),
                    "the thread that writes asks for the lock again and would wait for itself");
        }
        for (int turn = 0; turn < SPINS && (look() & CALL) == 0; turn++) {
            Polling.pauseAwake(turn);
            if (tryEnter(reads, null)) {
                return null;
            }
        }
        guard.lock();
        Waiter node = queue(reads).take(interruptible, timeoutNanos);
        queue(reads).addLast(node);
        Thread woken = enterOrSettle(node, reads);
        guard.unlock();
        LockSupport.unpark(woken);
        if (!node.is(Waiter.GRANTED)) {
            await(node, reads);
        }
        return node;
    }

    /** Under the guard: the node enters, or sleeps rightly. Returns whom to unpark. */
    private @Nullable Thread enterOrSettle(Waiter node, boolean reads) {
        publish(); // first: whoever leaves after a vain look comes through the guard
        if (tryEnter(reads, node)) {
            leaveQueue(node, reads);
            node.tell(Waiter.GRANTED);
        } else {
            node.watches = !reads && !node.claims && waitingWriters.first() == node;
        }
        return settle();
    }

    private void leaveQueue(Waiter node, boolean reads) {
        queue(reads).remove(node);
        if (node.claims) {
            node.claims = false;
            claimingReaders -= reads ? 1 : 0;
            claimingWriters -= reads ? 0 : 1;
        }
    }

    /** Ends when the node has entered, and is GRANTED, or its patience is over. */
    private void await(Waiter node, boolean reads) {
        long overtakenSince = 0; // watching, or woken in vain
        while (!node.is(Waiter.GRANTED)) {
            overtakenSince =
                    overtakenSince == 0 && node.watches ? SchedulePoint.nanoTime() : overtakenSince;
            boolean goesOn =
                    node.watches ? node.awaitNews(this, OVERTAKEN_NANOS_MAX) : node.awaitNews(this);
            long now = SchedulePoint.nanoTime();
            overtakenSince = overtakenSince == 0 ? now : overtakenSince;
            guard.lock();
            onTheWay -= node.is(Waiter.WOKEN) ? 1 : 0;
            node.waitAgain();
            if (goesOn && !node.claims && now - overtakenSince > OVERTAKEN_NANOS_MAX) {
                node.claims = true;
                claimingReaders += reads ? 1 : 0;
                claimingWriters += reads ? 0 : 1;
            }
            Thread woken = goesOn ? enterOrSettle(node, reads) : giveUp(node, reads);
            guard.unlock();
            LockSupport.unpark(woken);
            if (!goesOn) {
                return;
            }
        }
    }

    /** Whom the waiter held back may come. */
    private @Nullable Thread giveUp(Waiter node, boolean reads) {
        leaveQueue(node, reads);
        if (!reads && claimingWriters == 0) {
            wakeReaders();
        }
        return settle();
    }

    // Waking

    /** Under the guard: has the word say what the queues do. */
    private void publish() {
        boolean someoneWaits = !waitingReaders.isEmpty() || !waitingWriters.isEmpty();
        long bits =
                (claimingWriters == 0 ? 0 : NO_READERS)
                        | (claimingReaders + claimingWriters == 0 ? 0 : NO_WRITERS)
                        | (someoneWaits && onTheWay == 0 ? CALL : 0);
        long now;
        do {
            now = look();
            if ((now & PUBLISHED) == bits) {
                return;
            }
            SharedAtomics.count();
        } while (!STATE.weakCompareAndSet(this, now, (now & ~PUBLISHED) | bits)); // both ways
    }

    /** Before the guard is released: nobody sleeps beside a free lock. Returns whom to unpark. */
    private @Nullable Thread settle() {
        publish(); // before the look: whoever leaves after it comes through the guard
        long now = look();
        if (onTheWay > 0 || (now & (WRITER | UPGRADING)) != 0) {
            return null;
        }
        Thread woken = (now & READERS) == 0 ? wake() : wakeWatcher();
        publish();
        return woken;
    }

    /** Wakes the first writer if it sleeps for good while others may read without end. */
    private @Nullable Thread wakeWatcher() {
        Waiter writer = waitingWriters.first();
        return writer == null || writer.watches || writer.claims ? null : tellOnce(writer);
    }

    /** Wakes those who may enter a free lock. Returns whom to unpark yet. */
    private @Nullable Thread wake() {
        boolean readersMay =
                waitingWriters.isEmpty()
                        || readersTurn
                        || (claimingReaders > 0 && claimingWriters == 0);
        if (readersMay && !waitingReaders.isEmpty()) {
            wakeReaders();
            return null;
        }
        Waiter writer = waitingWriters.first();
        return writer == null ? null : tellOnce(writer);
    }

    private void wakeReaders() {
        for (Waiter node = waitingReaders.first(); node != null; node = node.next) {
            LockSupport.unpark(tellOnce(node));
        }
    }

    private @Nullable Thread tellOnce(Waiter node) {
        if (node.is(Waiter.WOKEN)) {
            return null;
        }
        onTheWay++;
        return node.tell(Waiter.WOKEN);
    }

    @Override
    public boolean isReadLocked() {
        return (look() & READERS) != 0;
    }

    @Override
    public boolean isWriteLocked() {
        return (look() & WRITER) != 0;
    }

    @Override
    public String toString() {
        return isWriteLocked()
                ? "BlockingSharedLock[written]"
                : isReadLocked() ? "BlockingSharedLock[read]" : "BlockingSharedLock[free]";
    }
}
