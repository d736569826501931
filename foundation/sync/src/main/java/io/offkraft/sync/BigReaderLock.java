// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A lock for data that is read all the time and seldom written: a reader touches one cache line of
 * its own, a writer all of them. The idea is that of Linux's big-reader lock (2.4), with a place
 * for each of a few threads instead of a lock for each CPU.
 *
 * <p>Costs 128 bytes a place, and there are four places a CPU at least, and eight.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual.
 *
 * <p><b>Progress:</b> readers do not disturb each other. A writer waits for the readers inside, and
 * new ones wait for it, so readers cannot starve writers; writers take turns, and a reader that
 * waited in vain for a while takes its turn among them, so writers cannot starve readers.
 *
 * <p><b>Tries:</b> {@link #tryLockRead()} and {@link #tryLockWrite()} may both fail if they meet,
 * as each shows itself first and gives way to the other. Waiting is the way to be sure of one.
 *
 * <p><b>Recursion:</b> a thread that reads may read again, whether a writer waits or not. Nothing
 * else is recursive.
 *
 * <p><b>Memory effects:</b> see {@link SharedLock}. More readers than places at a time allocate.
 *
 * <p><b>Failure:</b> unlocking reading that the thread does not hold throws {@link
 * IllegalMonitorStateException}; nothing changes. The rest is found by the validator only.
 */
public final class BigReaderLock implements SharedLock {
    /*
     * Places
     *   An array of longs, each on cache lines of its own: the id of the thread that reads, or 0.
     *   A reader takes the place of its thread id, or the next that is free; if none is, it counts
     *   itself in a map (crowd). So a place is one thread's: it takes it by a compare-and-set,
     *   finds it again by its id, and gives it back by a store.
     *
     * Reader against writer
     *   Reader: take a place, then look whether the lock of the writers is held.
     *   Writer: take the lock of the writers, then look at all places.
     *   All four are volatile accesses, which have one order; so at least one sees the other. The
     *   reader gives way; the writer waits.
     *
     * Ordering
     *   A place is given back with release, and seen free by the writer with acquire: what was
     *   read was read before. The lock of the writers is given back with release, and seen free
     *   with acquire after a place was taken: what was written is seen.
     */

    /** Longs between two places: 128 bytes, as neighbouring lines are fetched in pairs. */
    private static final int STRIDE_SHIFT = 4;

    private static final int PLACES = Math.max(8, Integer.highestOneBit(4 * Polling.CPUS - 1) << 1);

    private static final long NO_THREAD = 0; // thread ids are positive

    private static final VarHandle PLACE = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle WRITING;
    private static final VarHandle CROWDED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            WRITING = lookup.findVarHandle(BigReaderLock.class, "writing", boolean.class);
            CROWDED = lookup.findVarHandle(BigReaderLock.class, "crowded", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** One place of padding before the first and after the last. */
    private final long[] places = new long[(PLACES + 2) << STRIDE_SHIFT];

    /** Whether the holder of writers is a writer, and not a reader in passing. */
    @SuppressWarnings("unused") // accessed through WRITING only
    private boolean writing;

    /** How many readings the crowd holds, counted before it does. */
    @SuppressWarnings("unused") // accessed through CROWDED only
    private int crowded;

    /** Readings without a place, by thread id. */
    private final ConcurrentHashMap<Long, Integer> crowd = new ConcurrentHashMap<>();

    /** Held for writing, and for a moment by readers that waited in vain. */
    private final McsLock writers = new McsLock();

    /** Makes a free lock. */
    public BigReaderLock() {}

    // Readers

    @Override
    public void lockRead() {
        long self = Thread.currentThread().threadId();
        int place = placeOf(self);
        SchedulePoint.reach();
        SharedAtomics.count();
        // Full: before the look at writers; pairs with their look at the places.
        if (PLACE.compareAndSet(places, place, NO_THREAD, self)) {
            if (!isClosed()) {
                return;
            }
            leave(place);
        } else {
            enter(self);
            if (!isClosed()) {
                return;
            }
            unlockRead();
        }
        Patience patience = Patience.endless();
        acquireRead(self, patience);
        patience.concludeEndless();
    }

    @Override
    public void lockReadInterruptibly() throws InterruptedException {
        tryLockRead(Long.MAX_VALUE);
    }

    @Override
    public boolean tryLockRead(long timeoutNanos) throws InterruptedException {
        Patience patience = Patience.timed(timeoutNanos);
        return patience.conclude(
                tryLockRead()
                        || (timeoutNanos > 0
                                && acquireRead(Thread.currentThread().threadId(), patience)));
    }

    @Override
    public boolean tryLockRead() {
        return tryRead(Thread.currentThread().threadId());
    }

    private boolean tryRead(long self) {
        boolean reads = isReadBy(self); // then a writer waits for it, and must not be waited for
        enter(self);
        if (reads || !isClosed()) {
            return true;
        }
        unlockRead();
        return false;
    }

    private boolean acquireRead(long self, Patience patience) {
        for (int turn = 0; turn < Polling.FIRST_SLEEP; turn++) {
            if (tryRead(self)) {
                return true;
            }
            if (patience.isOver()) {
                return false;
            }
            while (turn < Polling.FIRST_SLEEP && isClosed()) {
                Polling.pauseAwake(turn++);
            }
        }
        // In the order of writers, so that they cannot overtake for ever.
        if (!writers.tryLock() && !writers.acquireQueued(patience)) {
            return false;
        }
        enter(self); // nobody writes: that would be the holder of writers
        writers.unlock();
        return true;
    }

    /** Takes a place, or counts the caller in the crowd; before whatever it reads next. */
    private void enter(long self) {
        int place = placeOf(self);
        for (int i = 0; i < PLACES; i++) {
            SchedulePoint.reach();
            SharedAtomics.count();
            // Full: as in lockRead.
            if (PLACE.compareAndSet(places, place, NO_THREAD, self)) {
                return;
            }
            place = nextPlace(place);
        }
        crowd.merge(self, 1, Integer::sum);
        SchedulePoint.reach();
        SharedAtomics.count();
        CROWDED.getAndAdd(this, 1); // full: before the look at writers, as a place
    }

    @Override
    public void unlockRead() {
        long self = Thread.currentThread().threadId();
        int place = placeOf(self);
        if (reader(place) == self) {
            leave(place);
        } else {
            leaveElsewhere(self, place);
        }
    }

    private void leaveElsewhere(long self, int first) {
        int place = first;
        for (int i = 1; i < PLACES; i++) {
            place = nextPlace(place);
            if (reader(place) == self) {
                leave(place);
                return;
            }
        }
        if (!crowd.containsKey(self)) {
            throw new IllegalMonitorStateException(
                    "thread " + Thread.currentThread().getName() + " does not read under " + this);
        }
        crowd.computeIfPresent(self, (_, count) -> count == 1 ? null : count - 1);
        SchedulePoint.reach();
        SharedAtomics.count();
        CROWDED.getAndAdd(this, -1); // release: pairs with the acquire in awaitReaders
    }

    private void leave(int place) {
        SchedulePoint.reach();
        PLACE.setRelease(places, place, NO_THREAD); // release: pairs with reader in awaitReaders
    }

    private boolean isReadBy(long self) {
        for (int i = 0; i < PLACES; i++) {
            if (reader((i + 1) << STRIDE_SHIFT) == self) {
                return true;
            }
        }
        return isCrowded() && crowd.containsKey(self);
    }

    private long reader(int place) {
        SchedulePoint.reach();
        return (long) PLACE.getVolatile(places, place); // acquire: pairs with leave; see the top
    }

    private boolean isCrowded() {
        SchedulePoint.reach();
        return (int) CROWDED.getVolatile(this) != 0; // acquire: pairs with leaveElsewhere
    }

    /** Returns whether the caller must give way; asked after it has taken a place. */
    private boolean isClosed() {
        return writers.isLockedVolatile(); // pairs with the acquisition by a writer
    }

    private static int placeOf(long threadId) {
        return (((int) threadId & (PLACES - 1)) + 1) << STRIDE_SHIFT;
    }

    private static int nextPlace(int place) {
        return place == PLACES << STRIDE_SHIFT ? 1 << STRIDE_SHIFT : place + (1 << STRIDE_SHIFT);
    }

    // Writers

    @Override
    public void lockWrite() {
        writers.lock();
        Patience patience = Patience.endless();
        awaitReaders(patience);
        patience.concludeEndless();
    }

    @Override
    public void lockWriteInterruptibly() throws InterruptedException {
        tryLockWrite(Long.MAX_VALUE);
    }

    @Override
    public boolean tryLockWrite(long timeoutNanos) throws InterruptedException {
        Patience patience = Patience.timed(timeoutNanos);
        if (tryLockWrite()) {
            return true;
        }
        return patience.conclude(
                timeoutNanos > 0
                        && (writers.tryLock() || writers.acquireQueued(patience))
                        && awaitReaders(patience));
    }

    @Override
    public boolean tryLockWrite() {
        if (!writers.tryLock()) {
            return false;
        }
        announceWriting();
        if (hasReaders()) {
            unlockWrite();
            return false;
        }
        return true;
    }

    /** The caller holds writers; if its patience ends before the readers have left, no longer. */
    private boolean awaitReaders(Patience patience) {
        announceWriting();
        for (int turn = 0; hasReaders(); turn++) {
            if (patience.isOver()) {
                unlockWrite();
                return false;
            }
            Polling.pause(this, turn, patience);
        }
        return true;
    }

    private void announceWriting() {
        SchedulePoint.reach();
        WRITING.setRelease(this, true); // release: only who upgrades waits for it
    }

    private boolean hasReaders() {
        for (int i = 1; i <= PLACES; i++) {
            if (reader(i << STRIDE_SHIFT) != NO_THREAD) {
                return true;
            }
        }
        return isCrowded();
    }

    @Override
    public void unlockWrite() {
        SchedulePoint.reach();
        WRITING.setRelease(this, false); // release: as in announceWriting
        writers.unlock();
    }

    /**
     * {@inheritDoc}
     *
     * <p>False as well if a writer came before: it waits for the caller to leave. A thread that
     * reads more than once would wait for itself.
     */
    @Override
    public boolean tryUpgrade() {
        for (int turn = 0; !writers.tryLock(); turn++) {
            if (isWriteLocked()) {
                return false;
            }
            // Held by a writer that is about to say so, or by a reader that is about to leave.
            Polling.pauseAwake(turn);
        }
        announceWriting();
        unlockRead();
        Patience patience = Patience.endless();
        awaitReaders(patience);
        patience.concludeEndless();
        return true;
    }

    @Override
    public void downgrade() {
        enter(Thread.currentThread().threadId());
        unlockWrite();
    }

    @Override
    public boolean isReadLocked() {
        return hasReaders();
    }

    @Override
    public boolean isWriteLocked() {
        SchedulePoint.reach();
        return (boolean) WRITING.getAcquire(this);
    }

    @Override
    public String toString() {
        return isWriteLocked()
                ? "BigReaderLock[written]"
                : isReadLocked() ? "BigReaderLock[read]" : "BigReaderLock[free]";
    }
}
