// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import static java.util.Objects.requireNonNull;

import io.offkraft.cli.worker.Task;
import io.offkraft.cli.worker.Timed;
import io.offkraft.cli.worker.Worker;
import io.offkraft.workload.allocator.AllocatorKind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One allocator's part in a case, and what has been measured so far.
 *
 * <p><b>Thread safety:</b> one thread.
 */
final class BenchEntry implements Contestant {
    private final AllocatorKind kind;
    private final Task task;
    private final Task footprint;
    private final BenchWorkers workers;
    private final List<Timed> rounds = new ArrayList<>();
    private @Nullable Worker worker;
    private @Nullable Long residentBytes;

    BenchEntry(AllocatorKind kind, Task task, Task footprint, BenchWorkers workers) {
        this.kind = kind;
        this.task = task;
        this.footprint = footprint;
        this.workers = workers;
    }

    AllocatorKind kind() {
        return kind;
    }

    @Override
    public String label() {
        return kind.label();
    }

    void warmUp() {
        worker = workers.begin(kind, task);
        worker.warmUp();
    }

    void time() {
        rounds.add(requireNonNull(worker).time());
    }

    /** Has the case ended and the rest of it checked. */
    void verify() {
        requireNonNull(worker).verify();
    }

    /** Measures the peak of memory in a process that has done nothing before. */
    void measureFootprint() {
        residentBytes = workers.footprintBytes(kind, footprint);
    }

    List<Timed> rounds() {
        return List.copyOf(rounds);
    }

    /** Returns the growth of the resident set; null if it was not measured. */
    @Nullable Long residentBytes() {
        return residentBytes;
    }

    /** Ends the allocator's worker, which has failed. */
    @Override
    public void close() {
        workers.end(kind);
    }
}
