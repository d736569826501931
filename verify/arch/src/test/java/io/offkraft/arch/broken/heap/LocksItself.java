// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.heap;

import io.offkraft.arch.broken.sync.ExclusiveLock;

/** Breaks the rule of locking: the call stays with SMP off. */
final class LocksItself {
    private LocksItself() {}

    static void locks(ExclusiveLock lock) {
        lock.lock();
    }
}
