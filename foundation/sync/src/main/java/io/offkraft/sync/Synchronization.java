// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.config.Contention;
import io.offkraft.config.LockChoice;
import io.offkraft.config.OffkraftConfig;

/**
 * How a structure keeps threads apart: an argument of its builder.
 *
 * <p>With {@code offkraft.smp=false} every choice gives the same shared empty locks.
 */
public enum Synchronization {
    /** Not at all: one thread at a time uses the structure, and its owner sees to that. */
    NONE {
        @Override
        ExclusiveLock exclusive() {
            return NoLock.INSTANCE;
        }

        @Override
        SharedLock shared() {
            return NoSharedLock.INSTANCE;
        }
    },
    /** {@link SpinLock}: the shortest way in, and unfair. */
    SPIN {
        @Override
        ExclusiveLock exclusive() {
            return new SpinLock();
        }
    },
    /** {@link TicketLock}: first in, first out, and small. */
    TICKET {
        @Override
        ExclusiveLock exclusive() {
            return new TicketLock();
        }
    },
    /** {@link McsLock}: first in, first out, and quiet when many wait. */
    MCS {
        @Override
        ExclusiveLock exclusive() {
            return new McsLock();
        }
    },
    /** {@link PhaseFairLock}: readers together; what needs an exclusive lock only writes. */
    RW {
        @Override
        ExclusiveLock exclusive() {
            return shared().writeSide();
        }

        @Override
        SharedLock shared() {
            return new PhaseFairLock();
        }
    },
    /** {@link BigReaderLock} for readers and writers, {@link McsLock} where one side is enough. */
    BIG_READER {
        @Override
        ExclusiveLock exclusive() {
            return new McsLock();
        }

        @Override
        SharedLock shared() {
            return new BigReaderLock();
        }
    },
    /**
     * {@link Mutex}, and {@link BlockingSharedLock} for readers and writers: waiters sleep until
     * they are woken. Not for what interrupt handlers use, or who holds a lock that others spin
     * for.
     */
    MUTEX {
        @Override
        ExclusiveLock exclusive() {
            return new Mutex();
        }

        @Override
        SharedLock shared() {
            return new BlockingSharedLock();
        }
    };

    /** Returns a new exclusive lock of this kind; asked only with SMP on. */
    abstract ExclusiveLock exclusive();

    /** Returns a new lock for readers and writers of this kind; asked only with SMP on. */
    SharedLock shared() {
        return new ExclusiveAsShared(exclusive());
    }

    /**
     * Returns a new lock of this kind, or the shared empty one where none is needed.
     *
     * @param lockClass what the lock guards
     */
    public ExclusiveLock newLock(LockClass lockClass) {
        return Instrumentation.exclusive(
                OffkraftConfig.SMP ? exclusive() : NoLock.INSTANCE, lockClass);
    }

    /**
     * Returns a new lock for readers and writers of this kind, or the shared empty one where none
     * is needed. The kinds that know no readers let one in at a time.
     *
     * @param lockClass what the lock guards
     */
    public SharedLock newSharedLock(LockClass lockClass) {
        return Instrumentation.shared(
                OffkraftConfig.SMP ? shared() : NoSharedLock.INSTANCE, lockClass);
    }

    /**
     * Returns whether one thread at a time may use a structure of this kind: with {@link #NONE},
     * and with {@code offkraft.smp=false} in any case.
     */
    public boolean isForOneCpu() {
        return this == NONE || !OffkraftConfig.SMP;
    }

    /**
     * Returns what the process is configured for: what {@code offkraft.synchronization} says, or by
     * default {@link #SPIN}, with {@code offkraft.contention=high} {@link #BIG_READER}. With {@code
     * offkraft.smp=false} it is {@link #NONE}.
     */
    public static Synchronization defaultChoice() {
        return !OffkraftConfig.SMP
                ? NONE
                : of(OffkraftConfig.process().synchronization(), OffkraftConfig.CONTENTION);
    }

    static Synchronization of(LockChoice choice, Contention contention) {
        return switch (choice) {
            case AUTO -> contention == Contention.HIGH ? BIG_READER : SPIN;
            case NONE -> NONE;
            case SPIN -> SPIN;
            case TICKET -> TICKET;
            case MCS -> MCS;
            case RW -> RW;
            case BIG_READER -> BIG_READER;
            case MUTEX -> MUTEX;
        };
    }
}
