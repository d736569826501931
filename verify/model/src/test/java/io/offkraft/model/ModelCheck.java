// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;

/** How much is checked: a little in each build, more with {@code -Dlincheck.iterations=}. */
final class ModelCheck {
    private static final int ITERATIONS = Integer.getInteger("lincheck.iterations", 10);
    private static final int INVOCATIONS = 200;

    /**
     * How often a thread goes round a loop before another gets its turn. By default it is so few
     * times that no thread ever waits long enough to leave the fast path of a lock.
     */
    private static final int ROUNDS_BEFORE_SWITCH = 300;

    /**
     * How often it goes round before that counts as hanging: more than the pauses in the longest
     * turn of a lock that waits awake.
     */
    private static final int ROUNDS_BEFORE_HANG = 3_000;

    private ModelCheck() {}

    /** Returns options for structures of which each program needs a fresh, untouched one. */
    static ModelCheckingOptions options() {
        return options(1);
    }

    /** The same for structures of which one program in {@code share} must do. */
    static ModelCheckingOptions options(int share) {
        return new ModelCheckingOptions()
                .iterations(Math.max(2, ITERATIONS / share))
                .invocationsPerIteration(INVOCATIONS)
                .threads(2)
                .actorsPerThread(2)
                // An operation before the parallel part would use up what can happen only once.
                .actorsBefore(0)
                .actorsAfter(1)
                .loopIterationsBeforeThreadSwitch(ROUNDS_BEFORE_SWITCH)
                .loopBound(ROUNDS_BEFORE_HANG);
    }
}
