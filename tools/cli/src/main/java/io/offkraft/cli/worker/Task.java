// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.offkraft.cli.replay.ReplayPlan;
import io.offkraft.cli.trace.Trace;
import io.offkraft.workload.WorkloadKind;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What an allocator is asked for: the calls of a recorded program, or those of a workload. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "task")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Task.Replay.class, name = "replay"),
    @JsonSubTypes.Type(value = Task.Run.class, name = "run")
})
public sealed interface Task {
    /** Returns what it is, in some words, for messages. */
    String text();

    /**
     * A trace is replayed.
     *
     * @param trace the file
     * @param threads the threads that the calls are dealt to, or null for those of the program
     */
    record Replay(String trace, @Nullable Integer threads) implements Task {
        @Override
        public String text() {
            return trace;
        }

        /** Returns the plan for {@code trace} that {@code threads} asks for: see the component. */
        public static ReplayPlan plan(Trace trace, @Nullable Integer threads) {
            return threads == null
                    ? ReplayPlan.asRecorded(trace)
                    : ReplayPlan.onThreads(trace, threads);
        }
    }

    /**
     * A workload is run.
     *
     * @param workload which
     * @param threads the threads that take part
     * @param volume how much of it
     */
    record Run(WorkloadKind workload, int threads, Volume volume) implements Task {
        @Override
        public String text() {
            return String.format(
                    Locale.ROOT,
                    threads == 1 ? "%s on %d thread" : "%s on %d threads",
                    workload.label(),
                    threads);
        }
    }

    /**
     * How much of a workload is run.
     *
     * @param operationsEach blocks for each thread to allocate in one go, of all allocators the
     *     same; an allocator that is too slow for that is asked for fewer
     * @param warmUpNanos it is timed when it has not become faster in so much time of its process,
     *     or has used some times as much
     * @param roundNanos how long a timed round is, at least
     */
    record Volume(int operationsEach, long warmUpNanos, long roundNanos) {}
}
