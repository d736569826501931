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
 * @param bytes the sum of their sizes as asked for
 */
@SuppressWarnings("ArrayRecordComponent") // read once by the one that asked
record LiveObjects(int[] objects, long bytes) {
    /**
     * Returns what lives once every thread {@code t} has made its first {@code callsMade[t]} calls.
     */
    static LiveObjects after(ReplayPlan plan, int[] callsMade) {
        long[] sizes = sizesAfter(plan, callsMade);
        int[] objects = new int[sizes.length];
        int count = 0;
        long bytes = 0;
        for (int object = 0; object < sizes.length; object++) {
            if (sizes[object] >= 0) {
                objects[count++] = object;
                bytes += sizes[object];
            }
        }
        return new LiveObjects(Arrays.copyOf(objects, count), bytes);
    }

    int count() {
        return objects.length;
    }

    /** Returns the size of every object, or -1 where there is none. */
    private static long[] sizesAfter(ReplayPlan plan, int[] callsMade) {
        Trace trace = plan.trace();
        int[] lastRecords = new int[trace.objects()];
        Arrays.fill(lastRecords, -1);
        for (int thread = 0; thread < callsMade.length; thread++) {
            ThreadPlan calls = plan.thread(thread);
            for (int call = 0; call < callsMade[thread]; call++) {
                int object = calls.objects()[call];
                lastRecords[object] = Math.max(lastRecords[object], calls.records()[call]);
            }
        }
        long[] sizes = new long[lastRecords.length];
        for (int object = 0; object < sizes.length; object++) {
            int last = lastRecords[object];
            boolean lives = last >= 0 && trace.operation(last) != Operation.FREE;
            sizes[object] = lives ? trace.sizeBytes(last) : -1;
        }
        return sizes;
    }
}
