// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import io.offkraft.word.SchedulePoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One run of a program at a time: the driver that its threads call at their hooks, and the loop
 * that runs them. Everything happens on the exploring thread, as the threads are mounted on it.
 */
final class Schedule implements SchedulePoint.Driver {
    /*
     * At a hook the running thread asks the chooser who goes on. If it is itself, the hook returns:
     * no switch. Else it yields, and the loop of the exploring thread runs the chosen one.
     *
     * Fairness (after Musuvathi and Qadeer, Fair Stateless Model Checking, 2008): a thread that
     * spins goes on only when all those that were ready have moved, unless the chooser lets it stay.
     * The waits-for relation has no cycle, as who moves leaves all sets: so somebody is eligible
     * if somebody is ready.
     *
     * A hook inside a class initializer: the JVM does not let the thread yield there. Whether one
     * runs differs between the first schedule and the second, so such a hook must not exist: the
     * decision is taken back.
     */

    private static final int NOBODY = Chooser.NOBODY;

    /** What a step takes on the virtual clock. */
    private static final long STEP_NANOS = 100;

    /** Pauses in a row that count as one: more than any loop that only lets time pass makes. */
    private static final int PAUSES_MAX = 2_048;

    private final Thread exploring = Thread.currentThread();
    private final int stepsMax;
    private final long timersFireBelowNanos;

    private final @Nullable ExploredThread[] threads = new ExploredThread[Program.THREADS_MAX];
    private int count;
    private int alive;
    private int ready;
    private int sleeping;
    private int spinning;

    /** Whether a thread that is not explored woke one that is: it does not follow the schedule. */
    private volatile boolean wokenFromOutside;

    private Chooser chooser = new RandomChooser(0);
    private @Nullable ExploredThread running;
    private int chosen;
    private long dispatches;
    private int steps;
    private int decisions;
    private long clockNanos;
    private @Nullable Outcome outcome;
    private @Nullable List<Step> trace;

    Schedule(int stepsMax, long timersFireBelowNanos) {
        this.stepsMax = stepsMax;
        this.timersFireBelowNanos = timersFireBelowNanos;
    }

    Schedule recording() {
        trace = new ArrayList<>();
        return this;
    }

    List<Step> trace() {
        return trace == null ? List.of() : List.copyOf(trace);
    }

    int steps() {
        return steps;
    }

    int decisions() {
        return decisions;
    }

    /** Runs a program; null if it did what it should. */
    @Nullable Outcome run(Program program, Chooser newChooser) {
        begin(program, newChooser);
        while (outcome == null) {
            int next = chosen != NOBODY ? chosen : next();
            if (next == NOBODY) {
                break;
            }
            dispatch(thread(next));
        }
        if (outcome == null && alive != 0) {
            fail(
                    ScheduleFailure.Kind.DEADLOCK,
                    wokenFromOutside
                            ? "a thread was woken by one that is not explored, and is lost"
                            : "nobody is left to wake those who wait",
                    null);
        } else if (outcome == null) {
            check(program);
        }
        return outcome;
    }

    private void begin(Program program, Chooser newChooser) {
        chooser = newChooser;
        SchedulePoint.drive(this);
        count = 0;
        alive = 0;
        ready = 0;
        sleeping = 0;
        spinning = 0;
        chosen = NOBODY;
        steps = 0;
        decisions = 0;
        clockNanos = 0;
        outcome = null;
        wokenFromOutside = false;
        chooser.begin(program.threads().size());
        for (Runnable body : program.threads()) {
            add(body);
        }
    }

    private Thread add(Runnable body) {
        ExploredThread added = new ExploredThread(this, count, body);
        threads[count++] = added;
        alive |= added.bit;
        added.thread.start();
        return added.thread;
    }

    /** Starts one more thread; called by one of them. */
    Thread start(Runnable body) {
        if (count == Program.THREADS_MAX) {
            throw new IllegalStateException("at most " + Program.THREADS_MAX + " threads");
        }
        chooser.added(count);
        return add(body);
    }

    Thread threadNumbered(int number) {
        return thread(number).thread;
    }

    private ExploredThread thread(int index) {
        ExploredThread thread = threads[index];
        if (thread == null) {
            throw new AssertionError("no thread " + index);
        }
        return thread;
    }

