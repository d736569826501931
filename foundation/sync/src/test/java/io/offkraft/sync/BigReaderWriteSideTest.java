// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

class BigReaderWriteSideTest extends ExclusiveLockContract {
    @Override
    ExclusiveLock newLock() {
        return new BigReaderLock().writeSide();
    }
}
