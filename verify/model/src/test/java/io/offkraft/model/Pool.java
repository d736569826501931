// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.BiConsumer;
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

    /** Returns how many of the two there are; or -1 if one has two owners. */
    int own(int thread, int first, int second) {
        int count = 0;
        for (int index : new int[] {first, second}) {
            if (index != NONE) {
                mine[thread].add(index);
                count++;
                if (owned.getAndSet(index, 1) != 0) {
                    return -1;
                }
            }
        }
        return count;
    }

    /** Gives the two back that were taken first, in their order; returns how many there were. */
    int giveTwoBack(int thread, BiConsumer<Integer, Integer> pushTwo) {
        if (mine[thread].size() < 2) {
            return 0;
        }
        int upper = mine[thread].remove();
        int lower = mine[thread].remove();
        owned.set(upper, 0);
        owned.set(lower, 0);
        pushTwo.accept(upper, lower);
        return 2;
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
