// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SpinLockTest extends ExclusiveLockContract {
    @Override
    ExclusiveLock newLock() {
        return new SpinLock();
    }

    @Test
    @DisplayName("L-01 the checker rejects a lock that checks and then sets")
    void checkerRejectsTheBrokenTwin() throws InterruptedException {
        final int attempts = 100; // one is enough nearly always
        for (int attempt = 0; attempt < attempts; attempt++) {
            final CounterUnderLock counter = new CounterUnderLock(new CheckThenSetLock());
            if (!counter.run(4, 100_000, task -> Thread.ofPlatform().start(task)).exact()) {
                return;
            }
        }
        throw new AssertionError("the checker took a broken lock for a good one");
    }
}
