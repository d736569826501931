// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

class HandingOverMutexTest extends ExclusiveLockContract {
    @Override
    int additions() {
        return super.additions() / 40; // each is a hand-over to a thread that sleeps
    }

    @Override
    ExclusiveLock newLock() {
        return Mutex.builder().handingOver(true).build();
    }
}
