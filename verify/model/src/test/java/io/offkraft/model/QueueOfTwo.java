// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import java.util.ArrayDeque;
import java.util.Queue;

/** What a ring of two must be equal to: a queue that refuses a third value. */
public class QueueOfTwo {
    private static final int CAPACITY = 2;

    private final Queue<Integer> queue = new ArrayDeque<>();

    /** Appends a value if there are fewer than two. */
    public boolean offer(int value) {
        return queue.size() < CAPACITY && queue.add(value);
    }

    /** Takes the first value; -1 if there is none. */
    public long poll() {
        Integer first = queue.poll();
        return first == null ? -1 : first;
    }
}
