// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.sync.BigReaderLock;
import io.offkraft.sync.BlockingSharedLock;
import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.McsLock;
import io.offkraft.sync.Mutex;
import io.offkraft.sync.PhaseFairLock;
import io.offkraft.sync.Semaphore;
import io.offkraft.sync.SequenceLock;
import io.offkraft.sync.TicketLock;
import org.jetbrains.lincheck.datastructures.Operation;

/** L-01: what a lock guards behaves as if one operation came after the other. */
public abstract class CounterModel {
    private final LockedCounter counter;

    CounterModel(ExclusiveLock lock) {
        counter = new LockedCounter(lock);
    }

    @Operation
    public int increment() {
        return counter.increment();
    }

    @Operation
    public int tryIncrement() {
        return counter.tryIncrement();
    }

    @Operation
    public int get() {
        return counter.get();
    }

    /** {@link TicketLock}. */
    public static class Ticket extends CounterModel {
        public Ticket() {
            super(new TicketLock());
        }
    }

    /** {@link McsLock}. */
    public static class Mcs extends CounterModel {
        public Mcs() {
            super(new McsLock());
        }
    }

    /** {@link SequenceLock}. */
    public static class Sequence extends CounterModel {
        public Sequence() {
            super(new SequenceLock());
        }
    }

    /** {@link PhaseFairLock}, its writers. */
    public static class PhaseFairWrite extends CounterModel {
        public PhaseFairWrite() {
            super(new PhaseFairLock().writeSide());
        }
    }

    /** {@link BigReaderLock}, its writers. */
    public static class BigReaderWrite extends CounterModel {
        public BigReaderWrite() {
            super(new BigReaderLock().writeSide());
        }
    }

    /** {@link BlockingSharedLock}, its writers. */
    public static class BlockingWrite extends CounterModel {
        public BlockingWrite() {
            super(new BlockingSharedLock().writeSide());
        }
    }

    /** {@link Mutex}. */
    public static class Sleeping extends CounterModel {
        public Sleeping() {
            super(new Mutex());
        }
    }

    /** {@link Mutex} that always hands over. */
    public static class HandingOver extends CounterModel {
        public HandingOver() {
            super(Mutex.builder().handingOver(true).build());
        }
    }

    /** {@link Semaphore} of one token. */
    public static class Tokens extends CounterModel {
        public Tokens() {
            super(new TokenLock(new Semaphore(1)));
        }
    }

    /** Must be rejected. */
    public static class TwoStepTicket extends CounterModel {
        public TwoStepTicket() {
            super(new TwoStepTicketLock());
        }
    }
}
