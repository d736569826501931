// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PhaseFairLockTest extends SharedLockContract {
    @Override
    SharedLock newLock() {
        return new PhaseFairLock();
    }

    @Test
    @DisplayName(
            "L-12 a nested try to read fails while a writer waits, instead of waiting for itself")
    void nestedTryFailsWhileAWriterWaits() throws Exception {
        final PhaseFairLock lock = new PhaseFairLock();
        lock.lockRead();
        final Thread writer =
                start(
                        false,
                        () -> {
                            lock.lockWrite();
                            lock.unlockWrite();
                        });
        // Awake, it has claimed the lock; asleep, it may be overtaken.
        boolean refused = false;
        while (!refused) {
            refused = !lock.tryLockRead();
            if (!refused) {
                lock.unlockRead();
            }
        }
        lock.unlockRead();
        writer.join();
        assertThat(lock.tryLockWrite()).isTrue();
    }
}
