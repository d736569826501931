// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

class BlockingWriteSideTest extends ExclusiveLockContract {
    @Override
    ExclusiveLock newLock() {
        return new BlockingSharedLock().writeSide();
    }
}
