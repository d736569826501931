// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

class McsLockTest extends QueuedLockContract {
    @Override
    QueuedLock newLock() {
        return new McsLock();
    }
}
