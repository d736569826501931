// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * What threads did to one object, and whether there is an order in which one operation after the
 * other would have had the same results: the search of Wing and Gong (1993).
 *
 * @param <S> the state of the sequential model, a value
 */
final class History<S> {
    /**
     * One operation: between {@code began} and {@code ended} on a clock of all threads.
     *
     * @param <S> the state
     * @param model gives the state after it, or null if its result is impossible in a state
     */
    private record Operation<S>(
            int began,
            int ended,
            String text,
            BiFunction<S, Object, List<S>> model,
            Object result) {}

    private final AtomicInteger clock = new AtomicInteger();
    private final List<Operation<S>> operations = new ArrayList<>();

    /**
     * Runs an operation and files it.
     *
     * @param model returns the states that may be after the operation, given the state before and
     *     the result: none if it can't have that result there
     */
    void run(String text, Supplier<Object> operation, BiFunction<S, Object, List<S>> model) {
        final int began = clock.getAndIncrement();
        final Object result = operation.get();
        final int ended = clock.getAndIncrement();
        synchronized (operations) {
            operations.add(new Operation<>(began, ended, text, model, result));
        }
    }

    /** Returns whether there is such an order, beginning with {@code initial}. */
    boolean isLinearizable(S initial) {
        return search(initial, 0, new HashSet<>());
    }

    private boolean search(S state, long done, Set<List<Object>> failed) {
        if (Long.bitCount(done) == operations.size()) {
            return true;
        }
        if (!failed.add(List.of(state, done))) {
            return false;
        }
        int firstEnd = Integer.MAX_VALUE;
        for (int i = 0; i < operations.size(); i++) {
            if ((done & (1L << i)) == 0) {
                firstEnd = Math.min(firstEnd, operations.get(i).ended);
            }
        }
        for (int i = 0; i < operations.size(); i++) {
            final Operation<S> next = operations.get(i);
            if ((done & (1L << i)) == 0 && next.began < firstEnd) {
                for (final S after : next.model.apply(state, next.result)) {
                    if (search(after, done | (1L << i), failed)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder();
        for (final Operation<S> operation : operations) {
            text.append(
                    "%n[%d, %d] %s = %s"
                            .formatted(
                                    operation.began,
                                    operation.ended,
                                    operation.text,
                                    operation.result));
        }
        return text.toString();
    }
}
