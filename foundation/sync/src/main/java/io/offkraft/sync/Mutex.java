// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A lock whose waiters sleep until they are woken: for sections that may be long, or block
 * themselves.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual; a virtual one that waits gives its
 * carrier free.
 *
 * <p><b>Progress:</b> blocking. By default a thread that runs may overtake one that is being woken,
 * for a millisecond or so; then the lock is handed over to it. With {@link
 * Builder#handingOver(boolean)} it always is: first in, first out, and much slower if contended.
 *
 * <p><b>Memory effects:</b> see {@link ExclusiveLock}. A wait allocates nothing, unless more wait
 * than ever before.
 *
 * <p><b>Failure:</b> a thread that unlocks what it does not hold, or locks again what it holds and
 * is not recursive, or waits in an interrupt handler, gets a {@link LockUsageException}; nothing
 * changes.
 */
public final class Mutex implements ExclusiveLock {
    /*
     * The word: the id of the thread that holds it, or 0; and the sign bit (CALL) if the next
     * unlock must look at the queue.
     *
     * CALL is set by whoever goes to sleep, and taken off by the unlock that wakes the first
     * waiter: while that is on its way, locking and unlocking are the short way for others. It sets
     * CALL again if it was overtaken and sleeps again. So: whenever a waiter sleeps in the queue and
     * the first one is not awake, CALL is set or the word is about to be changed under the guard.
     *
     * Ordering: the word is changed by compare-and-set only, with acquire to take it and release
     * to free it. The node of a waiter that is given the lock is told so with release.
     */

    /** How a mutex is made. */
    public static final class Builder {
        private boolean recursive;
        private boolean handsOver;
        private boolean metered;

        private Builder() {}

        /** Whether its holder may lock it again, and must unlock it as often; no by default. */
        public Builder recursive(boolean choice) {
            recursive = choice;
            return this;
        }

        /** Whether it goes to who waits longest, always; no by default. */
        public Builder handingOver(boolean choice) {
            handsOver = choice;
            return this;
        }

        /** Whether {@link Mutex#metrics()} counts; no by default. */
        public Builder metered(boolean choice) {
            metered = choice;
            return this;
        }

        /** Returns a free mutex. */
        public Mutex build() {
            return new Mutex(this);
        }
    }

    private static final long FREE = 0;
    private static final long CALL = Long.MIN_VALUE;

    /** So long may a waiter be overtaken after it was woken first. */
    private static final long OVERTAKEN_NANOS_MAX = 1_000_000;

    /** Turns that a waiter spins before it queues; only if nobody else waits. */
    private static final int SPINS = Math.min(4, Polling.SPINS);

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Mutex.class, "state", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long state;

    /** Of the holder: how often it locked beside the first time. */
    private int depth;

    private final boolean recursive;
    private final boolean handsOver;
    private final @Nullable MutexCounters counters;

    private final SpinLock guard = new SpinLock();
    private final WaiterList waiters = new WaiterList();

    private Mutex(Builder builder) {
        recursive = builder.recursive;
        handsOver = builder.handsOver;
        counters = builder.metered ? new MutexCounters() : null;
    }

    /** Makes a free mutex with the defaults of {@link #builder()}. */
    public Mutex() {
        this(new Builder());
    }

    /** Returns what makes a mutex. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public void lock() {
        BlockingCheck.mayBlock("Mutex");
        long self = Thread.currentThread().threadId();
        SchedulePoint.reach();
        SharedAtomics.count();
        // acquire: pairs with the release of the last unlock.
        if (!STATE.weakCompareAndSetAcquire(this, FREE, self)) {
            Waiter node = lockSlow(self, false, Long.MAX_VALUE);
            if (node != null) {
                node.concludeEndless();
                recycle(node);
            }
        }
        if (counters != null) {
            counters.locked();
        }
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        Patience.throwIfInterrupted();
        lockWithin(Long.MAX_VALUE);
        if (counters != null) {
            counters.locked();
        }
    }

    @Override
    public boolean tryLock(long timeoutNanos) throws InterruptedException {
        Patience.throwIfInterrupted();
        boolean locked = timeoutNanos <= 0 ? take() : lockWithin(timeoutNanos);
        if (counters != null) {
            counters.tried(locked);
        }
        return locked;
    }

    @Override
    public boolean tryLock() {
        boolean locked = take();
        if (counters != null) {
            counters.tried(locked);
        }
        return locked;
    }

    /**
     * Acquires the mutex if nobody holds it, the interrupted thread included, as a handler must.
     *
     * @return whether it was acquired; if not, nothing changed
     */
    public boolean tryLockIsr() {
        SchedulePoint.reach();
        boolean locked = (long) STATE.getOpaque(this) == FREE && takeFree();
        if (counters != null) {
            counters.tried(locked);
        }
        return locked;
    }

    private boolean take() {
        SchedulePoint.reach();
        if (holder((long) STATE.getOpaque(this)) == Thread.currentThread().threadId()) {
            if (recursive) {
                depth++;
            }
            return recursive;
        }
        return takeFree();
    }

    /** Acquires the word if it is free, whoever may be called. */
    private boolean takeFree() {
        long self = Thread.currentThread().threadId();
        while (true) {
            SchedulePoint.reach();
            long now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
            if (holder(now) != FREE) {
                return false;
            }
            SharedAtomics.count();
            // acquire: pairs with the release of the last unlock.
            if (STATE.weakCompareAndSetAcquire(this, now, now | self)) {
                return true;
            }
        }
    }

    private static long holder(long state) {
        return state & ~CALL;
    }

    @Override
    public void unlock() {
        long self = Thread.currentThread().threadId();
        if (holder((long) STATE.getOpaque(this)) != self) {
            throw notHolder("unlock");
        }
        if (counters != null) {
            counters.unlocked();
        }
        if (depth > 0) {
            depth--;
            return;
        }
        SchedulePoint.reach();
        SharedAtomics.count();
        // release: pairs with the acquire of the next holder. Fails if CALL is set.
        if (!STATE.compareAndSet(this, self, FREE)) {
            unlockSlow();
        }
    }

    private LockUsageException notHolder(String call) {
        return new LockUsageException(
                LockFault.NOT_HOLDER,
                toString(),
                holderName(),
                call + " by " + Thread.currentThread().getName() + ", which does not hold it");
    }

    private @Nullable String holderName() {
        long holder = holder((long) STATE.getOpaque(this));
        return holder == FREE ? null : "thread #" + holder;
    }

    private boolean lockWithin(long timeoutNanos) throws InterruptedException {
        BlockingCheck.mayBlock("Mutex");
        Waiter node = lockSlow(Thread.currentThread().threadId(), true, timeoutNanos);
        if (node == null) {
            return true;
        }
        boolean locked = isHeldByCurrentThread();
        try {
            return node.conclude(locked);
        } finally {
            recycle(node);
        }
    }

    private void recycle(Waiter node) {
        guard.lock();
        waiters.giveBack(node);
        guard.unlock();
    }

    /**
     * Returns null if the mutex was acquired without a wait; else the node of the wait, now over.
     */
    private @Nullable Waiter lockSlow(long self, boolean mayBeInterrupted, long timeoutNanos) {
        if (isHeldByCurrentThread()) {
            if (!recursive) {
                throw new LockUsageException(
                        LockFault.RECURSION,
                        toString(),
                        Thread.currentThread().getName(),
                        "its holder asks for it again and would wait for itself; a recursive mutex"
                                + " allows that");
            }
            depth++;
            return null;
        }
        if (!handsOver && takenBySpinning()) {
            return null;
        }
        guard.lock();
        if (takeOrCall(self)) {
            guard.unlock();
            return null;
        }
        Waiter node = waiters.take(mayBeInterrupted, timeoutNanos);
        node.claims = handsOver;
        waiters.addLast(node);
        guard.unlock();
        if (counters != null) {
            counters.contended();
        }
        awaitLock(self, node);
        return node;
    }

    private boolean takenBySpinning() {
        for (int turn = 0; turn < SPINS; turn++) {
            if (takeFree()) {
                return true;
            }
            if ((long) STATE.getOpaque(this) < 0) { // others sleep already
                return false;
            }
            Polling.pauseAwake(turn);
        }
        return takeFree();
    }

    /** Under the guard: acquires the word if it is free, else has the next unlock look here. */
    private boolean takeOrCall(long self) {
        while (true) {
            SchedulePoint.reach();
            long now = (long) STATE.getOpaque(this); // opaque: the compare-and-set decides
            boolean free = holder(now) == FREE && (!handsOver || waiters.isEmpty());
            SharedAtomics.count();
            // acquire: pairs with the release of the last unlock.
            if (STATE.weakCompareAndSet(this, now, free ? now | self : now | CALL)) {
                return free;
            }
        }
    }

    /**
     * Ends when the caller holds the mutex, or its patience is over; the node is in no queue then.
     */
    private void awaitLock(long self, Waiter node) {
        long wokenSince = 0;
        while (true) {
            if (!node.awaitNews(this)) {
                leave(node);
                return;
            }
            if (node.is(Waiter.GRANTED)) {
                return;
            }
            for (int turn = 0; turn < SPINS; turn++) {
                if (takeFree()) {
                    leaveAsHolder(node);
                    return;
                }
                Polling.pauseAwake(turn);
            }
            long now = SchedulePoint.nanoTime();
            wokenSince = wokenSince == 0 ? now : wokenSince;
            guard.lock();
            if (node.is(Waiter.WOKEN)) { // and not granted meanwhile
                if (takeOrCall(self)) {
                    waiters.remove(node);
                    callForOthers();
                    guard.unlock();
                    return;
                }
                node.claims |= now - wokenSince > OVERTAKEN_NANOS_MAX;
                node.waitAgain();
            }
            guard.unlock();
        }
    }

    private void leaveAsHolder(Waiter node) {
        guard.lock();
        waiters.remove(node);
        callForOthers();
        guard.unlock();
    }

    /** Under guard and mutex: whoever is in the queue sleeps, so the next unlock must look. */
    private void callForOthers() {
        if (!waiters.isEmpty()) {
            long now;
            do {
                SchedulePoint.reach();
                now = (long) STATE.getOpaque(this);
                SharedAtomics.count();
                // Only CALL can change under the holder, by those who set it.
            } while (!STATE.weakCompareAndSet(this, now, now | CALL));
        }
    }

    /** Gives up, unless the mutex was handed over just now. */
    private void leave(Waiter node) {
        Thread woken = null;
        guard.lock();
        if (node.queued) {
            waiters.remove(node);
            Waiter next = waiters.first();
            // If it was on its way, CALL is off, and the word is free perhaps: another must go.
            if (next != null && node.is(Waiter.WOKEN)) {
                woken = next.tell(Waiter.WOKEN);
            }
        }
        guard.unlock();
        LockSupport.unpark(woken);
    }

    private void unlockSlow() {
        Thread woken = null;
        guard.lock();
        Waiter first = waiters.first();
        if (first == null) {
            freeUnderGuard(FREE);
        } else if (first.claims) {
            waiters.remove(first);
            freeUnderGuard(first.threadId() | (waiters.isEmpty() ? 0 : CALL));
            woken = first.tell(Waiter.GRANTED);
        } else {
            freeUnderGuard(FREE);
            woken = first.tell(Waiter.WOKEN);
        }
        guard.unlock();
        LockSupport.unpark(woken);
    }

    /** By the holder: nobody else changes the word, as CALL is set under the guard only. */
    private void freeUnderGuard(long next) {
        SchedulePoint.reach();
        SharedAtomics.count();
        STATE.setVolatile(this, next); // release: pairs with the acquire of the next holder
    }

    @Override
    public boolean isLocked() {
        return holder((long) STATE.getOpaque(this)) != FREE; // opaque: a hint
    }

    /** Returns whether the calling thread holds the mutex. */
    public boolean isHeldByCurrentThread() {
        return holder((long) STATE.getOpaque(this)) == Thread.currentThread().threadId();
    }

    /** Returns how often the calling thread holds the mutex: 0 if it does not. */
    public int holds() {
        return isHeldByCurrentThread() ? depth + 1 : 0;
    }

    /** Returns a new condition of this mutex. */
    public MutexCondition newCondition() {
        return new MutexCondition(this);
    }

    /** Frees the mutex, however often the caller holds it, and returns how often beside once. */
    int unlockAll() {
        if (!isHeldByCurrentThread()) {
            throw notHolder("await");
        }
        int held = depth;
        depth = 0;
        if (counters != null) {
            counters.unlocked(held);
        }
        unlock();
        return held;
    }

    /** Takes the mutex as it was before {@link #unlockAll}. */
    void lockAgain(int held) {
        lock();
        depth = held;
        if (counters != null) {
            counters.locked(held);
        }
    }

    void throwUnlessHeld(String call) {
        if (!isHeldByCurrentThread()) {
            throw notHolder(call);
        }
    }

    /**
     * Returns what was counted.
     *
     * <p>Exact at rest; while others lock and unlock, each figure is one that it had a moment ago.
     *
     * @throws IllegalStateException unless the mutex was built metered
     */
    public MutexMetrics metrics() {
        if (counters == null) {
            throw new IllegalStateException("not metered: build it with metered(true)");
        }
        return counters.metrics();
    }

    @Override
    public Lock asLock() {
        return new MutexView(this);
    }

    @Override
    public String toString() {
        String holder = holderName();
        return holder == null ? "Mutex[free]" : "Mutex[held by " + holder + "]";
    }
}
