// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/** A lock as the JDK's interface. */
record LockView(ExclusiveLock viewed) implements Lock {
    @Override
    @SuppressWarnings("LockNotBeforeTry") // the caller's try
    public void lock() {
        viewed.lock();
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        viewed.lockInterruptibly();
    }

    @Override
    public boolean tryLock() {
        return viewed.tryLock();
    }

    @Override
    public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
        return viewed.tryLock(unit.toNanos(time));
    }

    @Override
    public void unlock() {
        viewed.unlock();
    }

    @Override
    public Condition newCondition() {
        throw new UnsupportedOperationException(
                "a " + viewed.getClass().getSimpleName() + " has no conditions; a Mutex has");
    }
}
