// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;

/**
 * Indices that threads take from a stack, own for a while and give back, the one taken first first:
 * so the same index comes on top again with another one under it.
 */
final class Pool {
    /** How many indices there are, all in the stack at first. */
    static final int INDICES = 3;

    /** What the stack answers if it is empty. */
    static final int NONE = -1;

    /** What an operation says. */
    enum Outcome {
        DONE,
        NOTHING_THERE,
        TWO_OWNERS
    }

    private static final int THREADS_MAX = 8;

    private final IntSupplier pop;
    private final IntConsumer push;
    private final AtomicIntegerArray owned = new AtomicIntegerArray(INDICES);
    private final Queue<Integer>[] mine = newQueues();

    Pool(IntSupplier pop, IntConsumer push) {
        this.pop = pop;
        this.push = push;
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of queues of one kind
    private static Queue<Integer>[] newQueues() {
        Queue<Integer>[] queues = new Queue[THREADS_MAX];
        for (int i = 0; i < THREADS_MAX; i++) {
            queues[i] = new ArrayDeque<>();
        }
        return queues;
    }

    Outcome take(int thread) {
        int index = pop.getAsInt();
        if (index == NONE) {
            return Outcome.NOTHING_THERE;
        }
        mine[thread].add(index);
        return owned.getAndSet(index, 1) == 0 ? Outcome.DONE : Outcome.TWO_OWNERS;
    }

    Outcome giveBack(int thread) {
        Integer index = mine[thread].poll();
        if (index == null) {
            return Outcome.NOTHING_THERE;
        }
        owned.set(index, 0);
        push.accept(index);
        return Outcome.DONE;
    }
}
