// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import java.util.concurrent.atomic.AtomicInteger;

/** Right but for the gaps of its upgrades and downgrades. */
final class GappedWordLock extends GappedSharedLock {
    private static final int FREE = 0;
    private static final int WRITTEN = -1;

    /** How many read; {@link #WRITTEN} if one writes. */
    private final AtomicInteger word = new AtomicInteger();

    @Override
    public boolean tryLockRead() {
        int readers = word.get();
        return readers != WRITTEN && word.compareAndSet(readers, readers + 1);
    }

    @Override
    public void unlockRead() {
        word.getAndDecrement();
    }

    @Override
    public boolean tryLockWrite() {
        return word.compareAndSet(FREE, WRITTEN);
    }

    @Override
    public void unlockWrite() {
        word.set(FREE);
    }

    @Override
    public boolean isReadLocked() {
        return word.get() > 0;
    }

    @Override
    public boolean isWriteLocked() {
        return word.get() == WRITTEN;
    }
}
