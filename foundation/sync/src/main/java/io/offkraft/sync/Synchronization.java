// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.config.OffkraftConfig;

/**
 * How a structure keeps threads apart: an argument of its builder.
 *
 * <p>With {@code offkraft.smp=false} every choice gives the same shared empty lock.
 */
public enum Synchronization {
    /** Not at all: one thread at a time uses the structure, and its owner sees to that. */
    NONE {
        @Override
        ExclusiveLock newExclusiveLock() {
            return NoLock.INSTANCE;
        }
    },
    /** {@link SpinLock}. */
    SPIN {
        @Override
        ExclusiveLock newExclusiveLock() {
            return new SpinLock();
        }
    },
    /** {@link TicketLock}. */
    TICKET {
        @Override
        ExclusiveLock newExclusiveLock() {
            return new TicketLock();
        }
    },
    /** {@link McsLock}. */
    MCS {
        @Override
        ExclusiveLock newExclusiveLock() {
            return new McsLock();
        }
    };

    /** Returns a new lock of this kind; asked only with SMP on. */
    abstract ExclusiveLock newExclusiveLock();

    /**
     * Returns a new lock of this kind, or the shared empty one where none is needed.
     *
     * @param lockClass what the lock guards
     */
    public ExclusiveLock newLock(LockClass lockClass) {
        return OffkraftConfig.SMP ? newExclusiveLock() : NoLock.INSTANCE;
    }

    /** Returns what the process is configured for. */
    public static Synchronization defaultChoice() {
        return OffkraftConfig.SMP ? SPIN : NONE;
    }
}
