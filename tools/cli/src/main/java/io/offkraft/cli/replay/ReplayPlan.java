// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import io.offkraft.cli.trace.Operation;
import io.offkraft.cli.trace.Trace;
import java.util.Arrays;

/**
 * Which thread makes which call of a trace, and which calls wait for which.
 *
 * <p>Each thread makes its calls in the trace's order. The calls on one object happen in the
 * trace's order whatever threads they are dealt to: where two calls that follow each other on an
 * object are on different threads, the earlier publishes that it is done and the later awaits it.
 * Calls on different objects are not ordered.
 *
 * <p><b>Progress:</b> no deadlock. A call waits only for a call that stands earlier in the trace,
 * so of all the calls not yet made the one that stands first waits for nothing, and all before it
 * on its thread are made.
 *
 * <p><b>Thread safety:</b> immutable once built.
 */
public final class ReplayPlan {
    /**
     * Most calls that one thread is dealt in a row. Short, so that objects change threads; not one,
     * so that work overlaps.
     */
    static final int MAX_RUN_CALLS = 64;

    /** Runs that every thread gets of a trace too short for the longest run. */
    private static final int MIN_RUNS = 4;

    private static final int NONE = -1;

    private final Trace trace;
    private final ThreadPlan[] threads;

    private ReplayPlan(Trace trace, ThreadPlan[] threads) {
        this.trace = trace;
        this.threads = threads;
    }

    /** Returns the plan with the threads that the program had, those without a call left out. */
    public static ReplayPlan asRecorded(Trace trace) {
        int[] ofThread = new int[trace.threads()];
        Arrays.fill(ofThread, NONE);
        int[] dealt = new int[trace.records()];
        int threads = 0;
        for (int record = 0; record < dealt.length; record++) {
            int thread = trace.thread(record);
            if (ofThread[thread] == NONE) {
                ofThread[thread] = threads++;
            }
            dealt[record] = ofThread[thread];
        }
        return deal(trace, dealt, threads);
    }

    /**
     * Returns the plan with the calls dealt in turn to {@code threads} threads, a short run at a
     * time; one thread makes them all in the trace's order. Threads that would get none are left
     * out.
     */
    public static ReplayPlan onThreads(Trace trace, int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be positive: " + threads);
        }
        int used = Math.min(threads, trace.records());
        int runCalls = Math.clamp(trace.records() / (used * MIN_RUNS), 1, MAX_RUN_CALLS);
        int[] dealt = new int[trace.records()];
        for (int record = 0; record < dealt.length; record++) {
            dealt[record] = record / runCalls % used;
        }
        return deal(trace, dealt, used);
    }

    /** Returns the number of threads, at least 1. */
    public int threads() {
        return threads.length;
    }

    /** Returns the trace that is replayed. */
    public Trace trace() {
        return trace;
    }

    ThreadPlan thread(int thread) {
        return threads[thread];
    }

    private static ReplayPlan deal(Trace trace, int[] dealt, int threadCount) {
        int[] calls = new int[threadCount];
        for (int thread : dealt) {
            calls[thread]++;
        }
        ThreadPlan[] threads = new ThreadPlan[threadCount];
        Arrays.setAll(threads, thread -> new ThreadPlan(calls[thread]));
        new Dealer(trace, dealt, threads).deal();
        return new ReplayPlan(trace, threads);
    }

    /** Fills the threads' plans, following every object through the trace. */
    private static final class Dealer {
        private final Trace trace;
        private final int[] dealt;
        private final ThreadPlan[] threads;
        private final int[] filled;

        /** Where each record went in its thread's plan. */
        private final int[] positions;

        private final int[] lastRecords;
        private final long[] sizes;

        Dealer(Trace trace, int[] dealt, ThreadPlan[] threads) {
            this.trace = trace;
            this.dealt = dealt;
            this.threads = threads;
            this.filled = new int[threads.length];
            this.positions = new int[dealt.length];
            this.lastRecords = new int[trace.objects()];
            this.sizes = new long[trace.objects()];
            Arrays.fill(lastRecords, NONE);
        }

        void deal() {
            for (int record = 0; record < dealt.length; record++) {
                dealRecord(record);
            }
        }

        private void dealRecord(int record) {
            ThreadPlan plan = threads[dealt[record]];
            int position = filled[dealt[record]]++;
            int object = trace.object(record);
            long size = trace.sizeBytes(record);
            Operation operation = trace.operation(record);
            boolean grows = operation != Operation.FREE && size > sizes[object];
            long word = PlanWord.of(operation, size, trace.alignLog2(record), grows);
            int before = lastRecords[object];
            if (before != NONE && dealt[before] != dealt[record]) {
                long[] words = threads[dealt[before]].words();
                words[positions[before]] = PlanWord.publishing(words[positions[before]]);
                word = PlanWord.awaiting(word);
                plan.awaited()[position] = before;
            }
            plan.words()[position] = word;
            plan.objects()[position] = object;
            plan.records()[position] = record;
            positions[record] = position;
            lastRecords[object] = record;
            sizes[object] = size;
        }
    }
}
