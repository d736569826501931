// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.cli.replay.ReplayPlan;
import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.HeapOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be replayed, checked and complete.
 *
 * @param plans a plan a trace, in the order given
 * @param allocators what to replay on, in the order given
 * @param threads the threads to deal the calls to, or null for those of the programs
 * @param rounds timing rounds
 * @param verified whether a round is verified first
 * @param heap what is chosen for Offkraft's heap
 * @param smp the value of {@code offkraft.smp}, or null if it was not chosen
 */
record ReplayRequest(
        List<ReplayPlan> plans,
        List<AllocatorKind> allocators,
        @Nullable Integer threads,
        int rounds,
        boolean verified,
        HeapOptions heap,
        @Nullable Boolean smp) {}
