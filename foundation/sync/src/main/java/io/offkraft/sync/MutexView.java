// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/** A mutex as the JDK's interface, with conditions. */
record MutexView(Mutex mutex) implements Lock {
    @Override
    @SuppressWarnings("LockNotBeforeTry") // the caller's try
    public void lock() {
        mutex.lock();
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        mutex.lockInterruptibly();
    }

    @Override
    public boolean tryLock() {
        return mutex.tryLock();
    }

    @Override
    public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
        return mutex.tryLock(unit.toNanos(time));
    }

    @Override
    public void unlock() {
        mutex.unlock();
    }

    @Override
    public Condition newCondition() {
        return mutex.newCondition();
    }
}
