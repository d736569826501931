// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import io.offkraft.cli.replay.ReplayPlan;
import io.offkraft.cli.trace.Trace;
import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.HeapOptions;
import org.jspecify.annotations.Nullable;

/**
 * What a worker is for: the first line it is sent.
 *
 * @param trace the file
 * @param allocator what to replay on
 * @param threads the threads that the calls are dealt to, or null for those of the program
 * @param heap what the command line says of Offkraft's heap
 */
public record Setup(
        String trace, AllocatorKind allocator, @Nullable Integer threads, HeapOptions heap) {
    /** Returns the plan for {@code trace} that {@code threads} asks for: see the component. */
    public static ReplayPlan plan(Trace trace, @Nullable Integer threads) {
        return threads == null
                ? ReplayPlan.asRecorded(trace)
                : ReplayPlan.onThreads(trace, threads);
    }
}
