// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.sync.SequenceLock;
import org.jetbrains.lincheck.datastructures.Operation;

/** What is read without the sequence lock, and found unchanged, is as if read under it. */
public class SequenceLockModel {
    private final SequenceLock lock = new SequenceLock();
    private int count;
    private int copy;

    @Operation
    public int increment() {
        lock.lock();
        count++;
        copy++;
        int incremented = count;
        lock.unlock();
        return incremented;
    }

    @Operation
    public int get() {
        int seenCount;
        int seenCopy;
        long sequence;
        do {
            sequence = lock.beginRead();
            seenCount = count;
            seenCopy = copy;
        } while (!lock.isUnchangedSince(sequence));
        return seenCount == seenCopy ? seenCount : -1;
    }

    /** Looks at the sequence again before it has read all: must be rejected. */
    public static class EarlyValidation {
        private final SequenceLock lock = new SequenceLock();
        private int count;
        private int copy;

        @Operation
        public int increment() {
            lock.lock();
            count++;
            copy++;
            int incremented = count;
            lock.unlock();
            return incremented;
        }

        @Operation
        public int get() {
            int seenCount;
            long sequence;
            do {
                sequence = lock.beginRead();
                seenCount = count;
            } while (!lock.isUnchangedSince(sequence));
            return seenCount == copy ? seenCount : -1;
        }
    }
}
