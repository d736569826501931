// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.lockfree.IndexStack;
import io.offkraft.sync.SpinLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/** an index is popped and pushed, alone and by two threads at once. */
@State(Scope.Benchmark)
public class StackBenchmark extends Timing {
    private static final int INDICES = 1024;

    private final IndexStack stack = IndexStack.full(INDICES);
    private final LockedStack locked = new LockedStack();

    /** The locked twin: an array under our spin lock. */
    private static final class LockedStack {
        private final SpinLock lock = new SpinLock();
        private final int[] indices = new int[INDICES];
        private int size;

        LockedStack() {
            for (int index = INDICES - 1; index >= 0; index--) {
                push(index);
            }
        }

        void push(int index) {
            lock.lock();
            try {
                indices[size++] = index;
            } finally {
                lock.unlock();
            }
        }

        int popOr(int ifEmpty) {
            lock.lock();
            try {
                return size == 0 ? ifEmpty : indices[--size];
            } finally {
                lock.unlock();
            }
        }
    }

    private int popAndPush() {
        final int index = stack.popOr(-1);
        stack.push(index);
        return index;
    }

    private int popAndPushLocked() {
        final int index = locked.popOr(-1);
        locked.push(index);
        return index;
    }

    /** Ours; nobody else uses it. */
    @Benchmark
    public int indexStackAlone() {
        return popAndPush();
    }

    /** Ours; another thread uses it too. */
    @Benchmark
    @Threads(2)
    public int indexStackByTwo() {
        return popAndPush();
    }

    /** The locked twin; nobody else uses it. */
    @Benchmark
    public int lockedAlone() {
        return popAndPushLocked();
    }

    /** The locked twin; another thread uses it too. */
    @Benchmark
    @Threads(2)
    public int lockedByTwo() {
        return popAndPushLocked();
    }
}
