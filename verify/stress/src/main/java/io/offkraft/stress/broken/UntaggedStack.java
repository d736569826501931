// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress.broken;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** Treiber's stack of the indices 0 to 2 without a tag: ABA fools it. */
final class UntaggedStack {
    private static final int NONE = -1;

    private final AtomicInteger top = new AtomicInteger(0);
    private final AtomicIntegerArray next = new AtomicIntegerArray(new int[] {1, 2, NONE});

    void push(int index) {
        int seen;
        do {
            seen = top.get();
            next.set(index, seen);
        } while (!top.compareAndSet(seen, index));
    }

    int popOr(int ifEmpty) {
        while (true) {
            int seen = top.get();
            if (seen == NONE) {
                return ifEmpty;
            }
            int below = next.get(seen);
            if (top.compareAndSet(seen, below)) {
                return seen;
            }
        }
    }
}
