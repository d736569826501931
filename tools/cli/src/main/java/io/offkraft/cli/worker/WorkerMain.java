// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import io.offkraft.cli.replay.AllocatorException;
import io.offkraft.cli.replay.ReplayOutOfMemoryException;
import io.offkraft.cli.report.LockFigures;
import io.offkraft.cli.trace.TraceFormatException;
import io.offkraft.workload.IntegrityException;
import io.offkraft.workload.NoMemoryException;
import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.Blocks;
import io.offkraft.workload.allocator.HeapOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The worker's end of the conversation: a {@link Setup}, then {@link Command}s on standard input,
 * {@link Reply}s on standard output, a line each. Another setup begins another task.
 *
 * <p>The end of the input ends the process at once, even in the middle of a round: the parent is
 * gone, and so is everybody who would want the result.
 */
public final class WorkerMain {
    /** Opens an allocator; there is another one than {@link #ALLOCATORS} in tests only. */
    interface Opener {
        Blocks open(AllocatorKind kind, int objects, HeapOptions options);
    }

    private static final Opener ALLOCATORS = AllocatorKind::open;

    private final PrintStream out;
    private final Opener opener;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private WorkerMain(PrintStream out, Opener opener) {
        this.out = out;
        this.opener = opener;
    }

    /** Runs the worker until its input ends or a command fails. */
    public static void main(String[] args) throws InterruptedException {
        run(ALLOCATORS);
    }

    /** The same with other allocators. */
    static void run(Opener opener) throws InterruptedException {
        WorkerMain worker = new WorkerMain(System.out, opener);
        System.setOut(System.err); // whatever else prints must not enter the conversation
        Thread.ofPlatform().daemon().name("input").start(worker::readInput);
        worker.serve();
        System.exit(1);
    }

    private void readInput() {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(line);
            }
        } catch (IOException _) {
            // an input that can't be read has ended too
        }
        Runtime.getRuntime().halt(1);
    }

    private void serve() throws InterruptedException {
        try {
            String line = lines.take();
            while (true) {
                line = serve(Lines.read(line, Setup.class));
            }
        } catch (ReplayOutOfMemoryException
                | AllocatorException
                | TraceFormatException
                | IntegrityException
                | NoMemoryException e) {
            say(Reply.failed(String.valueOf(e.getMessage())));
        } catch (RuntimeException e) {
            say(Reply.failed("it threw " + e));
        } catch (ExceptionInInitializerError e) {
            say(Reply.failed("it cannot be used: " + e.getCause()));
        } catch (OutOfMemoryError e) {
            say(Reply.failed("the worker's own JVM ran out of memory: " + e.getMessage()));
        }
    }

    /** Carries out one task; returns the line that begins the next. */
    private String serve(Setup setup) throws InterruptedException, TraceFormatException {
        try (Session session = Session.of(setup, opener)) {
            say(Reply.DONE);
            while (true) {
                String line = lines.take();
                if (line.startsWith("{")) {
                    return line;
                }
                say(carryOut(session, Lines.read(line, Command.class)));
            }
        }
    }

    private Reply carryOut(Session session, Command command) {
        return switch (command) {
            case VERIFY -> Reply.of(session.verify(line -> say(Reply.remark(line))));
            case FOOTPRINT -> Reply.ofResidentBytes(session.footprintBytes());
            case WARM_UP -> {
                session.warmUp();
                yield Reply.DONE;
            }
            case TIME -> Reply.of(session.time());
            case LOCKS -> Reply.ofLocks(lockFigures(session));
        };
    }

    private static List<LockFigures> lockFigures(Session session) {
        return switch (session) {
            case ReplaySession replay -> replay.lockFigures();
            case WorkloadSession _ ->
                    throw new IllegalStateException("locks are counted in replays only");
        };
    }

    /** Says one line whole, whichever thread says it. */
    private synchronized void say(Reply reply) {
        out.println(Lines.write(reply));
        out.flush();
    }
}
