// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import io.offkraft.sync.Mutex;
import io.offkraft.word.SchedulePoint;
import java.util.Date;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A broken condition: releases the mutex, and only then says that it sleeps. */
@SuppressWarnings("WaitNotInLoop") // the loop is the caller's
final class LostSignal implements Condition {
    private final Mutex mutex;
    private @Nullable Thread sleeper;

    LostSignal(Mutex mutex) {
        this.mutex = mutex;
    }

    @Override
    public void awaitUninterruptibly() {
        mutex.unlock();
        SchedulePoint.reach();
        sleeper = Thread.currentThread();
        SchedulePoint.park(this);
        mutex.lock();
    }

    @Override
    public void await() throws InterruptedException {
        awaitUninterruptibly();
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    @Override
    public long awaitNanos(long nanosTimeout) throws InterruptedException {
        long began = SchedulePoint.nanoTime();
        mutex.unlock();
        SchedulePoint.reach();
        sleeper = Thread.currentThread();
        SchedulePoint.parkNanos(this, nanosTimeout);
        mutex.lock();
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        return nanosTimeout - (SchedulePoint.nanoTime() - began);
    }

    @Override
    public boolean await(long time, TimeUnit unit) throws InterruptedException {
        return awaitNanos(unit.toNanos(time)) > 0;
    }

    @Override
    public boolean awaitUntil(Date deadline) throws InterruptedException {
        return awaitNanos(Long.MAX_VALUE) > 0;
    }

    @Override
    public void signal() {
        LockSupport.unpark(sleeper);
        sleeper = null;
    }

    @Override
    public void signalAll() {
        signal();
    }
}
