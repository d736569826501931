// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import io.offkraft.cli.replay.ReplayPlan;
import io.offkraft.cli.replay.TimedRounds;
import io.offkraft.cli.replay.Verdict;
import io.offkraft.cli.replay.Verification;
import io.offkraft.cli.report.LockFigures;
import io.offkraft.cli.trace.Trace;
import io.offkraft.cli.trace.TraceFormatException;
import io.offkraft.cli.trace.TraceReader;
import io.offkraft.sync.LockStatistics;
import io.offkraft.workload.allocator.Blocks;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One trace on one allocator. */
final class ReplaySession implements Session {
    /** As long as the server compiler needs to see all of the loop and to be done with it. */
    private static final long WARM_UP_NANOS = 400_000_000;

    private static final int WARM_UP_ROUNDS_MIN = 10;

    /** A turn times as many rounds as last so long: one of a small trace takes two milliseconds. */
    private static final long TURN_NANOS = 50_000_000;

    /** By the clock a turn lasts so long at most: most of a tiny trace's round is not timed. */
    private static final long TURN_NANOS_MAX = 4 * TURN_NANOS;

    /** Calls that bring in the classes of the loop and the allocator, and hardly any memory. */
    private static final int REHEARSED_RECORDS = 100;

    private final Setup setup;
    private final Task.Replay replay;
    private final WorkerMain.Opener opener;
    private final ReplayPlan plan;
    private @Nullable TimedRounds timed;

    ReplaySession(Setup setup, Task.Replay replay, WorkerMain.Opener opener)
            throws TraceFormatException {
        this.setup = setup;
        this.opener = opener;
        this.replay = replay;
        Trace trace = TraceReader.read(Path.of(replay.trace()));
        this.plan = Task.Replay.plan(trace, replay.threads());
    }

    @Override
    public Verdict verify(Consumer<String> remarks) {
        try (Blocks blocks = open()) {
            return Verification.run(plan, blocks, setup.allocator().crew(plan.threads()), remarks);
        }
    }

    @Override
    public @Nullable Long footprintBytes() {
        ReplayPlan rehearsal =
                Task.Replay.plan(plan.trace().first(REHEARSED_RECORDS), replay.threads());
        try (TimedRounds rounds = rounds(rehearsal)) {
            rounds.nanos();
        }
        ResidentGrowth growth = new ResidentGrowth();
        try (TimedRounds rounds = rounds(plan)) {
            rounds.nanos(growth::begin, growth::end);
        }
        return growth.peakBytes();
    }

    @Override
    public void warmUp() {
        TimedRounds rounds = rounds(plan);
        timed = rounds;
        WarmUp warmUp = new WarmUp(WARM_UP_NANOS);
        for (int round = 0; round < WARM_UP_ROUNDS_MIN || warmUp.goesOn(); round++) {
            warmUp.note((double) rounds.nanos());
        }
        CompilerRest.await();
    }

    /** Returns the time of one round, the mean of some. */
    @Override
    public Timed time() {
        if (timed == null) {
            throw new IllegalStateException("warm-up comes before timing");
        }
        timed.nanos();
        long begin = System.nanoTime();
        long nanos = 0;
        int rounds = 0;
        do {
            nanos += timed.nanos();
            rounds++;
        } while (nanos < TURN_NANOS && System.nanoTime() - begin < TURN_NANOS_MAX);
        return new Timed(nanos / rounds, plan.trace().records(), 0);
    }

    /** Returns what happened to the locks of a fresh allocator in one round after warming up. */
    List<LockFigures> lockFigures() {
        LockHistograms histograms = new LockHistograms();
        LockStatistics.observe(histograms);
        try (TimedRounds rounds = rounds(plan)) {
            for (int round = 0; round < WARM_UP_ROUNDS_MIN; round++) {
                rounds.nanos();
            }
            histograms.reset();
            rounds.nanos();
            return histograms.figures();
        } finally {
            LockStatistics.observe(null);
        }
    }

    @Override
    public void close() {
        if (timed != null) {
            timed.close();
            timed = null;
        }
    }

    private TimedRounds rounds(ReplayPlan plan) {
        return new TimedRounds(plan, open(), setup.allocator().crew(plan.threads()));
    }

    private Blocks open() {
        return opener.open(setup.allocator(), plan.trace().objects(), setup.heap());
    }
}
