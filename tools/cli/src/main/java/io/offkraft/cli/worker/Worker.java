// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import io.offkraft.cli.replay.Verdict;
import io.offkraft.cli.report.LockFigures;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The parent's end of a worker process.
 *
 * <p>The process dies with its handle, and with the parent: on Ctrl-C by a shutdown hook, otherwise
 * because its input ends.
 *
 * <p><b>Thread safety:</b> one thread.
 *
 * <p><b>Failure:</b> every command throws {@link WorkerException} if the worker fails or dies.
 */
public final class Worker implements AutoCloseable {
    private Setup setup;
    private final Process process;
    private final BufferedReader in;
    private final Writer out;
    private final Consumer<String> remarks;
    private final Thread onShutdown;

    private Worker(Setup setup, Process process, Consumer<String> remarks) {
        this.setup = setup;
        this.process = process;
        this.in = process.inputReader(StandardCharsets.UTF_8);
        this.out = process.outputWriter(StandardCharsets.UTF_8);
        this.remarks = remarks;
        this.onShutdown = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(onShutdown);
    }

    /**
     * Starts a worker, which makes ready while the caller goes on.
     *
     * @param jvm how its JVM is started
     * @param remarks takes lines meant for the user
     */
    public static Worker start(Setup setup, WorkerJvm jvm, Consumer<String> remarks) {
        try {
            Process process = jvm.process().redirectError(ProcessBuilder.Redirect.INHERIT).start();
            Worker worker = new Worker(setup, process, remarks);
            worker.say(setup);
            return worker;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the worker has made ready, that is read its trace. */
    public void awaitReady() {
        answer();
    }

    /** Gives the worker another task on the same allocator; what it did before is over. */
    public void begin(Task task) {
        setup = new Setup(task, setup.allocator(), setup.heap());
        try {
            say(setup);
        } catch (IOException _) {
            throw died();
        }
        answer();
    }

    /** Has everything checked: a replay in a round of its own, a workload by ending it. */
    public Verdict verify() {
        Verdict verdict = ask(Command.VERIFY).verdict();
        if (verdict == null) {
            throw new WorkerException(name() + " gave no verdict");
        }
        return verdict;
    }

    /** Has the footprint of one round measured, once; null if the kernel does not tell. */
    public @Nullable Long footprintBytes() {
        return ask(Command.FOOTPRINT).residentBytes();
    }

    /** Has the allocator that is timed opened and warmed up. */
    public void warmUp() {
        ask(Command.WARM_UP);
    }

    /** Has one round timed. */
    public Timed time() {
        Timed timed = ask(Command.TIME).timed();
        if (timed == null) {
            throw new WorkerException(name() + " gave no time");
        }
        return timed;
    }

    /** Has what happens to Offkraft's locks in a round counted. */
    public List<LockFigures> lockFigures() {
        List<LockFigures> figures = ask(Command.LOCKS).locks();
        if (figures == null) {
            throw new WorkerException(name() + " gave no figures");
        }
        return figures;
    }

    /** Ends the process, now. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            Runtime.getRuntime().removeShutdownHook(onShutdown);
        } catch (IllegalStateException _) {
            // the hook runs already, or has run: it does the same
        }
        process.onExit().join();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    private Reply ask(Command command) {
        try {
            say(command);
        } catch (IOException _) {
            throw died();
        }
        return answer();
    }

    private void say(Object message) throws IOException {
        out.write(Lines.write(message));
        out.write('\n');
        out.flush();
    }

    private Reply answer() {
        try {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (!line.startsWith("{")) {
                    remarks.accept(name() + ": " + line); // a JVM that dies says so here
                    continue;
                }
                Reply reply = Lines.read(line, Reply.class);
                if (reply.failure() != null) {
                    throw new WorkerException(name() + ": " + reply.failure());
                }
                if (reply.remark() == null) {
                    return reply;
                }
                remarks.accept(name() + ": " + reply.remark());
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new WorkerException(name() + ": the worker is not understood: " + e.getMessage());
        }
        throw died();
    }

    private WorkerException died() {
        int status = process.onExit().join().exitValue();
        return new WorkerException(name() + ": the worker process died with status " + status);
    }

    private String name() {
        return setup.text();
    }
}