    private void dispatch(ExploredThread next) {
        chosen = NOBODY;
        ready &= ~next.bit;
        dispatches++;
        running = next;
        moves(next);
        next.goOn();
        running = null;
        if (((ready | ~alive) & next.bit) == 0) {
            throwIfNotRepeatable(next);
        }
    }

    /** The thread waits. If it is the JVM that would end that, the schedule does not say when. */
    private void throwIfNotRepeatable(ExploredThread waiting) {
        Thread.State state = waiting.thread.getState();
        if (state == Thread.State.BLOCKED || state == Thread.State.TIMED_WAITING) {
            fail(
                    ScheduleFailure.Kind.NOT_EXPLORABLE,
                    waiting.thread.getName()
                            + (state == Thread.State.BLOCKED
                                    ? " waits for a monitor that another thread holds at a hook"
                                    : " sleeps by the JVM's clock, not through SchedulePoint"),
                    null);
        }
    }

    private void check(Program program) {
        try {
            program.check().run();
        } catch (RuntimeException | Error e) {
            fail(ScheduleFailure.Kind.CHECK, "the end check says " + e, e);
        }
    }

    /** Called by the exploring thread when nobody runs. */
    private int next() {
        while (ready == 0) {
            if (!fireTimer()) {
                return NOBODY;
            }
        }
        return pick(ready, NOBODY);
    }

    /** Returns who of {@code candidates} goes on. */
    private int pick(int candidates, int stopped) {
        int eligible = eligible(candidates);
        int next;
        if ((eligible & (eligible - 1)) == 0) {
            next = Integer.numberOfTrailingZeros(eligible);
        } else {
            decisions++;
            next = chooser.choose(eligible, stopped);
        }
        return next;
    }

    private int eligible(int candidates) {
        int eligible = candidates;
        for (int rest = candidates & spinning; rest != 0; rest &= rest - 1) {
            ExploredThread spinner = thread(Integer.numberOfTrailingZeros(rest));
            if ((spinner.after & candidates) != 0) {
                eligible &= ~spinner.bit;
            }
        }
        assert eligible != 0 : "all spinners wait for one another";
        return eligible;
    }

    /** The thread goes on to its next hook. */
    private void moves(ExploredThread mover) {
        for (int rest = spinning; rest != 0; rest &= rest - 1) {
            ExploredThread spinner = thread(Integer.numberOfTrailingZeros(rest));
            spinner.after &= ~mover.bit;
        }
        mover.after = 0;
        spinning &= ~mover.bit;
        if (trace != null) {
            trace.add(new Step(mover.index, mover.where));
            mover.where = "is awake again"; // unless it comes to a hook first
        }
    }

    // What explored threads call.

    private @Nullable ExploredThread caller() {
        ExploredThread present = running;
        return present != null && present.thread == Thread.currentThread() ? present : null;
    }

    @Override
    public void reached() {
        ExploredThread caller = caller();
        if (caller != null) {
            caller.pauses = 0;
            stop(caller, "before", false);
            if (caller.hooksLeft != 0 && --caller.hooksLeft == 0) {
                suspend(caller);
            }
        }
    }

    private void suspend(ExploredThread caller) {
        caller.suspended = true;
        if (trace != null) {
            caller.where = "is suspended before " + Whereabouts.ofCaller();
            trace.add(new Step(caller.index, caller.where));
        }
        while (caller.suspended) { // somebody may wake it for another reason
            LockSupport.park(this);
        }
    }

    /** The calling thread shall stop at a hook. */
    void suspendAfter(int hooks) {
        ExploredThread caller = caller();
        if (caller == null) {
            throw new IllegalStateException("only a thread that is explored can be suspended");
        }
        if (hooks < 1) {
            throw new IllegalArgumentException("hooks must be 1 or more: " + hooks);
        }
        caller.hooksLeft = hooks;
    }

    void resume(int number) {
        ExploredThread thread = thread(number);
        thread.hooksLeft = 0;
        thread.suspended = false;
        LockSupport.unpark(thread.thread);
    }

    @Override
    public void spun() {
        ExploredThread caller = caller();
        if (caller == null) {
            Thread.onSpinWait();
        } else if (caller.pauses++ % PAUSES_MAX == 0) {
            stop(caller, "spins in", true);
        } else {
            clockNanos += STEP_NANOS;
        }
    }

