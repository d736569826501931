// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.cli.worker.Setup;
import io.offkraft.cli.worker.Task;
import io.offkraft.cli.worker.Worker;
import io.offkraft.cli.worker.WorkerJvm;
import io.offkraft.cli.worker.WorkerJvm.Purpose;
import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.HeapOptions;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The workers of a benchmark, one an allocator, which stay until they are ended.
 *
 * <p><b>Thread safety:</b> any thread, of one allocator one at a time.
 */
final class BenchWorkers implements AutoCloseable {
    /** Says how a worker's JVM is started; {@link WorkerJvm#ofWorkloads} but in tests. */
    interface Launcher {
        WorkerJvm jvm(AllocatorKind kind, Purpose purpose, int threads);
    }

    private static final HeapOptions AS_CONFIGURED = new HeapOptions(null, null);

    private final Launcher launcher;
    private final Consumer<String> remarks;
    private final ConcurrentMap<AllocatorKind, Worker> workers = new ConcurrentHashMap<>();
    private int threads;

    BenchWorkers(Launcher launcher, Consumer<String> remarks) {
        this.launcher = launcher;
        this.remarks = remarks;
    }

    /** Tells how many threads workers have to have room for, if they are started from now on. */
    void expect(int mostThreads) {
        threads = mostThreads;
    }

    /** Returns the worker of {@code kind}, which is ready for {@code task}. */
    Worker begin(AllocatorKind kind, Task task) {
        Worker worker = workers.get(kind);
        if (worker == null) {
            worker = start(kind, task, Purpose.VERIFY_AND_TIME);
            workers.put(kind, worker);
            worker.awaitReady();
        } else {
            worker.begin(task);
        }
        return worker;
    }

    /** Has the footprint of {@code task} measured in a worker of its own. */
    @Nullable Long footprintBytes(AllocatorKind kind, Task task) {
        try (Worker fresh = start(kind, task, Purpose.FOOTPRINT)) {
            fresh.awaitReady();
            return fresh.footprintBytes();
        }
    }

    private Worker start(AllocatorKind kind, Task task, Purpose purpose) {
        return Worker.start(
                new Setup(task, kind, AS_CONFIGURED),
                launcher.jvm(kind, purpose, threads),
                remarks);
    }

    /** Ends the worker of {@code kind}, if there is one. */
    void end(AllocatorKind kind) {
        Worker worker = workers.remove(kind);
        if (worker != null) {
            worker.close();
        }
    }

    /** Ends all. */
    @Override
    public void close() {
        workers.keySet().forEach(this::end);
    }
}
