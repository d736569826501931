// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A virtual thread of a schedule, and its own scheduler: so who becomes ready is known. */
final class ExploredThread implements Executor, Runnable {
    private static final String[] NAMES = new String[Program.THREADS_MAX];

    static {
        for (int i = 0; i < NAMES.length; i++) {
            NAMES[i] = "explored-" + i;
        }
    }

    final int index;
    final int bit;
    final Thread thread;

    private final Schedule schedule;
    private final Runnable body;

    /** What continues the thread; the JDK gives the same each time. */
    private @Nullable Runnable continuation;

    /** Bits of the threads that must move before this one, which spins, may go on. */
    int after;

    /** Turns of a waiting loop since the last access to a shared word. */
    int pauses;

    /** When the timed sleep ends. */
    long deadlineNanos;

    /** Hooks until it is suspended; 0 if it shall not be. */
    int hooksLeft;

    boolean suspended;

    /** For the trace. */
    String where = "starts";

    ExploredThread(Schedule schedule, int index, Runnable body) {
        this.schedule = schedule;
        this.index = index;
        this.body = body;
        bit = 1 << index;
        thread = ThreadMaker.make(this, index, NAMES[index], this);
    }

    /** The thread can go on. Never rejects: the JDK would lose the thread. */
    @Override
    public void execute(Runnable command) {
        continuation = command;
        schedule.becameReady(this);
    }

    /** Runs the thread on the calling one until it yields, sleeps or ends. */
    void goOn() {
        Runnable next = continuation;
        if (next == null) {
            throw new AssertionError("not ready: " + thread);
        }
        next.run();
    }

    /** The thread itself. */
    @Override
    public void run() {
        try {
            body.run();
        } catch (Throwable e) {
            schedule.threw(this, e);
        } finally {
            schedule.ended(this);
        }
    }
}
