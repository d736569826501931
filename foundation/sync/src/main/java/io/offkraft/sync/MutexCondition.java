// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import java.util.Date;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;

/**
 * A condition variable of a {@link Mutex}: a holder waits here, without the mutex, until another
 * holder signals.
 *
 * <p><b>Thread safety:</b> all is done by the holder of the mutex, recursive or not.
 *
 * <p><b>Progress:</b> first in, first out: N signals end the waits of the N threads that wait
 * longest, or of all if there are fewer. A signal is not lost to a thread whose time is over or
 * that is interrupted at that moment: either its wait ended by the signal, or the signal was for
 * another. No wait ends without a signal, an interrupt or its time-out.
 *
 * <p><b>Memory effects:</b> those of the mutex. A wait allocates nothing, unless more wait than
 * ever before.
 *
 * <p><b>Failure:</b> {@link LockUsageException} if the caller does not hold the mutex, or is an
 * interrupt handler that wants to wait.
 */
public final class MutexCondition implements Condition {
    /*
     * The list belongs to the holder of the mutex, so signals and the ends of waits have one order:
     * who comes back asks, holding the mutex, whether it is in the list still. A signal takes a
     * waiter out of the list; so whether it was signalled is never in doubt.
     */

    private final Mutex mutex;
    private final WaiterList waiters = new WaiterList();

    MutexCondition(Mutex mutex) {
        this.mutex = mutex;
    }

    @Override
    public void await() throws InterruptedException {
        waitFor(true, Long.MAX_VALUE);
    }

    @Override
    public void awaitUninterruptibly() {
        try {
            waitFor(false, Long.MAX_VALUE);
        } catch (InterruptedException e) {
            throw new AssertionError("a wait without interrupts was interrupted", e);
        }
    }

    @Override
    public long awaitNanos(long nanosTimeout) throws InterruptedException {
        return waitFor(true, nanosTimeout);
    }

    @Override
    public boolean await(long time, TimeUnit unit) throws InterruptedException {
        return waitFor(true, unit.toNanos(time)) > 0;
    }

    @Override
    @SuppressWarnings("JavaUtilDate") // the interface's
    public boolean awaitUntil(Date deadline) throws InterruptedException {
        long millis = deadline.getTime() - System.currentTimeMillis();
        return waitFor(true, TimeUnit.MILLISECONDS.toNanos(millis)) > 0;
    }

    /** Returns how much of the time was left; at most 0 if it is over and nobody signalled. */
    private long waitFor(boolean interruptible, long timeoutNanos) throws InterruptedException {
        mutex.throwUnlessHeld("await");
        BlockingCheck.mayBlock("MutexCondition");
        if (interruptible) {
            Patience.throwIfInterrupted();
        }
        Waiter node = waiters.take(interruptible, Math.max(timeoutNanos, 0)); // no overflow
        waiters.addLast(node);
        int held = mutex.unlockAll();
        node.awaitNews(this);
        mutex.lockAgain(held);
        boolean signalled = !node.queued;
        if (!signalled) {
            waiters.remove(node);
        }
        long left = node.leftNanos();
        try {
            node.conclude(signalled);
        } finally {
            waiters.giveBack(node);
        }
        return signalled ? Math.max(left, 1) : Math.min(left, 0);
    }

    @Override
    public void signal() {
        mutex.throwUnlessHeld("signal");
        Waiter first = waiters.pollFirst();
        if (first != null) {
            LockSupport.unpark(first.tell(Waiter.GRANTED));
        }
    }

    @Override
    public void signalAll() {
        mutex.throwUnlessHeld("signalAll");
        for (Waiter first = waiters.pollFirst(); first != null; first = waiters.pollFirst()) {
            LockSupport.unpark(first.tell(Waiter.GRANTED));
        }
    }

    /** Returns how many threads wait; asked by the holder of the mutex. */
    public int waiting() {
        mutex.throwUnlessHeld("waiting");
        return waiters.size();
    }
}