    @Override
    public void parked(Object blocker, long nanos) {
        ExploredThread caller = caller();
        if (caller == null) {
            LockSupport.parkNanos(blocker, nanos);
            return;
        }
        caller.pauses = 0;
        stop(caller, "sleeps in", false);
        if (nanos > 0) {
            if (nanos < timersFireBelowNanos) {
                caller.deadlineNanos = clockNanos + Math.min(nanos, Long.MAX_VALUE - clockNanos);
                sleeping |= caller.bit;
            }
            LockSupport.park(blocker);
            sleeping &= ~caller.bit;
        }
    }

    @Override
    public long nanoTime() {
        if (caller() == null) {
            return System.nanoTime();
        }
        clockNanos += STEP_NANOS + chooser.clockJumpNanos();
        return clockNanos;
    }

    /** Lets another thread go on, or the caller. */
    @SuppressWarnings("ThreadPriorityCheck") // the way a virtual thread gives itself back
    private void stop(ExploredThread caller, String how, boolean spins) {
        long position = chooser.position();
        int decisionsBefore = decisions;
        clockNanos += STEP_NANOS;
        if (trace != null) {
            caller.where = how + " " + Whereabouts.ofCaller();
        }
        if (++steps > stepsMax) {
            fail(
                    ScheduleFailure.Kind.LIVELOCK,
                    "no end after " + stepsMax + " steps of all threads",
                    null);
            chosen = caller.index; // not dispatched any more
        } else {
            chosen = chooseAfter(caller, spins);
        }
        if (chosen == caller.index && outcome == null) {
            chosen = NOBODY;
            moves(caller);
            return;
        }
        long dispatch = dispatches;
        Thread.yield();
        if (dispatch == dispatches) { // pinned, see the essay
            chooser.rewind(position);
            decisions = decisionsBefore;
            steps--;
            chosen = NOBODY;
            if (outcome != null) {
                throw new AssertionError("the schedule is over");
            }
        }
    }

    private int chooseAfter(ExploredThread caller, boolean spins) {
        boolean waits = spins && !chooser.staysAfterSpin(caller.index);
        if (waits) {
            caller.after = ready;
            spinning |= caller.bit;
        }
        if (sleeping != 0 && chooser.timerFires(spins && ready == 0)) {
            fireTimer();
        }
        return pick(ready | caller.bit, waits ? NOBODY : caller.index);
    }

    /** Ends the sleep that is the next to end; false if there is none. */
    private boolean fireTimer() {
        ExploredThread first = null;
        for (int rest = sleeping; rest != 0; rest &= rest - 1) {
            ExploredThread sleeper = thread(Integer.numberOfTrailingZeros(rest));
            if (first == null || sleeper.deadlineNanos < first.deadlineNanos) {
                first = sleeper;
            }
        }
        if (first == null) {
            return false;
        }
        clockNanos = Math.max(clockNanos, first.deadlineNanos);
        LockSupport.unpark(first.thread);
        if (trace != null) {
            trace.add(new Step(first.index, "is woken by its timer"));
        }
        return true;
    }

    void becameReady(ExploredThread thread) {
        Thread caller = Thread.currentThread();
        if (caller == exploring || caller() != null) {
            ready |= thread.bit;
            sleeping &= ~thread.bit;
        } else {
            wokenFromOutside = true;
        }
    }

    void threw(ExploredThread thread, Throwable thrown) {
        fail(ScheduleFailure.Kind.THREW, thread.thread.getName() + " threw " + thrown, thrown);
    }

    void ended(ExploredThread thread) {
        alive &= ~thread.bit;
    }

    private void fail(ScheduleFailure.Kind kind, String message, @Nullable Throwable cause) {
        if (outcome == null) {
            outcome = new Outcome(kind, trace == null ? message : message + stacks(), cause);
        }
    }

    private String stacks() {
        StringBuilder text = new StringBuilder();
        for (int rest = alive; rest != 0; rest &= rest - 1) {
            ExploredThread thread = thread(Integer.numberOfTrailingZeros(rest));
            text.append("\n[").append(thread.index).append("] ");
            text.append(thread.thread.getName()).append(", ").append(thread.thread.getState());
            text.append(", stopped: ").append(thread.where);
            Whereabouts.append(thread.thread.getStackTrace(), text);
        }
        return text.toString();
    }
}
