// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import io.offkraft.cli.replay.Verdict;
import io.offkraft.cli.trace.TraceFormatException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One task on one allocator, as far as it happens inside the worker.
 *
 * <p><b>Thread safety:</b> one thread.
 */
sealed interface Session extends AutoCloseable permits ReplaySession, WorkloadSession {
    /** Returns a session for {@code setup} on an allocator that {@code opener} opens. */
    static Session of(Setup setup, WorkerMain.Opener opener) throws TraceFormatException {
        return switch (setup.task()) {
            case Task.Replay replay -> new ReplaySession(setup, replay, opener);
            case Task.Run run -> new WorkloadSession(setup, run, opener);
        };
    }

    /** Checks what has to be right; of a workload, whose blocks are always checked, the rest. */
    Verdict verify(Consumer<String> remarks);

    /**
     * Returns by how much the anonymous resident set grew, at its peak, over one round on a fresh
     * allocator; null if the kernel does not tell.
     */
    @Nullable Long footprintBytes();

    /** Opens the allocator that is timed, and brings it and the code to their steady state. */
    void warmUp();

    /**
     * Times one round. An untimed one goes before it: this process has slept while others ran, its
     * caches are cold, and its allocator may have given back memory.
     */
    Timed time();

    /** Ends threads and gives memory back, if any are left. */
    @Override
    void close();
}
