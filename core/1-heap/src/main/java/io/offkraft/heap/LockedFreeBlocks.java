// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.Locking;

/** An array of free blocks under a lock, which is the innermost. */
final class LockedFreeBlocks implements FreeBlocks {
    private final ExclusiveLock lock;

    // Under the lock

    /** The free blocks, the one given back last on top. */
    private final int[] blocks;

    private int count;
    private final boolean[] taken;
    private long refusals;

    /** All of {@code capacity} blocks are free, 0 on top. */
    LockedFreeBlocks(ExclusiveLock lock, int capacity) {
        this.lock = lock;
        blocks = new int[capacity];
        taken = new boolean[capacity];
        for (int index = capacity - 1; index >= 0; index--) {
            blocks[count++] = index;
        }
    }

    @Override
    public int takeOrMinus1() {
        Locking.lock(lock);
        try {
            if (count == 0) {
                refusals++;
                return -1;
            }
            return takeTop();
        } finally {
            Locking.unlock(lock);
        }
    }

    private int takeTop() {
        int index = blocks[--count];
        taken[index] = true;
        return index;
    }

    @Override
    public int take(BlockPool pool, long[] into, int from, int wanted) {
        Locking.lock(lock);
        try {
            int some = Math.min(wanted, count);
            refusals += some < wanted ? 1 : 0;
            for (int n = 0; n < some; n++) {
                into[from + n] = pool.addressOf(takeTop());
            }
            return some;
        } finally {
            Locking.unlock(lock);
        }
    }

    @Override
    public boolean tryGive(int index) {
        Locking.lock(lock);
        try {
            if (!taken[index]) {
                return false;
            }
            taken[index] = false;
            blocks[count++] = index;
            return true;
        } finally {
            Locking.unlock(lock);
        }
    }

    @Override
    public int giveOrFirstWrong(BlockPool pool, long[] addresses, int from, int some) {
        Locking.lock(lock);
        try {
            for (int n = 0; n < some; n++) {
                int index = pool.indexOrMinus1(addresses[from + n]);
                if (index < 0 || !taken[index]) {
                    for (int undone = 0; undone < n; undone++) {
                        takeTop();
                    }
                    return n;
                }
                taken[index] = false;
                blocks[count++] = index;
            }
            return some;
        } finally {
            Locking.unlock(lock);
        }
    }

    @Override
    public int available() {
        Locking.lock(lock);
        try {
            return count;
        } finally {
            Locking.unlock(lock);
        }
    }

    @Override
    public long refusals() {
        Locking.lock(lock);
        try {
            return refusals;
        } finally {
            Locking.unlock(lock);
        }
    }
}
