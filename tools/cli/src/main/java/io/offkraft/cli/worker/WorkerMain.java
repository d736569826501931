// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import io.offkraft.cli.replay.AllocatorException;
import io.offkraft.cli.replay.ReplayOutOfMemoryException;
import io.offkraft.cli.trace.TraceFormatException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The worker's end of the conversation: a {@link Setup}, then {@link Command}s on standard input,
 * {@link Reply}s on standard output, a line each.
 *
 * <p>The end of the input ends the process at once, even in the middle of a round: the parent is
 * gone, and so is everybody who would want the result.
 */
public final class WorkerMain {
    private final PrintStream out;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private WorkerMain(PrintStream out) {
        this.out = out;
    }

    /** Runs the worker until its input ends or a command fails. */
    public static void main(String[] args) throws InterruptedException {
        WorkerMain worker = new WorkerMain(System.out);
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
            Setup setup = Lines.read(lines.take(), Setup.class);
            AllocatorSession session = new AllocatorSession(setup);
            say(Reply.DONE);
            while (true) {
                say(carryOut(session, Lines.read(lines.take(), Command.class)));
            }
        } catch (ReplayOutOfMemoryException | AllocatorException | TraceFormatException e) {
            say(Reply.failed(String.valueOf(e.getMessage())));
        } catch (OutOfMemoryError e) {
            say(Reply.failed("the worker's own JVM ran out of memory: " + e.getMessage()));
        }
    }

    private Reply carryOut(AllocatorSession session, Command command) {
        return switch (command) {
            case VERIFY -> Reply.of(session.verify(line -> say(Reply.remark(line))));
            case FOOTPRINT -> Reply.ofResidentBytes(session.footprintBytes());
            case WARM_UP -> {
                session.warmUp();
                yield Reply.DONE;
            }
            case TIME -> Reply.ofNanos(session.timeNanos());
            case LOCKS -> Reply.ofLocks(session.lockFigures());
        };
    }

    /** Says one line whole, whichever thread says it. */
    private synchronized void say(Reply reply) {
        out.println(Lines.write(reply));
        out.flush();
    }
}
