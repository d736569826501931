// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import io.offkraft.workload.allocator.Crew;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One pass of all threads over a plan: lined up, let go at once, waited for.
 *
 * <p><b>Thread safety:</b> one thread runs it, once.
 */
final class Round {
    private final Replayer replayer;
    private final Handover handover;
    private final Crew crew;
    private final int[] callsMade;
    private final long[] endNanos;
    private final StartGate gate = new StartGate();
    private final CountDownLatch running;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private long startNanos;

    Round(Replayer replayer, Handover handover, Crew crew) {
        this.replayer = replayer;
        this.handover = handover;
        this.crew = crew;
        this.callsMade = new int[crew.threads()];
        this.endNanos = new long[crew.threads()];
        this.running = new CountDownLatch(crew.threads());
    }

    /**
     * Runs the round.
     *
     * @param beforeStart what to do when all threads stand at the gate and nothing has been called
     *     yet
     * @throws RuntimeException or an error: the first that any thread met
     */
    void run(Runnable beforeStart) {
        handover.reset();
        lineUp();
        beforeStart.run();
        startNanos = System.nanoTime();
        gate.open();
        awaitAll();
        switch (failure.get()) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new AssertionError(e);
        }
    }

    /** Returns the time from the opening of the gate until the last thread was done. */
    long nanos() {
        return Arrays.stream(endNanos).max().orElseThrow() - startNanos;
    }

    /** Returns the calls that each thread has made. */
    int[] callsMade() {
        return callsMade;
    }

    private void lineUp() {
        try {
            for (int thread = 0; thread < crew.threads(); thread++) {
                int member = thread;
                crew.execute(member, () -> runMember(member));
            }
        } catch (RuntimeException | Error e) {
            handover.stop(); // those that did start go home
            gate.open();
            throw e;
        }
        gate.awaitArrivals(crew.threads());
    }

    private void runMember(int member) {
        gate.arriveAndAwait();
        try {
            callsMade[member] = replayer.replay(member, handover);
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e); // the first is told, later ones mostly follow from it
            handover.stop();
        } finally {
            endNanos[member] = System.nanoTime();
            running.countDown(); // release: publishes this member's results to awaitAll
        }
    }

    private void awaitAll() {
        boolean interrupted = false;
        while (true) {
            try {
                running.await();
                break;
            } catch (InterruptedException _) {
                interrupted = true; // the threads use memory that must outlive them
                handover.stop();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
