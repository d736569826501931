// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A lock for readers and writers whose waiters sleep until they are woken: for sections that may be
 * long, or block themselves.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual; a virtual one that waits gives its
 * carrier free.
 *
 * <p><b>Progress:</b> blocking. A writer that leaves wakes all the readers that wait, or else a
 * writer; the last reader that leaves wakes a writer. New readers queue behind a writer that waits.
 * Threads that run may overtake one that is being woken, for a millisecond or so; then it has a
 * claim, and no newcomer enters before it.
 *
 * <p><b>Memory effects:</b> see {@link SharedLock}. A wait allocates nothing, unless more wait than
 * ever before.
 *
 * <p><b>Failure:</b> not recursive in any direction. A thread that reads and asks again waits for
 * itself if a writer waits; {@link #tryLockRead()} returns false there. {@link LockUsageException}
 * for an interrupt handler that wants to wait, for a writer that asks again, and for unlocking what
 * the thread, or with readers nobody, holds.
 */
public final class BlockingSharedLock implements SharedLock {
    /*
     * All of the state belongs to the holder of the guard, a spin lock that is held for some
     * nanoseconds. A waiter that is woken is in its queue still, and tries again under the guard.
     *
     * Turns: when a writer leaves, it is the turn of the readers that wait; when the last reader
     * leaves, that of a writer. New readers do not enter before a writer that waits, so that readers
     * who overlap for ever do not keep it out. Whoever was woken and overtaken for too long makes a
     * claim, which keeps newcomers out; the turn decides between claims of both kinds.
     *
     * What keeps somebody asleep for ever from being free: at any time when nobody is inside and
     * somebody waits, one who was woken may enter. That is why wakeNext asks what enter asks, and
     * why who makes a claim tries again at once.
     */

    /** So long may a waiter be overtaken after it was woken first. */
    private static final long OVERTAKEN_NANOS_MAX = 1_000_000;

    /** Turns awake before a thread queues. */
    private static final int SPINS = Math.min(4, Polling.SPINS);

    private final SpinLock guard = new SpinLock();
    private final WaiterList waitingReaders = new WaiterList();
    private final WaiterList waitingWriters = new WaiterList();
    private int readers;
    private @Nullable Thread writer;
    private int claimingReaders;
    private int claimingWriters;
    private boolean readersTurn;
    private @Nullable Thread upgrader;

    /** Makes a free lock. */
    public BlockingSharedLock() {}

    // Readers

    @Override
    public void lockRead() {
        acquire(false, Long.MAX_VALUE, true);
    }

    @Override
    public void lockReadInterruptibly() throws InterruptedException {
        tryLockRead(Long.MAX_VALUE);
    }

    @Override
    public boolean tryLockRead(long timeoutNanos) throws InterruptedException {
        return acquireInterruptibly(timeoutNanos, true);
    }

    @Override
    public boolean tryLockRead() {
        return tryAcquire(true);
    }

    @Override
    public void unlockRead() {
        Thread woken = null;
        guard.lock();
        if (readers == 0) {
            guard.unlock();
            throw notHeld("unlockRead", null);
        }
        readers--;
        if (upgrader != null && readers == 1) {
            woken = upgrader;
        } else if (readers == 0) {
            readersTurn = false;
            woken = wakeNext();
        }
        guard.unlock();
        LockSupport.unpark(woken);
    }

    // Writers

    @Override
    public void lockWrite() {
        acquire(false, Long.MAX_VALUE, false);
    }

    @Override
    public void lockWriteInterruptibly() throws InterruptedException {
        tryLockWrite(Long.MAX_VALUE);
    }

    @Override
    public boolean tryLockWrite(long timeoutNanos) throws InterruptedException {
        return acquireInterruptibly(timeoutNanos, false);
    }

    @Override
    public boolean tryLockWrite() {
        return tryAcquire(false);
    }

    @Override
    public void unlockWrite() {
        endWriting("unlockWrite", 0);
    }

    @Override
    public void downgrade() {
        endWriting("downgrade", 1);
    }

    private void endWriting(String call, int reader) {
        guard.lock();
        if (writer != Thread.currentThread()) {
            Thread holder = writer;
            guard.unlock();
            throw notHeld(call, holder);
        }
        writer = null;
        readers = reader;
        readersTurn = true;
        Thread woken = wakeNext();
        guard.unlock();
        LockSupport.unpark(woken);
    }

    private LockUsageException notHeld(String call, @Nullable Thread holder) {
        return new LockUsageException(
                LockFault.NOT_HOLDER,
                toString(),
                holder == null ? null : holder.getName(),
                call + " by " + Thread.currentThread().getName() + " without the lock");
    }

    @Override
    public boolean tryUpgrade() {
        BlockingCheck.mayBlock("BlockingSharedLock");
        guard.lock();
        if (upgrader != null || readers == 0) {
            boolean unheld = readers == 0;
            guard.unlock();
            if (unheld) {
                throw notHeld("tryUpgrade", null);
            }
            return false;
        }
        upgrader = Thread.currentThread();
        boolean interrupted = false;
        while (readers > 1) {
            guard.unlock();
            interrupted |= Thread.interrupted();
            SchedulePoint.park(this);
            guard.lock();
        }
        upgrader = null;
        readers = 0;
        writer = Thread.currentThread();
        guard.unlock();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return true;
    }

    // Both

    private boolean tryAcquire(boolean reads) {
        guard.lock();
        boolean entered = enter(reads, null);
        guard.unlock();
        return entered;
    }

    /** Under the guard: enters if nobody inside, and nobody's turn or claim, is against it. */
    private boolean enter(boolean reads, @Nullable Waiter node) {
        if (writer != null || upgrader != null) {
            return false;
        }
        boolean claims = node != null && node.claims;
        if (reads) {
            boolean inTurn = node != null && readersTurn;
            boolean behindWriter = !inTurn && !(claims && claimingWriters == 0);
            if (behindWriter && !waitingWriters.isEmpty()) {
                return false;
            }
            readers++;
            return true;
        }
        boolean behindReader = claimingReaders > 0 && (!claims || readersTurn);
        boolean behindWriter = claimingWriters > 0 && !claims;
        if (readers > 0 || behindReader || behindWriter) {
            return false;
        }
        writer = Thread.currentThread();
        return true;
    }

    private boolean acquireInterruptibly(long timeoutNanos, boolean reads)
            throws InterruptedException {
        Patience.throwIfInterrupted();
        if (timeoutNanos <= 0) {
            return tryAcquire(reads);
        }
        Waiter node = acquire(true, timeoutNanos, reads);
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
     * Acquires the lock, or waits for it until the patience ends.
     *
     * @return the node of an interruptible wait, GRANTED if it entered; null if it entered without
     */
    private @Nullable Waiter acquire(boolean interruptible, long timeoutNanos, boolean reads) {
        BlockingCheck.mayBlock("BlockingSharedLock");
        for (int turn = 0; turn < SPINS; turn++) {
            if (tryAcquire(reads)) {
                return null;
            }
            if (!queue(reads).isEmpty()) { // a hint; others sleep already
                break;
            }
            Polling.pauseAwake(turn);
        }
        guard.lock();
        if (enter(reads, null)) {
            guard.unlock();
            return null;
        }
        if (writer == Thread.currentThread()) {
            guard.unlock();
            throw new LockUsageException(
                    LockFault.RECURSION,
                    toString(),
                    Thread.currentThread().getName(),
                    "the thread that writes asks for the lock again and would wait for itself");
        }
        Waiter node = queue(reads).take(interruptible, timeoutNanos);
        queue(reads).addLast(node);
        guard.unlock();
        await(node, reads);
        if (interruptible) {
            return node;
        }
        node.concludeEndless();
        recycle(node, reads);
        return null;
    }

    /** Ends when the node has entered, and is GRANTED, or its patience is over. */
    private void await(Waiter node, boolean reads) {
        long wokenSince = 0;
        while (true) {
            boolean goesOn = node.awaitNews(this);
            long now = SchedulePoint.nanoTime();
            wokenSince = wokenSince == 0 ? now : wokenSince;
            Thread woken = null;
            guard.lock();
            boolean entered = enter(reads, node);
            if (!entered && goesOn && now - wokenSince > OVERTAKEN_NANOS_MAX) {
                makeClaim(node, reads);
                entered = enter(reads, node);
            }
            if (entered || !goesOn) {
                queue(reads).remove(node);
                dropClaim(node, reads);
                if (entered) {
                    node.tell(Waiter.GRANTED);
                } else {
                    woken = wakeInsteadOf(reads);
                }
            } else {
                node.waitAgain();
            }
            guard.unlock();
            LockSupport.unpark(woken);
            if (entered || !goesOn) {
                return;
            }
        }
    }

    private void makeClaim(Waiter node, boolean reads) {
        if (!node.claims) {
            node.claims = true;
            claimingReaders += reads ? 1 : 0;
            claimingWriters += reads ? 0 : 1;
        }
    }

    private void dropClaim(Waiter node, boolean reads) {
        if (node.claims) {
            node.claims = false;
            claimingReaders -= reads ? 1 : 0;
            claimingWriters -= reads ? 0 : 1;
        }
    }

    /** A waiter gives up: whom it held back, or who would have come after it, tries. */
    private @Nullable Thread wakeInsteadOf(boolean reads) {
        if (writer != null || upgrader != null) {
            return null; // who writes wakes
        }
        if (!reads) {
            wakeAllReaders();
        }
        return wakeNext();
    }

    /**
     * Wakes those who may enter, of those that wait. Nobody writes now.
     *
     * @return whom to unpark yet
     */
    private @Nullable Thread wakeNext() {
        boolean readersMay =
                waitingWriters.isEmpty()
                        || readersTurn
                        || (claimingReaders > 0 && claimingWriters == 0);
        if (readersMay && !waitingReaders.isEmpty()) {
            wakeAllReaders();
            return null;
        }
        Waiter first = waitingWriters.first();
        return first == null || first.is(Waiter.WOKEN) ? null : first.tell(Waiter.WOKEN);
    }

    private void wakeAllReaders() {
        for (Waiter node = waitingReaders.first(); node != null; node = node.next) {
            if (!node.is(Waiter.WOKEN)) {
                LockSupport.unpark(node.tell(Waiter.WOKEN));
            }
        }
    }

    @Override
    public boolean isReadLocked() {
        guard.lock();
        boolean read = readers > 0;
        guard.unlock();
        return read;
    }

    @Override
    public boolean isWriteLocked() {
        guard.lock();
        boolean written = writer != null;
        guard.unlock();
        return written;
    }

    @Override
    public String toString() {
        return isWriteLocked()
                ? "BlockingSharedLock[written]"
                : isReadLocked() ? "BlockingSharedLock[read]" : "BlockingSharedLock[free]";
    }
}
