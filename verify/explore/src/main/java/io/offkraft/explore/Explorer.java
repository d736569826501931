// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import io.offkraft.word.SchedulePoint;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs a program under many schedules, and says under which one it fails.
 *
 * <p>All threads of a program are virtual threads on the calling thread: one runs at a time, from
 * one hook ({@link SchedulePoint}) to the next, and seeded random numbers say which. So a schedule
 * is known by its seed and can be run again. Memory is sequentially consistent here: a missing
 * fence does not show.
 *
 * <p>Needs {@code -Doffkraft.debug.schedule=true} and {@code --add-opens
 * java.base/java.lang=ALL-UNNAMED}.
 *
 * <p><b>Thread safety:</b> one exploration at a time in a process; another one waits.
 *
 * <p><b>Failure:</b> {@link ScheduleFailure} for a program that fails, {@link
 * UnsupportedOperationException} for a JDK whose virtual threads cannot be scheduled.
 */
public final class Explorer {
    /** Set to {@link ScheduleFailure#token()}, it has every exploration run that schedule alone. */
    public static final String REPLAY_PROPERTY = "explore.replay";

    private static final Object ONE_AT_A_TIME = new Object();

    /** Whose threads run. */
    private static volatile @Nullable Schedule present;

    private static final int STEPS_MAX = 20_000;
    private static final int DEPTH = 3;

    /** Decisions expected of a first schedule, for the choice of the change points. */
    private static final int FIRST_DECISIONS = 16;

    /** How the next thread is chosen. */
    public enum Strategy {
        /** Each thread with the same chance. */
        RANDOM,
        /** By priorities that change at a few steps. */
        PCT,
        /** The two in turn. */
        BOTH
    }

    private final Supplier<Program> program;
    private long schedules = 1000;
    private long seed = 1;
    private Strategy strategy = Strategy.BOTH;
    private int depth = DEPTH;
    private int stepsMax = STEPS_MAX;
    private long timersFireBelowNanos = Long.MAX_VALUE;

    private Explorer(Supplier<Program> program) {
        this.program = program;
    }

    /**
     * Returns an explorer of what {@code program} makes: for each schedule a new one, on new state.
     */
    public static Explorer of(Supplier<Program> program) {
        return new Explorer(program);
    }

    /** How many schedules are run; 1000 by default. */
    public Explorer schedules(long count) {
        schedules = count;
        return this;
    }

    /** What all random choices follow from; 1 by default. */
    public Explorer seed(long value) {
        seed = value;
        return this;
    }

    /** How the next thread is chosen; both ways in turn by default. */
    public Explorer strategy(Strategy choice) {
        strategy = choice;
        return this;
    }

    /** How many ordered events a bug may need that priorities aim at, 1 or more; 3 by default. */
    public Explorer depth(int events) {
        if (events < 1) {
            throw new IllegalArgumentException("depth must be 1 or more: " + events);
        }
        depth = events;
        return this;
    }

    /** How many steps all threads together may take to come to an end; 20,000 by default. */
    public Explorer stepsMax(int count) {
        stepsMax = count;
        return this;
    }

    /** No sleep ends by itself: a lost wake-up that polling covers up shows as a deadlock. */
    public Explorer timersNeverFire() {
        return timersFireBelow(0);
    }

    /**
     * Only sleeps shorter than {@code nanos} end by themselves: for what sleeps until it is woken,
     * but has parts that wait by polling with short sleeps.
     */
    public Explorer timersFireBelow(long nanos) {
        timersFireBelowNanos = nanos;
        return this;
    }

    /**
     * Runs the program under as many schedules as asked for.
     *
     * @return what was run
     * @throws ScheduleFailure at the first one under which it fails
     */
    public Exploration explore() {
        Exploration replayed = replayOfProperty();
        return replayed != null ? replayed : driven(this::exploreSeeds);
    }

    private Exploration exploreSeeds(Schedule schedule) {
        long began = System.nanoTime();
        long steps = 0;
        int decisionsMost = FIRST_DECISIONS;
        for (long i = 0; i < schedules; i++) {
            Chooser chooser = chooser(i, decisionsMost);
            Outcome outcome = schedule.run(program.get(), chooser);
            if (outcome != null) {
                throw failure(outcome, chooser.token());
            }
            steps += schedule.steps();
            decisionsMost = Math.max(decisionsMost, schedule.decisions());
        }
        return new Exploration(schedules, steps, System.nanoTime() - began);
    }

