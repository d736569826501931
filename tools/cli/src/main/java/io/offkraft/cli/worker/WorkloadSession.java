// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import io.offkraft.cli.replay.Verdict;
import io.offkraft.workload.Measured;
import io.offkraft.workload.Rounds;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One workload on one allocator. */
final class WorkloadSession implements Session {
    /** A go of a slow allocator's begins with these blocks a thread, and is doubled from there. */
    private static final int FIRST_OPERATIONS = 64;

    /** Blocks that bring in the classes of workload and allocator, and hardly any memory. */
    private static final int REHEARSED_OPERATIONS = 64;

    /**
     * While others had their turns, threads were put to rest, and allocators have given back what
     * lay idle: so long an untimed round is before a timed one.
     */
    private static final long SETTLING_NANOS = 20_000_000;

    private final Setup setup;
    private final Task.Run run;
    private final WorkerMain.Opener opener;
    private @Nullable Rounds rounds;
    private int operationsEach = FIRST_OPERATIONS;

    WorkloadSession(Setup setup, Task.Run run, WorkerMain.Opener opener) {
        this.setup = setup;
        this.opener = opener;
        this.run = run;
    }

    /** Ends the workload and looks whether the allocator agrees that no block is live. */
    @Override
    public Verdict verify(Consumer<String> remarks) {
        opened().checkNothingIsLost();
        return new Verdict(0, 0, 0, 0L, 0);
    }

    @Override
    public @Nullable Long footprintBytes() {
        try (Rounds rehearsal = open()) {
            rehearsal.run(REHEARSED_OPERATIONS);
        }
        ResidentGrowth growth = new ResidentGrowth();
        try (Rounds rounds = open()) {
            growth.begin();
            rounds.run(run.volume().operationsEach());
            growth.end();
        }
        return growth.peakBytes();
    }

    @Override
    public void warmUp() {
        Rounds rounds = open();
        this.rounds = rounds;
        WarmUp warmUp = new WarmUp(run.volume().warmUpNanos());
        boolean grows = true;
        while (grows || warmUp.goesOn()) {
            Measured measured = rounds.run(operationsEach);
            warmUp.note(measured.nanos() / (double) measured.operations());
            grows =
                    operationsEach < run.volume().operationsEach()
                            && warmUp.bestNanos() * measured.operations()
                                    < run.volume().roundNanos();
            if (grows) {
                operationsEach = Math.min(2 * operationsEach, run.volume().operationsEach());
            }
        }
        CompilerRest.await();
    }

    @Override
    public Timed time() {
        spend(SETTLING_NANOS);
        return spend(run.volume().roundNanos());
    }

    /** Runs the workload until it has taken {@code atLeastNanos}. */
    private Timed spend(long atLeastNanos) {
        Rounds rounds = opened();
        long nanos = 0;
        long operations = 0;
        long javaHeapBytes = 0;
        do {
            Measured measured = rounds.run(operationsEach);
            nanos += measured.nanos();
            operations += measured.operations();
            javaHeapBytes += measured.javaHeapBytes();
        } while (nanos < atLeastNanos);
        return new Timed(nanos, operations, javaHeapBytes);
    }

    @Override
    public void close() {
        if (rounds != null) {
            rounds.close();
            rounds = null;
        }
    }

    private Rounds opened() {
        if (rounds == null) {
            throw new IllegalStateException("warm-up comes first");
        }
        return rounds;
    }

    private Rounds open() {
        return new Rounds(
                run.workload(),
                run.threads(),
                objects -> opener.open(setup.allocator(), objects, setup.heap()),
                setup.allocator()::crew);
    }
}
