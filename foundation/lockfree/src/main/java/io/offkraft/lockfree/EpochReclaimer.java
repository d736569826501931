// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import io.offkraft.lockfree.RetiredList.Retired;
import io.offkraft.sync.InterruptState;
import io.offkraft.sync.LockFault;
import io.offkraft.sync.LockUsageException;
import io.offkraft.sync.Mutex;
import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Lets readers use what a writer takes out of a structure, until the last of them is done with it:
 * epoch-based reclamation (Fraser, <i>Practical lock-freedom</i>, 2004) with readers counted by
 * place and parity, as in the sleepable RCU of Linux (McKenney, 2006).
 *
 * <p>A reader brackets its section, and may use all it finds in between:
 *
 * <pre>{@code
 * long token = epochs.enter();
 * try {
 *     use(head);
 * } finally {
 *     epochs.exit(token);
 * }
 * }</pre>
 *
 * <p>A writer first makes a thing unreachable for new readers, and then retires it: {@code
 * epochs.retire(address, pool::give)}. The callback runs after all readers have left who were
 * inside at the time of the call. That is a <i>grace period</i>. Nothing runs by itself: callbacks
 * run in the threads that call {@link #poll()} or {@link #close()}.
 *
 * <p><b>Guarantees:</b> a callback never runs while a reader is inside that entered before its
 * {@code retire}; each callback runs once, none is lost, also if others throw and also at {@code
 * close}; they run one at a time, and those that one thread retired in the order in which it did.
 *
 * <p><b>Nesting:</b> sections of one thread may be nested and overlap; each has a token of its own.
 * A token is a number, nothing is kept for a thread: a virtual thread may be unmounted inside, a
 * section may end in another thread than it began in (hand the token over in a way that orders).
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual, any number.
 *
 * <p><b>Progress:</b> {@code enter} and {@code exit} take a few steps and wait for nobody, nor does
 * {@code retire}, which is lock-free. {@code poll} never waits: if another thread is at it, it
 * leaves the rest to that one. <b>A reader that never leaves blocks reclamation for ever</b>, but
 * no reader, no {@code retire} and no {@code poll}; memory that is retired meanwhile piles up
 * ({@link #pending()} says how much). So does a thread that stops in the middle of a {@code poll},
 * or a callback that does not return. {@code synchronize} and {@code close} wait for readers;
 * nobody wakes them, they look again after a millisecond at the latest.
 *
 * <p><b>Memory effects:</b> what a writer did before {@code retire} or {@code synchronize} is
 * visible to readers that enter after it; what readers did inside is visible to the callback, or
 * after {@code synchronize}. A load inside a section is not moved before {@code enter}, nor any
 * access after {@code exit}. The pointer itself must be published as always: with release, and
 * loaded with acquire.
 *
 * <p><b>Failure:</b> {@code exit} with what is no token of this reclaimer, or twice when no other
 * reader is counted at the same place and parity, throws {@link LockUsageException} and changes
 * nothing. <b>Twice while another reader is there cannot be told from that one's exit</b>, and ends
 * its protection. A {@code synchronize} or {@code close} inside a section of the same thread waits
 * for itself; this is not detected, as readers have no identity ({@link #trySynchronize} returns).
 */
public final class EpochReclaimer implements AutoCloseable {
    /** What is done with an item when no reader can hold it any more. */
    @FunctionalInterface
    public interface Callback {
        /** Takes the item back; may retire further ones, and must not wait for readers. */
        void reclaim(long item);
    }

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private static final int RETIRED = PaddedLongs.index(0);
    private static final int RECLAIMED = PaddedLongs.index(1);

    /** In the word RETIRED: nothing more is accepted. */
    private static final long CLOSED = Long.MIN_VALUE;

    /** For whom arrivals are reason enough to begin a period. */
    private static final long NOTHING_WANTED = 0;

    private final EpochReaders readers;
    private final RetiredList arrived = new RetiredList();
    private final RetiredList due = new RetiredList();
    private final GracePeriods periods;

    /** How many were retired, with CLOSED; and of how many the callback has ended. */
    private final long[] counts = PaddedLongs.of(2);

    /** Held by who runs callbacks; only tried, never waited for. */
    private final Mutex running = new Mutex();

    /** Makes a reclaimer with places for the threads of all CPUs: 128 bytes each. */
    public EpochReclaimer() {
        this(CpuLocator.byThread(), PaddedLongs.placesByThread());
    }

    /**
     * Makes a reclaimer.
     *
     * @param locator tells readers their places; whatever it says, the reclaimer is right
     * @param places a power of two, at most 1024; 128 bytes each
     * @throws IllegalArgumentException if it is something else
     */
    public EpochReclaimer(CpuLocator locator, int places) {
        readers = new EpochReaders(locator, places);
        periods = new GracePeriods(readers, arrived, due);
    }

    /**
     * Begins a section: what is retired from now on stays as long as it lasts.
     *
     * @return a token that {@link #exit} wants back; never 0
     */
    public long enter() {
        return readers.enter();
    }

    /**
     * Ends the section.
     *
     * @param token what {@link #enter} returned
     * @throws LockUsageException if no reader is inside with it, as far as that can be told
     */
    public void exit(long token) {
        readers.exit(token);
    }

    /**
     * Has {@code callback} called with {@code item} when all readers of now have left. The item
     * must be unreachable for readers that enter from now on. Allocates one small object.
     *
     * @throws IllegalStateException if this is closed; nothing changes. A callback that runs while
     *     this is being closed may still retire
     */
    public void retire(long item, Callback callback) {
        Retired retired = new Retired(item, callback);
        while (true) {
            SchedulePoint.reach();
            long count = (long) WORD.getOpaque(counts, RETIRED); // opaque: see the next access
            if (count < 0 && !running.isHeldByCurrentThread()) {
                throw new IllegalStateException("retire after close of " + this);
            }
            SchedulePoint.reach();
            SharedAtomics.count();
            // Counted before it is added: pairs with close, which then waits for it.
            if (WORD.compareAndSet(counts, RETIRED, count, count + 1)) {
                arrived.add(retired);
                return;
            }
        }
    }

    /**
     * Has {@code action} run when all readers of now have left, as {@link #retire(long, Callback)}.
     */
    public void retire(Runnable action) {
        retire(0, _ -> action.run());
    }

    /**
     * Reclaims what can be reclaimed now; does not wait. Call it now and then, for example after
     * each hundredth {@code retire}.
     *
     * <p>If callbacks throw, all others run all the same; then the first exception is thrown, with
     * the others suppressed.
     *
     * @return how many callbacks it ran; 0 if readers are in the way, or another thread is at it,
     *     or the caller is such a callback
     */
    public int poll() {
        return poll(NOTHING_WANTED);
    }

    private int poll(long wanted) {
        periods.advance(wanted);
        int ran = 0;
        Throwable failure = null;
        // Who fails to get in leaves its items to the holder, which looks again after unlock.
        while (!due.isEmpty() && running.tryLock()) {
            try {
                Retired next = RetiredList.reversed(due.takeAll());
                while (next != null) {
                    failure = joined(failure, run(next));
                    ran++;
                    next = next.next;
                }
            } finally {
                running.unlock();
            }
        }
        if (failure != null) {
            EpochReclaimer.<RuntimeException>rethrow(failure);
        }
        return ran;
    }

    private @Nullable Throwable run(Retired retired) {
        Throwable failure = null;
        try {
            retired.callback.reclaim(retired.item);
        } catch (Throwable thrown) { // must not keep the others from running
            failure = thrown;
        }
        SchedulePoint.reach();
        // release: pairs with close. By the holder of running only.
        WORD.setRelease(counts, RECLAIMED, (long) WORD.get(counts, RECLAIMED) + 1);
        return failure;
    }

    @SuppressWarnings("ReferenceEquality") // an exception cannot suppress itself
    private static @Nullable Throwable joined(@Nullable Throwable first, @Nullable Throwable next) {
        if (first == null) {
            return next;
        }
        if (next != null && next != first) {
            first.addSuppressed(next);
        }
        return first;
    }

    /** Throws it as it is, also if it is checked and a callback only pretended not to. */
    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void rethrow(Throwable failure) throws T {
        throw (T) failure;
    }

    /**
     * Waits until all readers have left who are inside now. Runs no callbacks, and does not wait
     * for any. An interrupt does not end it, and is kept.
     *
     * @throws LockUsageException in a handler of an interrupt, which must not wait
     */
    public void synchronize() {
        throwIfInInterrupt("synchronize");
        long wanted = periods.wanted();
        GraceWait wait = new GraceWait(Long.MAX_VALUE);
        do {
            periods.advance(wanted);
        } while (!periods.isOver(wanted) && wait.pause(this));
        wait.conclude();
    }

    /**
     * Waits as {@link #synchronize}, for at most {@code timeoutNanos}; 0 or less is a single look.
     *
     * @return whether all readers have left who were inside at the call
     * @throws LockUsageException in a handler of an interrupt, which must not wait
     */
    public boolean trySynchronize(long timeoutNanos) {
        throwIfInInterrupt("trySynchronize");
        long wanted = periods.wanted();
        GraceWait wait = new GraceWait(Math.max(0, timeoutNanos));
        boolean over;
        do {
            periods.advance(wanted);
            over = periods.isOver(wanted);
        } while (!over && wait.pause(this));
        wait.conclude();
        return over;
    }

    /**
     * Accepts nothing more, waits until readers have left and runs all callbacks that are left,
     * those included that they retire. Readers may go on to enter and exit.
     *
     * <p>If callbacks throw, all others run all the same; then the first exception is thrown, with
     * the others suppressed. A second call waits too, and changes nothing.
     *
     * @throws LockUsageException in a callback, which would wait for itself, or in a handler of an
     *     interrupt, which must not wait; nothing changes
     */
    @Override
    public void close() {
        throwIfInInterrupt("close");
        if (running.isHeldByCurrentThread()) {
            throw new LockUsageException(
                    LockFault.RECURSION,
                    toString(),
                    Thread.currentThread().getName(),
                    "close in a callback waits for the callback");
        }
        SchedulePoint.reach();
        SharedAtomics.count();
        WORD.getAndBitwiseOr(counts, RETIRED, CLOSED); // pairs with retire
        Throwable failure = null;
        GraceWait wait = new GraceWait(Long.MAX_VALUE);
        do {
            try {
                poll();
            } catch (Throwable thrown) { // the rest must still run
                failure = joined(failure, thrown);
            }
        } while (pending() != 0 && wait.pause(this));
        wait.conclude();
        if (failure != null) {
            EpochReclaimer.<RuntimeException>rethrow(failure);
        }
    }

    private static void throwIfInInterrupt(String call) {
        if (InterruptState.inInterrupt()) {
            throw new LockUsageException(
                    LockFault.BLOCKING_IN_INTERRUPT,
                    "EpochReclaimer",
                    null,
                    call + " in an interrupt handler, which must not wait; it may poll");
        }
    }

    /**
     * Returns how many items are retired and not yet reclaimed: at least 0, exact while nobody
     * retires or reclaims.
     */
    public long pending() {
        SchedulePoint.reach();
        long reclaimed = (long) WORD.getVolatile(counts, RECLAIMED); // acquire: pairs with run
        SchedulePoint.reach();
        return ((long) WORD.getVolatile(counts, RETIRED) & ~CLOSED) - reclaimed;
    }

    @Override
    public String toString() {
        return "EpochReclaimer[%d inside, %d pending]".formatted(readers.inside(), pending());
    }
}