    private Chooser chooser(long index, int decisions) {
        long ofSchedule = Chance.seedOf(seed, index);
        boolean random =
                switch (strategy) {
                    case RANDOM -> true;
                    case PCT -> false;
                    case BOTH -> (index & 1) == 0;
                };
        return random
                ? new RandomChooser(ofSchedule)
                : new PctChooser(ofSchedule, depth, decisions);
    }

    /**
     * Runs the program under all schedules with at most {@code preemptionsMax} preemptions, first
     * all without one, then all with at most one, and so on. Spinners let others go first, and no
     * timer fires as long as somebody else can run.
     *
     * @return what was run; the ones with fewer preemptions are run again with those that have more
     * @throws ScheduleFailure at the first one under which it fails, with as few preemptions as
     *     possible
     */
    public Exploration exhaust(int preemptionsMax) {
        Exploration replayed = replayOfProperty();
        return replayed != null
                ? replayed
                : driven(schedule -> exhaustPaths(schedule, preemptionsMax));
    }

    private Exploration exhaustPaths(Schedule schedule, int preemptionsMax) {
        long began = System.nanoTime();
        long count = 0;
        long steps = 0;
        for (int bound = 0; bound <= preemptionsMax; bound++) {
            PathChooser chooser = new PathChooser(bound);
            do {
                Outcome outcome = schedule.run(program.get(), chooser);
                if (outcome != null) {
                    throw failure(outcome, chooser.token());
                }
                count++;
                steps += schedule.steps();
            } while (chooser.advance());
        }
        return new Exploration(count, steps, System.nanoTime() - began);
    }

    /**
     * Runs one schedule again.
     *
     * @param token from {@link ScheduleFailure#token()}
     * @return its steps
     * @throws ScheduleFailure if it fails
     */
    public List<Step> replay(String token) {
        return driven(_ -> replayed(token));
    }

    private List<Step> replayed(String token) {
        Schedule schedule = newSchedule().recording();
        Outcome outcome = schedule.run(program.get(), Chooser.of(token));
        if (outcome != null) {
            throw new ScheduleFailure(outcome, token, schedule.trace(), "");
        }
        return schedule.trace();
    }

    private @Nullable Exploration replayOfProperty() {
        String token = System.getProperty(REPLAY_PROPERTY);
        if (token == null || token.isEmpty()) {
            return null;
        }
        long began = System.nanoTime();
        List<Step> steps = replay(token);
        return new Exploration(1, steps.size(), System.nanoTime() - began);
    }

    /** Runs the schedule that failed again, now taking down its steps. */
    private ScheduleFailure failure(Outcome outcome, String token) {
        Schedule again = newSchedule().recording();
        Outcome second = again.run(program.get(), Chooser.of(token));
        if (second == null || second.kind() != outcome.kind()) {
            return new ScheduleFailure(
                    outcome,
                    token,
                    again.trace(),
                    " (NOT repeatable: the second run ended with "
                            + (second == null ? "success" : second.kind())
                            + ", so the program depends on more than its schedule)");
        }
        return new ScheduleFailure(second, token, again.trace(), "");
    }

    private Schedule newSchedule() {
        Schedule made = new Schedule(stepsMax, timersFireBelowNanos);
        present = made;
        return made;
    }

    /**
     * Returns a thread of the program that runs, to interrupt or unpark it.
     *
     * @param number its place in {@link Program#threads()}
     */
    public static Thread thread(int number) {
        return running().threadNumbered(number);
    }

    /**
     * Starts one more thread of the program that runs. Called by one of its threads: what is
     * started in another way does not follow the schedule.
     */
    public static Thread start(Runnable body) {
        return running().start(body);
    }

    /**
     * Has the calling thread stop for good, as if preempted and never run again, when it comes to a
     * hook: there, before the access. Others see the shared words as it leaves them.
     *
     * @param hooks the hooks from now on until then, 1 for the next one
     */
    public static void suspendAfter(int hooks) {
        running().suspendAfter(hooks);
    }

    /** Lets a thread of the program that runs go on, or not stop, after {@link #suspendAfter}. */
    public static void resume(int number) {
        running().resume(number);
    }

    private static Schedule running() {
        Schedule schedule = present;
        if (schedule == null) {
            throw new IllegalStateException("nothing is being explored");
        }
        return schedule;
    }

    private interface Run<R> {
        R with(Schedule schedule);
    }

    private <R> R driven(Run<R> run) {
        synchronized (ONE_AT_A_TIME) {
            try {
                return run.with(newSchedule());
            } finally {
                SchedulePoint.drive(null);
                present = null;
            }
        }
    }
}
