// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Breaks the rule of atomics: its compare-and-set is not counted. */
final class TakesUncounted {
    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(int[].class);

    private final int[] words = new int[1];

    boolean tryTake() {
        return WORDS.compareAndSet(words, 0, 0, 1);
    }
}
