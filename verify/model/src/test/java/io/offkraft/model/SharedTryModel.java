// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.sync.BlockingSharedLock;
import io.offkraft.sync.PhaseFairLock;
import io.offkraft.sync.SharedLock;
import java.util.Arrays;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;

/** L-12: tries to read and to write succeed exactly if readers and writers leave room. */
@Param(name = "thread", gen = ThreadIdGen.class)
public abstract class SharedTryModel {
    /** What a thread holds. */
    private enum Hold {
        NOTHING,
        READING,
        WRITING
    }

    private static final int THREADS_MAX = 8;

    private final SharedLock lock;
    private final Hold[] holds = new Hold[THREADS_MAX];

    SharedTryModel(SharedLock lock) {
        this.lock = lock;
        Arrays.fill(holds, Hold.NOTHING);
    }

    @Operation
    public boolean tryRead(@Param(name = "thread") int thread) {
        boolean got = holds[thread] == Hold.NOTHING && lock.tryLockRead();
        holds[thread] = got ? Hold.READING : holds[thread];
        return got;
    }

    @Operation
    public boolean tryWrite(@Param(name = "thread") int thread) {
        boolean got = holds[thread] == Hold.NOTHING && lock.tryLockWrite();
        holds[thread] = got ? Hold.WRITING : holds[thread];
        return got;
    }

    /** Returns whether it could: the caller wrote. */
    @Operation
    public boolean downgrade(@Param(name = "thread") int thread) {
        if (holds[thread] != Hold.WRITING) {
            return false;
        }
        lock.downgrade();
        holds[thread] = Hold.READING;
        return true;
    }

    @Operation
    public void leave(@Param(name = "thread") int thread) {
        switch (holds[thread]) {
            case NOTHING -> {}
            case READING -> lock.unlockRead();
            case WRITING -> lock.unlockWrite();
        }
        holds[thread] = Hold.NOTHING;
    }

    /** {@link PhaseFairLock}. */
    public static class PhaseFair extends SharedTryModel {
        public PhaseFair() {
            super(new PhaseFairLock());
        }
    }

    /** {@link BlockingSharedLock}. */
    public static class Blocking extends SharedTryModel {
        public Blocking() {
            super(new BlockingSharedLock());
        }
    }

    /** What it must be equal to: who reads and who writes. */
    public static class Room {
        private static final int NOBODY = -1;

        private final boolean[] reading = new boolean[THREADS_MAX];
        private int writer = NOBODY;
        private int readers;

        /** As the lock, by one thread after the other. */
        public boolean tryRead(int thread) {
            if (reading[thread] || writer != NOBODY) {
                return false;
            }
            reading[thread] = true;
            readers++;
            return true;
        }

        /** As the lock, by one thread after the other. */
        public boolean tryWrite(int thread) {
            if (readers > 0 || writer != NOBODY) {
                return false;
            }
            writer = thread;
            return true;
        }

        /** As the lock, by one thread after the other. */
        public boolean downgrade(int thread) {
            if (writer != thread) {
                return false;
            }
            writer = NOBODY;
            return tryRead(thread);
        }

        /** As the lock, by one thread after the other. */
        public void leave(int thread) {
            if (reading[thread]) {
                reading[thread] = false;
                readers--;
            } else if (writer == thread) {
                writer = NOBODY;
            }
        }
    }

    /** Looks at the other side before it is to be seen itself: must be rejected. */
    @Param(name = "thread", gen = ThreadIdGen.class)
    public static class LookThenEnter {
        private volatile boolean reader;
        private volatile boolean writer;

        @Operation
        public boolean tryRead(@Param(name = "thread") int thread) {
            if (writer) {
                return false;
            }
            reader = true;
            return true;
        }

        @Operation
        public boolean tryWrite(@Param(name = "thread") int thread) {
            if (reader || writer) {
                return false;
            }
            writer = true;
            return true;
        }
    }
}
