// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Reader and writer raise a flag each and then look at the other's, as in a big-reader lock, but
 * without a full fence between: both may go in. For one reader and one writer.
 */
final class UnfencedFlagsLock extends GappedSharedLock {
    private static final VarHandle FLAG = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int READER = 0;
    private static final int WRITER = 1;

    private final int[] flags = new int[2];

    private boolean raise(int mine, int other) {
        FLAG.setRelease(flags, mine, 1);
        if ((int) FLAG.getAcquire(flags, other) == 0) {
            return true;
        }
        lower(mine);
        return false;
    }

    private void lower(int mine) {
        FLAG.setRelease(flags, mine, 0);
    }

    @Override
    public boolean tryLockRead() {
        return raise(READER, WRITER);
    }

    @Override
    public void unlockRead() {
        lower(READER);
    }

    @Override
    public boolean tryLockWrite() {
        return raise(WRITER, READER);
    }

    @Override
    public void unlockWrite() {
        lower(WRITER);
    }

    @Override
    public boolean isReadLocked() {
        return (int) FLAG.getAcquire(flags, READER) != 0;
    }

    @Override
    public boolean isWriteLocked() {
        return (int) FLAG.getAcquire(flags, WRITER) != 0;
    }
}
