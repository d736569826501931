// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

/**
 * The calls of one thread, in the trace's order, as arrays that a loop runs through.
 *
 * @param words the calls, as {@link PlanWord} packs them
 * @param objects the object of each call
 * @param records the record of each call, ascending
 * @param awaited for a call that awaits, the record that it waits for, a smaller one
 */
@SuppressWarnings("ArrayRecordComponent") // the loop's own data: never compared, never copied
record ThreadPlan(long[] words, int[] objects, int[] records, int[] awaited) {
    ThreadPlan(int calls) {
        this(new long[calls], new int[calls], new int[calls], new int[calls]);
    }

    /** Returns the number of calls. */
    int calls() {
        return words.length;
    }
}
