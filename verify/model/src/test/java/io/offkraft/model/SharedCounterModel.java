// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.sync.BigReaderLock;
import io.offkraft.sync.PhaseFairLock;
import io.offkraft.sync.SharedLock;
import org.jetbrains.lincheck.datastructures.Operation;

/**
 * L-12: what a lock for readers and writers guards behaves as if one operation came after the
 * other; between reading and writing by an upgrade, and writing and reading by a downgrade, too.
 */
public abstract class SharedCounterModel {
    private final SharedLock lock;
    private int count;
    private int copy;

    SharedCounterModel(SharedLock lock) {
        this.lock = lock;
    }

    @Operation
    public int get() {
        if (!lock.tryLockRead()) {
            lock.lockRead();
        }
        int seen = look();
        lock.unlockRead();
        return seen;
    }

    @Operation
    public int increment() {
        if (!lock.tryLockWrite()) {
            lock.lockWrite();
        }
        int incremented = step();
        lock.unlockWrite();
        return incremented;
    }

    /** By what it read before, as nobody writes in between. */
    @Operation
    public int incrementByUpgrade() {
        lock.lockRead();
        int seen = look();
        if (!upgrade(lock)) {
            lock.unlockRead();
            return increment();
        }
        step();
        lock.unlockWrite();
        return seen + 1;
    }

    /** Returns what it reads after, as nobody writes in between. */
    @Operation
    public int incrementAndDowngrade() {
        lock.lockWrite();
        step();
        downgrade(lock);
        int seen = look();
        lock.unlockRead();
        return seen;
    }

    boolean upgrade(SharedLock reading) {
        return reading.tryUpgrade();
    }

    void downgrade(SharedLock writing) {
        writing.downgrade();
    }

    private int look() {
        return count == copy ? count : -1;
    }

    private int step() {
        count++;
        copy++;
        return count;
    }

    /** {@link PhaseFairLock}. */
    public static class PhaseFair extends SharedCounterModel {
        public PhaseFair() {
            super(new PhaseFairLock());
        }
    }

    /** {@link BigReaderLock}. */
    public static class BigReader extends SharedCounterModel {
        public BigReader() {
            super(new BigReaderLock());
        }
    }

    /** Who upgrades leaves, and comes again to write: must be rejected. */
    public static class GappedUpgrade extends SharedCounterModel {
        public GappedUpgrade() {
            super(new PhaseFairLock());
        }

        @Override
        boolean upgrade(SharedLock reading) {
            reading.unlockRead();
            reading.lockWrite();
            return true;
        }
    }

    /** Who downgrades leaves, and comes again to read: must be rejected. */
    public static class GappedDowngrade extends SharedCounterModel {
        public GappedDowngrade() {
            super(new PhaseFairLock());
        }

        @Override
        void downgrade(SharedLock writing) {
            writing.unlockWrite();
            writing.lockRead();
        }
    }
}
