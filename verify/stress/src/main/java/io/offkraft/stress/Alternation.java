// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress;

/** Lets the states of a litmus test take one way or the other by turns. */
public final class Alternation {
    private static int turns;

    private Alternation() {}

    /** Returns a number whose bits alternate from state to state. */
    public static int next() {
        // Benign because it is only for variety: a turn that is lost in a race changes nothing.
        return turns++;
    }
}
