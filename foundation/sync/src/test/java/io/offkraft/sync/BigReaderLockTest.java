// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BigReaderLockTest extends SharedLockContract {
    @Override
    SharedLock newLock() {
        return new BigReaderLock();
    }

    @Test
    @DisplayName("L-12 a thread that reads reads again although a writer waits")
    void readerReadsAgainAlthoughAWriterWaits() throws Exception {
        final BigReaderLock lock = new BigReaderLock();
        lock.lockRead();
        final Thread writer =
                start(
                        false,
                        () -> {
                            lock.lockWrite();
                            lock.unlockWrite();
                        });
        awaitParked(writer);
        for (int depth = 0; depth < 1_000; depth++) {
            lock.lockRead();
        }
        assertThat(lock.tryLockRead()).isTrue();
        for (int depth = 0; depth < 1_001; depth++) {
            lock.unlockRead();
        }
        assertThat(lock.isReadLocked()).isTrue();
        lock.unlockRead();
        writer.join();
        assertThat(lock.tryLockWrite()).isTrue();
    }

    @Test
    @DisplayName("L-12 more readers than places are all inside, and keep a writer out")
    void moreReadersThanPlacesAreAllInside() throws Exception {
        final BigReaderLock lock = new BigReaderLock();
        final int readers = 200;
        final CountDownLatch inside = new CountDownLatch(readers);
        final CountDownLatch leave = new CountDownLatch(1);
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < readers; i++) {
            threads.add(
                    start(
                            true,
                            () -> {
                                lock.lockRead();
                                inside.countDown();
                                leave.await();
                                lock.unlockRead();
                            }));
        }
        inside.await();
        assertThat(lock.tryLockWrite()).isFalse();
        leave.countDown();
        join(threads);
        assertThat(lock.tryLockWrite()).isTrue();
    }

    @Test
    @DisplayName("L-07 unlocking what the thread does not read is refused and changes nothing")
    void unlockingWhatTheThreadDoesNotReadIsRefused() throws Exception {
        final BigReaderLock lock = new BigReaderLock();
        start(true, lock::lockRead).join();
        assertThatThrownBy(lock::unlockRead)
                .isInstanceOf(IllegalMonitorStateException.class)
                .hasMessageContaining("does not read");
        assertThat(lock.isReadLocked()).isTrue();
    }
}
