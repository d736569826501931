// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BlockingSharedLockTest extends SharedLockContract {
    @Override
    SharedLock newLock() {
        return new BlockingSharedLock();
    }

    @Test
    @DisplayName(
            "L-12 a nested try to read fails once a writer has waited, and the writer comes next")
    void nestedTryFailsOnceAWriterHasWaited() throws Exception {
        final BlockingSharedLock lock = new BlockingSharedLock();
        lock.lockRead();
        final Thread writer =
                start(
                        false,
                        () -> {
                            lock.lockWrite();
                            lock.unlockWrite();
                        });
        final long began = System.nanoTime();
        while (lock.tryLockRead()) { // readers overtake until the writer makes its claim
            lock.unlockRead();
            assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(30));
        }
        lock.unlockRead();
        writer.join();
        assertThat(lock.tryLockWrite()).isTrue();
    }

    @Test
    @DisplayName("L-12 readers that overlap without end do not keep a writer out")
    void overlappingReadersDoNotStarveAWriter() throws Exception {
        final BlockingSharedLock lock = new BlockingSharedLock();
        final AtomicBoolean stop = new AtomicBoolean();
        final CountDownLatch reading = new CountDownLatch(1);
        lock.lockRead();
        final Thread overlapping =
                start(
                        false,
                        () -> {
                            // Takes the lock again before it leaves: never free in between.
                            int held = 1;
                            while (!stop.get()) {
                                if (lock.tryLockRead()) {
                                    lock.unlockRead();
                                } else {
                                    held--; // the writer has its claim: let it in, once
                                    lock.unlockRead();
                                    lock.lockRead();
                                    held++;
                                }
                                reading.countDown();
                            }
                            assertThat(held).isOne();
                            lock.unlockRead();
                        });
        reading.await();
        try {
            for (int i = 0; i < 10; i++) {
                assertThat(lock.tryLockWrite(TimeUnit.SECONDS.toNanos(30))).isTrue();
                lock.unlockWrite();
            }
        } finally {
            stop.set(true);
        }
        overlapping.join();
        assertThat(lock.tryLockWrite()).isTrue();
    }

    @Test
    @DisplayName("L-07 an unlock without a lock, and a writer that asks again, are typed errors")
    void misuseIsATypedError() {
        final BlockingSharedLock lock = new BlockingSharedLock();
        assertThatThrownBy(lock::unlockRead).isInstanceOf(LockUsageException.class);
        assertThatThrownBy(lock::unlockWrite).isInstanceOf(LockUsageException.class);
        assertThatThrownBy(lock::tryUpgrade).isInstanceOf(LockUsageException.class);
        lock.lockWrite();
        assertThatThrownBy(lock::lockWrite).isInstanceOf(LockUsageException.class);
        assertThatThrownBy(lock::lockRead).isInstanceOf(LockUsageException.class);
        assertThat(lock.isWriteLocked()).isTrue();
        lock.unlockWrite();
        assertThat(lock.isReadLocked() || lock.isWriteLocked()).isFalse();
    }
}
