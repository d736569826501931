// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import io.offkraft.sync.ExclusiveLock;

/**
 * A queue lock whose tail is read and replaced in two steps: two threads may have the same
 * predecessor.
 */
final class TwoStepQueueLock implements ExclusiveLock {
    private static final class Node {
        private volatile boolean done;
    }

    private volatile Node tail = new Node();
    private volatile Node holder = tail;

    TwoStepQueueLock() {
        tail.done = true;
    }

    @Override
    public void lock() {
        Node node = new Node();
        Node predecessor = tail;
        tail = node;
        while (!predecessor.done) {
            Thread.onSpinWait();
        }
        holder = node;
    }

    @Override
    public boolean tryLock() {
        if (isLocked()) {
            return false;
        }
        lock();
        return true;
    }

    @Override
    public void unlock() {
        holder.done = true;
    }

    @Override
    public boolean isLocked() {
        return !tail.done;
    }
}
