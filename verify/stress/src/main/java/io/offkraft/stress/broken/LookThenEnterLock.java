// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Readers and writers look at each other before they are to be seen: both may go in. */
final class LookThenEnterLock extends GappedSharedLock {
    private final AtomicInteger readers = new AtomicInteger();
    private final AtomicBoolean writing = new AtomicBoolean();

    @Override
    public boolean tryLockRead() {
        if (writing.get()) {
            return false;
        }
        readers.getAndIncrement();
        return true;
    }

    @Override
    public void unlockRead() {
        readers.getAndDecrement();
    }

    @Override
    public boolean tryLockWrite() {
        return readers.get() == 0 && writing.compareAndSet(false, true);
    }

    @Override
    public void unlockWrite() {
        writing.set(false);
    }

    @Override
    public boolean isReadLocked() {
        return readers.get() > 0;
    }

    @Override
    public boolean isWriteLocked() {
        return writing.get();
    }
}
