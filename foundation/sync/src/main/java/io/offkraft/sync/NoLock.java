// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/**
 * The lock that keeps nobody out: what a lock is when there is one CPU.
 *
 * <p>Stateless and shared, so a structure holds no lock object of its own, and the compiler makes
 * lock and unlock nothing.
 */
final class NoLock implements ExclusiveLock {
    static final NoLock INSTANCE = new NoLock();

    private NoLock() {}

    @Override
    public void lock() {
        // One CPU: there is nobody to wait for.
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    @Override
    public boolean tryLock() {
        return true;
    }

    @Override
    public boolean tryLock(long timeoutNanos) throws InterruptedException {
        lockInterruptibly();
        return true;
    }

    @Override
    public void unlock() {
        // One CPU: there is nobody to let in.
    }

    @Override
    public boolean isLocked() {
        return false;
    }
}
