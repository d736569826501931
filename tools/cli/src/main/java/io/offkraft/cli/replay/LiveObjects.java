// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import io.offkraft.cli.trace.Operation;
import io.offkraft.cli.trace.Trace;
import java.util.Arrays;

/**
 * The objects that exist after some of a plan's calls: found by looking at the plan, so that the
 * calls need no bookkeeping.
 *
 * @param objects their numbers, ascending
 * @param threads of each the thread that made its last call
 * @param bytes the sum of their sizes as asked for
 */
@SuppressWarnings("ArrayRecordComponent") // read once by the one that asked
record LiveObjects(int[] objects, int[] threads, long bytes) {
    /**
     * Returns what lives once every thread {@code t} has made its first {@code callsMade[t]} calls.
     */
    static LiveObjects after(ReplayPlan plan, int[] callsMade) {
        Trace trace = plan.trace();
        LastCalls last = LastCalls.of(plan, callsMade);
        int[] objects = new int[trace.objects()];
        int[] threads = new int[objects.length];
        int count = 0;
        long bytes = 0;
        for (int object = 0; object < objects.length; object++) {
            int record = last.records[object];
            if (record >= 0 && trace.operation(record) != Operation.FREE) {
                objects[count] = object;
                threads[count++] = last.threads[object];
                bytes += trace.sizeBytes(record);
            }
        }
        return new LiveObjects(Arrays.copyOf(objects, count), Arrays.copyOf(threads, count), bytes);
    }

    int count() {
        return objects.length;
    }

    /**
     * The last call on each object.
     *
     * @param records the record, or -1 where there is none
     * @param threads who made it
     */
    @SuppressWarnings("ArrayRecordComponent") // read once by the one that asked
    private record LastCalls(int[] records, int[] threads) {
        static LastCalls of(ReplayPlan plan, int[] callsMade) {
            int[] records = new int[plan.trace().objects()];
            int[] threads = new int[records.length];
            Arrays.fill(records, -1);
            for (int thread = 0; thread < callsMade.length; thread++) {
                ThreadPlan calls = plan.thread(thread);
                for (int call = 0; call < callsMade[thread]; call++) {
                    int object = calls.objects()[call];
                    if (calls.records()[call] > records[object]) {
                        records[object] = calls.records()[call];
                        threads[object] = thread;
                    }
                }
            }
            return new LastCalls(records, threads);
        }
    }
}
