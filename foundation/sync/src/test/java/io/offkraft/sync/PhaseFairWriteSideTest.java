// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

class PhaseFairWriteSideTest extends ExclusiveLockContract {
    @Override
    ExclusiveLock newLock() {
        return new PhaseFairLock().writeSide();
    }
}
