// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import org.jspecify.annotations.Nullable;

/**
 * Waiting threads, first in, first out, and spare nodes for the next ones, so that a wait allocates
 * nothing unless more threads wait at once than ever before.
 *
 * <p><b>Thread safety:</b> none; whoever holds the guard of the owner calls.
 */
final class WaiterList {
    /** Spare nodes that are kept; a node is some 64 bytes. */
    private static final int SPARE_MAX = 64;

    private @Nullable Waiter first;
    private @Nullable Waiter last;
    private int size;

    private @Nullable Waiter spare;
    private int spares;

    WaiterList() {}

    /** Returns a node for the calling thread, not in the queue. */
    Waiter take(boolean mayBeInterrupted, long timeoutNanos) {
        Waiter node = spare;
        if (node == null) {
            node = new Waiter();
        } else {
            spare = node.next;
            node.next = null;
            spares--;
        }
        node.begin(mayBeInterrupted, timeoutNanos);
        return node;
    }

    /** Takes a node back that is in no queue. */
    void giveBack(Waiter node) {
        node.end();
        if (spares < SPARE_MAX) {
            node.next = spare;
            spare = node;
            spares++;
        }
    }

    void addLast(Waiter node) {
        node.previous = last;
        node.next = null;
        if (last == null) {
            first = node;
        } else {
            last.next = node;
        }
        last = node;
        node.queued = true;
        size++;
    }

    void addFirst(Waiter node) {
        node.previous = null;
        node.next = first;
        if (first == null) {
            last = node;
        } else {
            first.previous = node;
        }
        first = node;
        node.queued = true;
        size++;
    }

    /** Takes {@code node} out, wherever it is. */
    void remove(Waiter node) {
        Waiter before = node.previous;
        Waiter after = node.next;
        if (before == null) {
            first = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            last = before;
        } else {
            after.previous = before;
        }
        node.previous = null;
        node.next = null;
        node.queued = false;
        size--;
    }

    @Nullable Waiter first() {
        return first;
    }

    /** Takes the first one out; null if nobody waits. */
    @Nullable Waiter pollFirst() {
        Waiter node = first;
        if (node != null) {
            remove(node);
        }
        return node;
    }

    /** Takes {@code count} out, or all if there are fewer, as a chain by their next. */
    @Nullable Waiter pollFirst(int count) {
        Waiter head = null;
        Waiter tail = null;
        for (int i = 0; i < count; i++) {
            Waiter node = pollFirst();
            if (node == null) {
                break;
            }
            if (tail == null) {
                head = node;
            } else {
                tail.next = node;
            }
            tail = node;
        }
        return head;
    }

    /** Takes all out, as a chain. */
    @Nullable Waiter pollAll() {
        return pollFirst(size);
    }

    boolean isEmpty() {
        return first == null;
    }

    int size() {
        return size;
    }
}
