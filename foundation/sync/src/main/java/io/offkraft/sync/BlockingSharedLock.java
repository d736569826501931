// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A lock for readers and writers whose waiters sleep until they are woken: for sections that may be
 * long, or block themselves. Phase-fair (Brandenburg and Anderson, 2010), with queues of sleepers.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual; a virtual one that waits gives its
 * carrier free.
 *
 * <p><b>Progress:</b> blocking. Readers that come while a writer waits, wait too; a writer that
 * leaves lets in all readers that wait, and the last of them lets in the writer that waits longest.
 * So a reader waits for one writer at most, and a writer for those before it and the readers
 * between. Without waiters, one compare-and-set for each call.
 *
 * <p><b>Memory effects:</b> see {@link SharedLock}. A wait allocates nothing, unless more wait than
 * ever before.
 *
 * <p><b>Failure:</b> {@link LockUsageException} for a writer that asks again, for an unlock without
 * a lock, and for an interrupt handler that wants to wait; nothing changes. Readers are counted,
 * not known: a reader that reads again while a writer waits, waits for itself, so nesting is
 * forbidden; {@link #tryLockRead()} fails then, and does not wait.
 */
public final class BlockingSharedLock implements SharedLock {
    /*
     * The word: how many read (READERS), whether somebody writes (WRITER), and whether somebody
     * waits (QUEUED). While QUEUED is off, all goes by compare-and-set of the word. It is set and
     * cleared under the guard only, and while it is on the word changes under the guard only.
     *
     * Under the guard, after each change, settle() gives the lock to all that may have it. So
     * whoever waits cannot be let in, and that is found by no other way than the next change.
     *
     * Ordering: a compare-and-set that lets out releases, one that lets in acquires; a lock that is
     * handed over goes by the state of the waiter's node.
     */

    private static final long READERS = (1L << 32) - 1;
    private static final long WRITER = 1L << 32;
    private static final long QUEUED = 1L << 33;

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

    /** The id of the thread that writes; of use to that thread only. 0 if nobody does. */
    private volatile long writerId;

    private final SpinLock guard = new SpinLock();
    private final WaiterList readers = new WaiterList();
    private final WaiterList writers = new WaiterList();

    /** A reader that waits until it is alone, to write. */
    private @Nullable Waiter upgrader;

    /** Makes a free lock. */
    public BlockingSharedLock() {}

    @Override
    public void lockRead() {
        enterForGood(readers);
    }

    @Override
    public void lockReadInterruptibly() throws InterruptedException {
        enterWithin(readers, Long.MAX_VALUE);
    }

    @Override
    public boolean tryLockRead(long timeoutNanos) throws InterruptedException {
        return enterWithin(readers, timeoutNanos);
    }

    @Override
    public boolean tryLockRead() {
        while (true) {
            long now = load();
            if ((now & (WRITER | QUEUED)) != 0) {
                return false;
            }
            if (exchanged(now, now + 1)) {
                return true;
            }
        }
    }

    @Override
    public void lockWrite() {
        enterForGood(writers);
    }

    @Override
    public void lockWriteInterruptibly() throws InterruptedException {
        enterWithin(writers, Long.MAX_VALUE);
    }

    @Override
    public boolean tryLockWrite(long timeoutNanos) throws InterruptedException {
        return enterWithin(writers, timeoutNanos);
    }

    @Override
    public boolean tryLockWrite() {
        if (load() != 0 || !STATE.compareAndSet(this, 0L, WRITER)) {
            return false;
        }
        writerId = Thread.currentThread().threadId();
        return true;
    }

    private boolean tryEnter(WaiterList queue) {
        return queue == readers ? tryLockRead() : tryLockWrite();
    }

    private void enterForGood(WaiterList queue) {
        BlockingCheck.mayBlock("BlockingSharedLock");
        if (!tryEnter(queue)) {
            Waiter node = queueUp(queue, false, Long.MAX_VALUE);
            if (node != null) {
                node.awaitNews(this);
                entered(queue);
                node.concludeEndless();
                recycle(queue, node);
            }
        }
    }

    private boolean enterWithin(WaiterList queue, long timeoutNanos) throws InterruptedException {
        Patience.throwIfInterrupted();
        if (timeoutNanos > 0) {
            BlockingCheck.mayBlock("BlockingSharedLock");
        }
        if (tryEnter(queue)) {
            return true;
        }
        if (timeoutNanos <= 0) {
            return false;
        }
        Waiter node = queueUp(queue, true, timeoutNanos);
        if (node == null) {
            return true;
        }
        boolean in = node.awaitNews(this) || !leave(queue, node);
        if (in) {
            entered(queue);
        }
        try {
            return node.conclude(in);
        } finally {
            recycle(queue, node);
        }
    }

    private void entered(WaiterList queue) {
        if (queue == writers) {
            writerId = Thread.currentThread().threadId();
        }
    }

    /** Returns the caller's node in the queue; null if the lock was free after all. */
    private @Nullable Waiter queueUp(
            WaiterList queue, boolean mayBeInterrupted, long timeoutNanos) {
        throwIfWriter();
        guard.lock();
        try {
            while (true) {
                if (tryEnter(queue)) {
                    return null;
                }
                long now = load();
                // From here on all go through the guard. What is free without QUEUED is taken by
                // another round.
                boolean free = queue == readers ? (now & (WRITER | QUEUED)) == 0 : now == 0;
                if (!free && exchanged(now, now | QUEUED)) {
                    Waiter node = queue.take(mayBeInterrupted, timeoutNanos);
                    queue.addLast(node);
                    return node;
                }
            }
        } finally {
            guard.unlock();
        }
    }

    /** Returns whether the node left the queue; if not, it was handed the lock before. */
    private boolean leave(WaiterList queue, Waiter node) {
        Waiter let = null;
        guard.lock();
        boolean left = node.queued;
        if (left) {
            queue.remove(node);
            let = settle(false);
        }
        guard.unlock();
        Waiter.tellAll(let, Waiter.GRANTED);
        if (!left) {
            node.awaitBeingTold();
        }
        return left;
    }

    private void recycle(WaiterList queue, Waiter node) {
        guard.lock();
        queue.giveBack(node);
        guard.unlock();
    }

    @Override
    public void unlockRead() {
        while (true) {
            long now = load();
            if ((now & READERS) == 0) {
                throw notHeld("unlockRead", "reads");
            }
            if ((now & QUEUED) != 0) {
                change(-1, false);
                return;
            }
            if (exchanged(now, now - 1)) {
                return;
            }
        }
    }

    @Override
    public void unlockWrite() {
        throwUnlessWriter("unlockWrite");
        writerId = 0;
        if (!STATE.compareAndSet(this, WRITER, 0L)) { // release: pairs with who comes next
            change(-WRITER, true);
        }
    }

    @Override
    public void downgrade() {
        throwUnlessWriter("downgrade");
        writerId = 0;
        if (!STATE.compareAndSet(this, WRITER, 1L)) { // release: pairs with readers that come in
            change(1 - WRITER, true);
        }
    }

    /** By a holder: adds to the word, and lets in who may come in then. */
    private void change(long delta, boolean writerLeaves) {
        guard.lock();
        long now = load();
        while (!exchanged(now, now + delta)) {
            now = load();
        }
        Waiter let = settle(writerLeaves);
        guard.unlock();
        Waiter.tellAll(let, Waiter.GRANTED);
    }

    @Override
    public boolean tryUpgrade() {
        BlockingCheck.mayBlock("BlockingSharedLock");
        guard.lock();
        Waiter node = null;
        try {
            while (node == null) {
                long now = load();
                if ((now & READERS) == 0) {
                    throw notHeld("tryUpgrade", "reads");
                }
                if (upgrader != null) {
                    return false;
                }
                if ((now & READERS) == 1) {
                    if (exchanged(now, now - 1 + WRITER)) {
                        writerId = Thread.currentThread().threadId();
                        return true;
                    }
                } else if (exchanged(now, now | QUEUED)) {
                    node = writers.take(false, Long.MAX_VALUE);
                    upgrader = node;
                }
            }
        } finally {
            guard.unlock();
        }
        node.awaitNews(this);
        entered(writers);
        node.concludeEndless();
        recycle(writers, node);
        return true;
    }

    /**
     * Under the guard: gives the lock to those that may have it now.
     *
     * @param writerLeft whether a writer left just now, so that it is the readers' turn
     * @return a chain of those to tell when the guard is released
     */
    private @Nullable Waiter settle(boolean writerLeft) {
        long now = load();
        if ((now & QUEUED) == 0) {
            return null; // nobody waits, and others may change the word
        }
        long reading = now & READERS;
        long writing = now & WRITER;
        Waiter let = null;
        if (upgrader != null) {
            if (reading == 1) {
                let = upgrader;
                upgrader = null;
                reading = 0;
                writing = WRITER;
            }
        } else if (writing == 0) {
            boolean readersTurn = writerLeft || writers.isEmpty();
            if (!readers.isEmpty() && readersTurn) {
                reading += readers.size();
                let = readers.pollAll();
            } else if (reading == 0) {
                let = writers.pollFirst();
                writing = let == null ? 0 : WRITER;
            }
        }
        boolean waits = upgrader != null || !readers.isEmpty() || !writers.isEmpty();
        SchedulePoint.reach();
        // release: what those before did, for whoever comes by compare-and-set. Under QUEUED nobody
        // else stores.
        STATE.setVolatile(this, reading | writing | (waits ? QUEUED : 0));
        return let;
    }

    private long load() {
        SchedulePoint.reach();
        return (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
    }

    /** Acquires for who enters, releases for who leaves: pairs with itself. */
    private boolean exchanged(long expected, long next) {
        SchedulePoint.reach();
        return STATE.compareAndSet(this, expected, next);
    }

    private void throwIfWriter() {
        if (writerId == Thread.currentThread().threadId()) {
            throw new LockUsageException(
                    LockFault.RECURSION,
                    "BlockingSharedLock",
                    Thread.currentThread().getName(),
                    "its writer asks for it again and would wait for itself; it may downgrade");
        }
    }

    private void throwUnlessWriter(String call) {
        if (writerId != Thread.currentThread().threadId()) {
            throw notHeld(call, "writes");
        }
    }

    private LockUsageException notHeld(String call, String what) {
        long writer = writerId;
        return new LockUsageException(
                LockFault.NOT_HOLDER,
                "BlockingSharedLock",
                writer == 0 ? null : "thread #" + writer,
                call
                        + " by "
                        + Thread.currentThread().getName()
                        + "; only a thread that "
                        + what
                        + " may");
    }

    @Override
    public boolean isReadLocked() {
        return ((long) STATE.getOpaque(this) & READERS) != 0; // opaque: a hint
    }

    @Override
    public boolean isWriteLocked() {
        return ((long) STATE.getOpaque(this) & WRITER) != 0; // opaque: a hint
    }

    @Override
    public String toString() {
        return "BlockingSharedLock["
                + (isWriteLocked() ? "written" : isReadLocked() ? "read" : "free")
                + "]";
    }
}
