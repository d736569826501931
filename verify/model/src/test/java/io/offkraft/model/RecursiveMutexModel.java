// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.sync.Mutex;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;

/** L-08: a recursive mutex is its holder's until it was unlocked as often as it was locked. */
@Param(name = "thread", gen = ThreadIdGen.class)
public class RecursiveMutexModel {
    private final Mutex mutex = Mutex.builder().recursive(true).build();

    @Operation
    public boolean tryLock(@Param(name = "thread") int thread) {
        return mutex.tryLock();
    }

    /** Returns how often it is held still; -1 if it was not. */
    @Operation
    public int unlock(@Param(name = "thread") int thread) {
        if (!mutex.isHeldByCurrentThread()) {
            return -1;
        }
        mutex.unlock();
        return mutex.holds();
    }

    /** What it must be equal to: a holder, and how often. */
    public static class Holding {
        private int holder = -1;
        private int holds;

        /** As the mutex, by one thread after the other. */
        public boolean tryLock(int thread) {
            if (holds > 0 && holder != thread) {
                return false;
            }
            holder = thread;
            holds++;
            return true;
        }

        /** As the mutex, by one thread after the other. */
        public int unlock(int thread) {
            if (holds == 0 || holder != thread) {
                return -1;
            }
            holds--;
            return holds;
        }
    }

    /** Free after the first unlock: must be rejected. */
    @Param(name = "thread", gen = ThreadIdGen.class)
    public static class Forgetful {
        private final Mutex mutex = Mutex.builder().recursive(true).build();

        @Operation
        public boolean tryLock(@Param(name = "thread") int thread) {
            return mutex.tryLock();
        }

        @Operation
        public int unlock(@Param(name = "thread") int thread) {
            if (!mutex.isHeldByCurrentThread()) {
                return -1;
            }
            int held = mutex.holds();
            for (int left = held; left > 0; left--) {
                mutex.unlock();
            }
            return held - 1;
        }
    }
}
