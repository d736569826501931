// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BlockingSharedLockTest extends SharedLockContract {
    @Override
    SharedLock newLock() {
        return new BlockingSharedLock();
    }

    @Test
    @DisplayName("L-12 a nested try to read fails while a writer waits, and the writer comes next")
    void nestedTryFailsWhileAWriterWaits() throws Exception {
        final BlockingSharedLock lock = new BlockingSharedLock();
        lock.lockRead();
        final Thread writer =
                start(
                        false,
                        () -> {
                            lock.lockWrite();
                            lock.unlockWrite();
                        });
        awaitParked(writer);
        assertThat(lock.tryLockRead()).isFalse();
        lock.unlockRead();
        writer.join();
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
