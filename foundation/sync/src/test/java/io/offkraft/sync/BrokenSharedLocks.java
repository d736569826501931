// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import java.util.concurrent.atomic.AtomicInteger;

/** Locks for readers and writers with one mistake each, such as have been made. */
final class BrokenSharedLocks {
    private BrokenSharedLocks() {}

    /** Upgrades by way of nothing: of two readers both win, one after the other. */
    static final class TwoUpgraders extends ForwardingSharedLock {
        @Override
        public boolean tryUpgrade() {
            unlockRead();
            lockWrite();
            return true;
        }
    }

    /** Upgrades as if the caller were the only reader. */
    static final class UpgradeBesideReaders extends ForwardingSharedLock {
        private final AtomicInteger upgraded = new AtomicInteger();

        @Override
        public boolean tryUpgrade() {
            upgraded.incrementAndGet();
            return true;
        }

        @Override
        public void unlockWrite() {
            if (upgraded.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                unlockRead();
            } else {
                super.unlockWrite();
            }
        }
    }

    /** Downgrades by way of nothing: another writer may come between. */
    static final class GapAtDowngrade extends ForwardingSharedLock {
        @Override
        public void downgrade() {
            unlockWrite();
            SchedulePoint.offerCpu(); // the other writer comes here on a machine with one CPU too
            lockRead();
        }
    }

    /**
     * Looks for a writer first and counts the reader afterwards, when one may have come. Writers
     * exclude each other.
     */
    static final class ReadersBesideAWriter extends ForwardingSharedLock {
        private final AtomicInteger readers = new AtomicInteger();

        @Override
        public void lockRead() {
            for (int turn = 0; !tryLockRead(); turn++) {
                Polling.pauseAwake(turn);
            }
        }

        @Override
        public void lockReadInterruptibly() throws InterruptedException {
            Patience.throwIfInterrupted();
            lockRead();
        }

        @Override
        public boolean tryLockRead(long timeoutNanos) throws InterruptedException {
            Patience.throwIfInterrupted();
            final long began = System.nanoTime();
            boolean acquired = tryLockRead();
            for (int turn = 0; !acquired && System.nanoTime() - began < timeoutNanos; turn++) {
                Polling.pauseAwake(turn);
                acquired = tryLockRead();
            }
            return acquired;
        }

        @Override
        public boolean tryLockRead() {
            if (isWriteLocked()) {
                return false;
            }
            SchedulePoint.offerCpu(); // the writer comes in here on a machine with one CPU too
            readers.incrementAndGet();
            return true;
        }

        @Override
        public void unlockRead() {
            readers.decrementAndGet();
        }

        @Override
        public void lockWrite() {
            super.lockWrite();
            awaitReaders();
        }

        @Override
        public void lockWriteInterruptibly() throws InterruptedException {
            super.lockWriteInterruptibly();
            awaitReaders();
        }

        @Override
        public boolean tryLockWrite() {
            if (!super.tryLockWrite()) {
                return false;
            }
            if (readers.get() > 0) {
                unlockWrite();
                return false;
            }
            return true;
        }

        @Override
        public boolean tryLockWrite(long timeoutNanos) throws InterruptedException {
            if (!super.tryLockWrite(timeoutNanos)) {
                return false;
            }
            awaitReaders();
            return true;
        }

        private void awaitReaders() {
            for (int turn = 0; readers.get() > 0; turn++) {
                Polling.pauseAwake(turn);
            }
        }
    }
}
