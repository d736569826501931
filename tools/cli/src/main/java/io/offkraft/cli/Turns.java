// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import static java.util.Objects.requireNonNull;

import io.offkraft.cli.worker.WorkerException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/**
 * Who does what when in a comparison: what is not timed, side by side; what is timed, one at any
 * time and round by round in turn, so that what disturbs the machine for a while disturbs them all.
 *
 * <p>A contestant that fails drops out; the others go on.
 *
 * <p><b>Thread safety:</b> one thread; lines may be told by any.
 */
final class Turns {
    private static final int CPUS = Runtime.getRuntime().availableProcessors();

    private final Progress progress;
    private final PrintWriter err;
    private final List<String> failures = new ArrayList<>();

    /** Shows every step on {@code progress}, and what fails in lines on {@code err}. */
    Turns(Progress progress, PrintWriter err) {
        this.progress = progress;
        this.err = err;
    }

    /** Returns what has failed so far, a line each. */
    List<String> failures() {
        return List.copyOf(failures);
    }

    /** Has every contestant do something that is not timed, as many at once as there are CPUs. */
    <C extends Contestant> void sideBySide(List<C> contestants, String what, Consumer<C> action) {
        try (ExecutorService pool = Executors.newFixedThreadPool(CPUS)) {
            Map<C, CompletableFuture<Void>> running = new HashMap<>();
            for (C contestant : contestants) {
                running.put(
                        contestant,
                        CompletableFuture.runAsync(() -> action.accept(contestant), pool));
            }
            inTurn(
                    contestants,
                    what,
                    contestant -> outcome(requireNonNull(running.get(contestant))));
        }
    }

    /** Waits for {@code running} and throws what it threw. */
    private static void outcome(CompletableFuture<Void> running) {
        try {
            running.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof WorkerException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /**
     * Has every contestant do something, one after the other; one that fails is told of, ended and
     * taken out.
     */
    <C extends Contestant> void inTurn(List<C> contestants, String what, Consumer<C> action) {
        for (C contestant : List.copyOf(contestants)) {
            progress.step(contestant.label() + ": " + what);
            try {
                action.accept(contestant);
            } catch (WorkerException e) {
                String failure = String.valueOf(e.getMessage());
                tell(failure);
                failures.add(failure);
                contestant.close();
                contestants.remove(contestant);
            }
        }
    }

    /** Prints a line for the user. */
    synchronized void tell(String line) {
        progress.clearLine();
        err.println("offkraft: " + line);
    }
}
