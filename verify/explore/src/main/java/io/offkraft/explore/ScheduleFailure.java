// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import java.util.List;

/** A schedule under which a program does not do what it should. */
public final class ScheduleFailure extends AssertionError {
    private static final long serialVersionUID = 1;

    /** The trace in the message ends with so many steps. */
    private static final int STEPS_SHOWN = 120;

    /** What went wrong. */
    public enum Kind {
        /** A thread threw something. */
        THREW,
        /** The end check threw something. */
        CHECK,
        /** Threads wait, and nobody is left to wake them. */
        DEADLOCK,
        /** The threads did not come to an end within the permitted number of steps. */
        LIVELOCK,
        /**
         * A thread waits for what the JVM would do at a time of its own: no fault of the program.
         */
        NOT_EXPLORABLE
    }

    private final Kind kind;
    private final String token;
    private final transient List<Step> trace;

    ScheduleFailure(Outcome outcome, String token, List<Step> trace, String note) {
        super(text(outcome, token, trace, note), outcome.cause());
        kind = outcome.kind();
        this.token = token;
        this.trace = List.copyOf(trace);
    }

    private static String text(Outcome outcome, String token, List<Step> trace, String note) {
        StringBuilder text = new StringBuilder(256);
        text.append(outcome.kind())
                .append(": ")
                .append(outcome.message())
                .append("\nschedule ")
                .append(token)
                .append(note)
                .append("\nto replay run the same test alone with -D")
                .append(Explorer.REPLAY_PROPERTY)
                .append('=')
                .append(token)
                .append("\nsteps, ")
                .append(trace.size())
                .append(" in all:\n");
        int first = Math.max(0, trace.size() - STEPS_SHOWN);
        for (int i = first; i < trace.size(); i++) {
            Step step = trace.get(i);
            text.append(i).append(" [").append(step.thread()).append("] ");
            text.append(step.where()).append('\n');
        }
        return text.toString();
    }

    /** Returns what went wrong. */
    public Kind kind() {
        return kind;
    }

    /** Returns the word that {@link Explorer#replay} takes: strategy and seed. */
    public String token() {
        return token;
    }

    /** Returns all steps, first to last. */
    public List<Step> trace() {
        return trace;
    }
}
